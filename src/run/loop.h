// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "netweir/result.h"
#include "netweir/time.h"
#include "os/clock.h"
#include "os/fd.h"

namespace netweir::run {

/// One epoll, one thread. Knows descriptors and deadlines, not sources. Reads the clock once a
/// turn.
class Loop {
 public:
  using Ready = std::function<void(const Now&)>;
  /// Called at the end of each turn; returns when it wants to be called at the latest:
  /// AgeTime::min() = at once (do not wait), AgeTime::max() = whenever.
  using Hook = std::function<AgeTime(const Now&)>;

  static Result<std::unique_ptr<Loop>> open(Clock& clock);

  /// Calls `ready` in each turn in which `fd` is readable or in error. REQUIRES: not watched yet.
  Status watch(int fd, Ready ready);
  void forget(int fd);
  /// REQUIRES: not called from a hook.
  void hook(Hook hook) { hooks_.push_back(std::move(hook)); }

  /// Waits for a descriptor or the nearest deadline, at most `longest`, and calls who is concerned.
  void turn(std::chrono::nanoseconds longest);
  /// A callback may call it: turn() then returns as soon as it can, without waiting.
  void hurry() noexcept { next_ = AgeTime::min(); }
  Now now() { return clock_.now(); }

 private:
  Loop(Clock& clock, Fd epoll) : clock_(clock), epoll_(std::move(epoll)) {}
  struct Watch {
    int fd = -1;
    bool gone = false;  ///< forgotten in this turn; erased after it
    Ready ready;
  };
  Clock& clock_;
  Fd epoll_;
  std::vector<std::unique_ptr<Watch>> watches_;
  std::vector<Hook> hooks_;
  AgeTime next_ = AgeTime::min();
};

}  // namespace netweir::run
