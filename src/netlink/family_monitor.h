// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string_view>

#include "netlink/monitor.h"
#include "netlink/receiver.h"
#include "os/fd.h"
#include "os/privileged.h"

namespace netweir::netlink {

/// Tells when a generic netlink family comes: nlctrl's group `notify`. Needs no capability beyond
/// entering the namespace.
class FamilyMonitor final : public Monitor {
 public:
  static Result<std::unique_ptr<FamilyMonitor>> open(Privileged& privileged,
                                                     std::string_view netns);
  int fd() const noexcept override { return fd_.get(); }
  /// True where a family came, or where that may have been missed.
  Result<bool> drain(WallTime at = {}) override;

 private:
  explicit FamilyMonitor(Fd fd);
  Fd fd_;
  Receiver receiver_;
};

}  // namespace netweir::netlink
