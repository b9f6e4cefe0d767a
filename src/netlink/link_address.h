// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "netweir/address.h"
#include "netweir/bytes.h"

namespace netweir::netlink {

/// An address of an interface of this host, with its network's length: what follows the nlmsghdr of
/// RTM_NEWADDR and RTM_DELADDR (linux/if_addr.h, struct ifaddrmsg).
struct LinkAddress {
  std::uint32_t ifindex = 0;
  IpPrefix network{};  ///< of a point-to-point address, the peer's
};

/// nullopt: malformed, or neither IPv4 nor IPv6.
std::optional<LinkAddress> read_link_address(Bytes payload) noexcept;

}  // namespace netweir::netlink
