// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "netweir/option.h"
#include "os/privileged.h"

namespace netweir::conntrack {

/// What the configuration says of the socket and its listings.
struct Settings {
  bool created = false, updated = false, destroyed = false;  ///< events received
  bool reliable = false;
  std::chrono::nanoseconds reconcile{}, resync_min{};
  std::uint32_t buffer = 0, buffer_max = 0;
  NetnsName netns{};

  static Settings from(const Values& values);
};

/// The multicast groups of those events (linux/netfilter/nfnetlink.h).
std::array<std::uint32_t, 4> groups(const Settings& settings) noexcept;

/// Ends the flow of events on a socket: what is queued stays.
void leave(int fd) noexcept;

}  // namespace netweir::conntrack
