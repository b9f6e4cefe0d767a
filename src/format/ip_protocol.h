// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string_view>

#include "netweir/packet.h"

namespace netweir::format {

/// https://www.iana.org/assignments/protocol-numbers
namespace ip_protocol {
inline constexpr std::uint8_t hop_by_hop = 0;
inline constexpr std::uint8_t icmp = 1;
inline constexpr std::uint8_t igmp = 2;
inline constexpr std::uint8_t tcp = 6;
inline constexpr std::uint8_t udp = 17;
inline constexpr std::uint8_t dccp = 33;
inline constexpr std::uint8_t routing = 43;
inline constexpr std::uint8_t fragment = 44;
inline constexpr std::uint8_t gre = 47;
inline constexpr std::uint8_t esp = 50;
inline constexpr std::uint8_t ah = 51;
inline constexpr std::uint8_t icmpv6 = 58;
inline constexpr std::uint8_t destination = 60;
inline constexpr std::uint8_t sctp = 132;
inline constexpr std::uint8_t mobility = 135;
inline constexpr std::uint8_t udplite = 136;
inline constexpr std::uint8_t hip = 139;
inline constexpr std::uint8_t shim6 = 140;
}  // namespace ip_protocol

/// As EVE has them; empty for any other.
inline std::string_view protocol_name(std::uint8_t protocol) noexcept {
  switch (protocol) {
    case ip_protocol::icmp:
      return "ICMP";
    case ip_protocol::igmp:
      return "IGMP";
    case ip_protocol::tcp:
      return "TCP";
    case ip_protocol::udp:
      return "UDP";
    case ip_protocol::dccp:
      return "DCCP";
    case ip_protocol::gre:
      return "GRE";
    case ip_protocol::esp:
      return "ESP";
    case ip_protocol::ah:
      return "AH";
    case ip_protocol::icmpv6:
      return "IPv6-ICMP";
    case ip_protocol::sctp:
      return "SCTP";
    case ip_protocol::udplite:
      return "UDPLite";
    default:
      return {};
  }
}

/// Whether `ip_protocol` is the upper layer's, and not that of an IPv6 extension header (RFC 7045,
/// section 4) at which decoding stopped, or that goes on in a later fragment. REQUIRES: an IP
/// header was read.
inline bool knows_protocol(const Packet& packet) noexcept {
  if (packet.src.version != IpVersion::v6) return true;
  switch (packet.ip_protocol) {
    case ip_protocol::hop_by_hop:
    case ip_protocol::routing:
    case ip_protocol::fragment:
    case ip_protocol::ah:
    case ip_protocol::destination:
    case ip_protocol::mobility:
    case ip_protocol::hip:
    case ip_protocol::shim6:
      return false;
    default:
      return true;
  }
}

}  // namespace netweir::format
