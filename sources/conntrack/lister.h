// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "conntrack/filter.h"
#include "conntrack/request.h"
#include "netlink/receiver.h"
#include "netlink/socket_tap.h"
#include "netweir/source_kind.h"
#include "os/privileged.h"

namespace netweir::conntrack {

/// Reads one listing of the kernel's table after the other, each on a socket of its own: apart from
/// events, which would share its room, and so that nothing of an old one can be taken for the new.
/// One thread.
class Lister {
 public:
  /// References outlive it. Messages count only from `sender`, 0 but for tests.
  Lister(const SourceKind& kind, Privileged& privileged, const NetnsName& netns,
         const Filter& filter, Tap* tap, std::uint32_t sender);

  /// Asks the kernel. REQUIRES: none is open.
  Status begin(const Now& now);

  enum class State : std::uint8_t {
    more,  ///< read again soon
    done   ///< complete; none is open any more
  };
  /// Reads a part. An Error: the listing is not complete; none is open any more. REQUIRES: one is
  /// open.
  Result<State> read(const Now& now, const netlink::Receiver::Each& each);

  bool is_open() const noexcept { return static_cast<bool>(fd_); }
  /// When read() is to be called again.
  AgeTime next() const noexcept { return next_; }
  void abandon() noexcept;

 private:
  Status ask(const Now& now);

  const SourceKind& kind_;
  Privileged& privileged_;
  NetnsName netns_;
  netlink::Receiver receiver_;
  Tap* tap_;
  std::array<Request, 2> requests_{};  ///< one after the other
  std::size_t count_ = 0, at_ = 0;
  Fd fd_;
  std::optional<netlink::SocketTap> socket_tap_;
  AgeTime next_{}, progress_{};
};

}  // namespace netweir::conntrack
