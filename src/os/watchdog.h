// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>

#include "netweir/result.h"
#include "os/fd.h"

namespace netweir {

/// A process that does one thing when this one is silent for too long, also where it is stopped or
/// hangs: switches a socket's option off (sets it to 0). It ends with this process. One thread.
class Watchdog {
 public:
  /// Watches from now on. `fd` may be closed before this goes; the option of what it stands for
  /// stays watched until then.
  static Result<std::unique_ptr<Watchdog>> start(int fd, int level, int option,
                                                 std::chrono::milliseconds limit);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  /// Says that all is well. Costs a write(): not more often than a few times in `limit`.
  void beat() noexcept;

 private:
  Watchdog(Fd pipe, pid_t child) : pipe_(std::move(pipe)), child_(child) {}
  Fd pipe_;
  pid_t child_;
};

}  // namespace netweir
