// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "netweir/frame_view.h"

namespace netweir {

/// Frames into a buffer of the caller's. Nothing here allocates, keeps a pointer or throws.

/// How long the frame in the buffer is now; with a fault, 0, and the buffer is as it was.
struct Built {
  std::size_t octets = 0;
  FrameFault fault = FrameFault::none;

  explicit operator bool() const noexcept { return fault == FrameFault::none; }
};
using Buffer = std::span<std::uint8_t>;

struct EthernetHeader {
  Mac dst{}, src{};
  std::uint16_t ether_type = 0;  ///< 0x0600 or more
  VlanTags vlan{};

  friend constexpr bool operator==(const EthernetHeader&, const EthernetHeader&) noexcept = default;
};

/// Ethernet II around a payload (which may lie in the buffer already, where it belongs).
Built build_ethernet(Buffer out, const EthernetHeader& header, Bytes payload,
                     const FrameLimits& limits = {}) noexcept;
/// IEEE 802.3 around LLC and what follows it. `ether_type` is not read.
Built build_802_3(Buffer out, const EthernetHeader& header, Bytes body,
                  const FrameLimits& limits = {}) noexcept;
/// The frame that was read: octet for octet, if it was padded with zeros and not short.
Built build(Buffer out, const EthernetView& view, const FrameLimits& limits = {}) noexcept;

/// Puts a tag in front of those that the frame in the first `octets` of the buffer has.
Built push_vlan(Buffer frame, std::size_t octets, VlanTag tag,
                const FrameLimits& limits = {}) noexcept;
/// Takes the outermost tag off, and pads again.
Built pop_vlan(Buffer frame, std::size_t octets, VlanTag& tag,
               const FrameLimits& limits = {}) noexcept;

/// What ARP says (RFC 826), for build_arp().
Arp arp_request(const Mac& sender, const Ip& sender_ip, const Ip& wanted) noexcept;
Arp arp_reply(const Mac& sender, const Ip& sender_ip, const Mac& to, const Ip& to_ip) noexcept;
/// RFC 5227, sections 1.2 and 2.1.1.
Arp arp_announcement(const Mac& sender, const Ip& ip) noexcept;
Arp arp_probe(const Mac& sender, const Ip& ip) noexcept;
/// From the sender's MAC: a reply to its target, all else to everybody.
Built build_arp(Buffer out, const Arp& arp, const VlanTags& vlan = {},
                const FrameLimits& limits = {}) noexcept;

/// An IPv4 header without options (RFC 791), or an IPv6 header (RFC 8200), by the addresses.
struct IpHeader {
  Ip src{}, dst{};
  std::uint8_t protocol = 0;  ///< of the payload
  std::uint8_t hop_limit = 64;
  std::uint8_t traffic_class = 0;  ///< DSCP and ECN
  std::uint16_t id = 0;            ///< of IPv4
  std::uint32_t flow_label = 0;    ///< of IPv6, 20 bits
};
/// `header.ether_type` is not read: the addresses say which it is.
Built build_ip(Buffer out, const EthernetHeader& header, const IpHeader& ip, Bytes payload,
               const FrameLimits& limits = {}) noexcept;

struct UdpPorts {
  std::uint16_t src = 0, dst = 0;
};
/// UDP (RFC 768) with its checksum. `ip.protocol` is not read.
Built build_udp(Buffer out, const EthernetHeader& header, const IpHeader& ip, UdpPorts ports,
                Bytes payload, const FrameLimits& limits = {}) noexcept;

/// Who asks: a neighbor solicitation (RFC 4861, section 4.3) to the target's solicited-node
/// address; from `::`, one of duplicate address detection, which names no MAC.
struct NeighborSolicitation {
  Mac sender{};
  Ip sender_ip{}, target{};
};
Built build_solicitation(Buffer out, const NeighborSolicitation& asks, const VlanTags& vlan = {},
                         const FrameLimits& limits = {}) noexcept;

/// Who answers: a neighbor advertisement (RFC 4861, section 4.4) of `target` at `sender`.
struct NeighborAdvertisement {
  Mac sender{}, to{};
  Ip target{}, to_ip{};
  bool router = false, solicited = true, overrides = true;
};
Built build_advertisement(Buffer out, const NeighborAdvertisement& answers,
                          const VlanTags& vlan = {}, const FrameLimits& limits = {}) noexcept;

}  // namespace netweir
