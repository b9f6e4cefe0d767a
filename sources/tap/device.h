// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netweir/address.h"
#include "netweir/result.h"
#include "os/fd.h"
#include "os/privileged.h"

namespace netweir::tap {

/// How the device is to be.
struct DeviceOptions {
  std::string interface;
  std::string netns;
  std::vector<IpPrefix> addresses;  ///< of the host, on the device; those that are there stay
  std::optional<Mac> mac;           ///< of the host's side; nothing = as it is
  std::optional<std::uint32_t> mtu;
  bool up = true;
};

/// The kernel's TAP device (linux/if_tun.h), made unless it is there: what the host sends into it
/// is read from `fd`, a frame a read; what is written to `fd`, the host receives from it. A device
/// that was made goes when `fd` is closed; one that somebody made before stays.
struct Device {
  Fd fd;
  Fd route;  ///< a socket of NETLINK_ROUTE in its namespace
  std::uint32_t ifindex = 0;
  std::uint32_t mtu = 0;
  Mac mac{};
  std::uint64_t dropped = 0;

  static Result<Device> open(Privileged& privileged, const DeviceOptions& options);

  /// Asks the kernel how it is: MAC, MTU, and `dropped`, the frames that the host sent into it
  /// and that found its queue full (IFLA_STATS64, tx_dropped). False: it is gone.
  bool look() noexcept;
};

}  // namespace netweir::tap
