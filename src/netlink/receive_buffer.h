// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "os/privileged.h"

namespace netweir::netlink {

/// The receive buffer of one socket: doubles after loss, up to what the configuration allows. Sizes
/// as passed to setsockopt. One thread.
class ReceiveBuffer {
 public:
  ReceiveBuffer(std::uint32_t in_force, std::uint32_t most) noexcept
      : octets_(in_force), most_(most < in_force ? in_force : most) {}

  /// Call when the socket's drop counter may have moved. What users should be told, once: that it
  /// can grow no further.
  std::optional<std::string> dropped(Privileged& privileged, int fd, std::uint32_t drops);

  std::uint32_t octets() const noexcept { return octets_; }

 private:
  std::uint32_t octets_, most_;
  std::uint32_t seen_ = 0;  ///< drops
  bool said_ = false;
};

}  // namespace netweir::netlink
