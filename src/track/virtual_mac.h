// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "netweir/address.h"

namespace netweir::track {

/// Whether a MAC is that of a virtual router, which hosts take over from each other.
constexpr bool virtual_router(const Mac& mac) noexcept {
  const auto& o = mac.octets;
  const auto first =
      std::uint32_t{o[0]} << 24U | std::uint32_t{o[1]} << 16U | std::uint32_t{o[2]} << 8U | o[3];
  const auto begins = std::uint64_t{first} << 8U | o[4];
  return begins == 0x00005e0001 ||                   // VRRP, IPv4 (RFC 9568, section 7.3); CARP
         begins == 0x00005e0002 ||                   // VRRP, IPv6
         begins == 0x00000c07ac ||                   // HSRP (RFC 2281, section 5.3)
         (begins & 0xfffffffff0) == 0x00000c9ff0 ||  // HSRP version 2
         (begins & 0xfffffffff0) == 0x000573a000 ||  // HSRP for IPv6
         first >> 8U == 0x0007b4;                    // GLBP
}

}  // namespace netweir::track
