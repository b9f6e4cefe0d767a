// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netweir/result.h"
#include "netweir/time.h"

namespace netweir::netlink {

/// Listens to what the kernel tells everybody of one network namespace. One thread.
class Monitor {
 public:
  virtual ~Monitor() = default;
  virtual int fd() const noexcept = 0;
  /// Reads what is there, received `at`; true where something changed. An Error: the socket is of
  /// no more use.
  virtual Result<bool> drain(WallTime at) = 0;
};

}  // namespace netweir::netlink
