// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "netweir/result.h"
#include "netweir/time.h"
#include "os/watchdog.h"

namespace netweir::conntrack {

/// Delivery that the kernel repeats (NETLINK_BROADCAST_ERROR). While it cannot deliver, flows stay
/// in its table, and a full table refuses the host's new connections: so it is on only while we
/// keep up. A watchdog ends it where this process does not even run. One thread.
class Reliable {
 public:
  static Result<std::unique_ptr<Reliable>> start(int fd, AgeTime now);

  /// After each read; `emptied`: of the queue, to its end. What users should be told.
  std::optional<std::string> beat(AgeTime now, bool emptied);

 private:
  Reliable(int fd, std::unique_ptr<Watchdog> watchdog, AgeTime now)
      : fd_(fd), watchdog_(std::move(watchdog)), beaten_(now), emptied_(now) {}
  void set(bool on) noexcept;

  int fd_;
  std::unique_ptr<Watchdog> watchdog_;
  AgeTime beaten_, emptied_;
  bool on_ = true;
};

}  // namespace netweir::conntrack
