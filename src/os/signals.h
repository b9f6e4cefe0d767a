// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <initializer_list>
#include <optional>

#include "netweir/result.h"
#include "os/fd.h"

namespace netweir {

/// Signals as a descriptor (signalfd(2)). Blocks them in this thread: make one before any other
/// thread exists. Takes also a signal that was ignored when the program started (SIGINT in a
/// background job of a shell script).
class Signals {
 public:
  static Result<Signals> open(std::initializer_list<int> signals);
  int fd() const noexcept { return fd_.get(); }
  /// The next signal that arrived, if any. Does not wait.
  std::optional<int> next() noexcept;

 private:
  explicit Signals(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

}  // namespace netweir
