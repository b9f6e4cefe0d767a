// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "netweir/address.h"
#include "netweir/frame.h"

namespace netweir {

/// Why decoding went no further. `cut` is no fault of the sender: the source kept fewer octets than
/// the packet had. `malformed` means that the packet contradicts itself or its RFC.
enum class Stop : std::uint8_t { done, cut, malformed, unsupported, too_many_layers };

/// The layer that `stop` speaks of: the last one begun.
enum class Layer : std::uint8_t {
  link,
  vlan,
  llc,
  arp,
  ipv4,
  ipv6,
  ipv6_extension,
  icmp,
  icmpv6,
  tcp,
  udp,
  sctp,
  other
};

inline constexpr std::size_t max_vlan_tags = 8;
/// Priority tags (VID 0) name no VLAN and do not count among those eight.
inline constexpr std::size_t max_tags = 16;

/// ARP for Ethernet and IPv4 (RFC 826): hardware type 1, protocol 0x0800, lengths 6 and 4.
struct Arp {
  std::uint16_t operation = 0;  ///< 1 request, 2 reply
  Mac sender_mac{}, target_mac{};
  Ip sender_ip{}, target_ip{};
};

enum class Checksum : std::uint8_t { unknown, right, wrong };

/// IPv6 neighbor discovery (RFC 4861, section 4), as far as it was captured.
struct NeighborDiscovery {
  std::uint8_t type = 0;  ///< 133 RS, 134 RA, 135 NS, 136 NA, 137 Redirect
  std::uint8_t code = 0;
  Ip target{};                    ///< NS, NA, Redirect
  std::uint8_t source_links = 0;  ///< Source Link-Layer Address options seen whole, of any length
  std::uint8_t target_links = 0;  ///< Target Link-Layer Address options, likewise
  bool source_link_ok = false;    ///< the last of them has length 1: `source_link` is set
  bool target_link_ok = false;
  Mac source_link{}, target_link{};
  bool options_ok = true;                 ///< no option of length 0, none that overruns the message
  Checksum checksum = Checksum::unknown;  ///< unknown where the packet was cut
};

/// DHCPACK to an Ethernet client (RFC 2131): the address is that client's now.
struct DhcpAck {
  Ip address{};  ///< `yiaddr`; 0.0.0.0 in the answer to a DHCPINFORM
  Mac client{};  ///< `chaddr`
};

/// What is said of every packet.
struct PacketHead {
  Stop stop = Stop::done;
  Layer at = Layer::link;
  std::uint8_t tags = 0;         ///< how many of `vlan` are set; a metadata tag is the first
  bool ethernet = false;         ///< `src_mac` and `dst_mac` are set
  std::uint16_t ether_type = 0;  ///< of what follows the tags; 0 where there is none
  Mac src_mac{}, dst_mac{};
  /// An 802.3 length beyond the frame's end; what is there was read all the same.
  bool overlong = false;

  bool has_arp = false;
  bool has_nd = false;
  bool has_dhcp_ack = false;
  bool later_fragment = false;  ///< not the first: no ports, no ICMP
  bool fragmented = false;  ///< IPv4 MF or offset, or an IPv6 Fragment header (an atomic one too)
  bool authenticated = false;      ///< an AH header was passed
  std::uint8_t ip_protocol = 0;    ///< upper-layer protocol number, where `src` is set
  std::uint8_t hop_limit = 0;      ///< TTL or Hop Limit
  std::uint8_t traffic_class = 0;  ///< DSCP and ECN
  std::uint8_t tcp_flags = 0;
  bool has_tcp_flags = false;  ///< of a TCP header that was captured and is long enough
  bool has_ports = false;      ///< TCP, UDP, SCTP
  bool has_icmp = false;       ///< `icmp_type` and `icmp_code` are set
  std::uint16_t src_port = 0, dst_port = 0;
  std::uint8_t icmp_type = 0, icmp_code = 0;  ///< ICMP and ICMPv6
  std::uint16_t icmp_id = 0;                  ///< of echo messages
  std::uint32_t flow_label = 0;  ///< of IPv6 (RFC 8200, section 3), 20 bits; 0 for IPv4
  std::uint32_t ip_length = 0;  ///< octets from the IP header on, as its length field says; 0 = TSO
  Ip src{}, dst{};              ///< of the IP header; version none = no IP header was read
};

/// All that could be read of one packet, outermost first. It holds values and outlives the frame.
/// A stop is part of the answer, not instead of it: a sample cut inside TCP still has its
/// addresses.
struct Packet : PacketHead {
  std::array<VlanTag, max_tags> vlan{};  ///< outermost first, priority tags (VID 0) included
  Arp arp{};                             ///< set where `has_arp`
  NeighborDiscovery nd{};                ///< set where `has_nd`
  DhcpAck dhcp_ack{};                    ///< set where `has_dhcp_ack`
};
static_assert(std::is_trivially_copyable_v<Packet>);

/// Decodes as far as it can. Cannot fail; never throws, allocates, or reads outside the frame's
/// views. Knows Ethernet II, 802.3 with LLC/SNAP (RFC 1042), 802.1Q/802.1ad/0x9100, ARP, IPv4, IPv6
/// with extension headers, ICMP, ICMPv6 neighbor discovery, TCP, UDP and the ports of SCTP; link
/// types ethernet, raw, ipv4, ipv6, linux_sll, linux_sll2, null and loop. Others stop as
/// `unsupported`.
Packet decode(const Frame& frame) noexcept;

/// The same into a packet that is used again, which is faster: what is not set keeps what it had.
void decode(const Frame& frame, Packet& packet) noexcept;

}  // namespace netweir
