// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <type_traits>

#include "netweir/address.h"
#include "netweir/bytes.h"
#include "netweir/result.h"

namespace netweir::tap {

/// What the source asks of the privileged side, on a socket of NETLINK_ROUTE in the namespace of
/// the device.
struct Request {
  enum class Act : std::uint8_t { set_mac, set_mtu, set_up, add_address };
  Act act = Act::set_up;
  std::uint32_t ifindex = 0;
  std::uint32_t mtu = 0;
  Mac mac{};
  IpPrefix address{};
};
static_assert(std::is_trivially_copyable_v<Request>);

/// Runs on the privileged side (SourceKind::act), and waits for the kernel's acknowledgement, which
/// is there when send() returns. An address that is there already is no error.
Status act(int fd, Bytes request);

}  // namespace netweir::tap
