// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "netweir/address.h"
#include "netweir/bytes.h"
#include "netweir/frame.h"
#include "netweir/packet.h"

namespace netweir {

/// EtherTypes, https://www.iana.org/assignments/ieee-802-numbers.
namespace ethertype {
inline constexpr std::uint16_t ipv4 = 0x0800;
inline constexpr std::uint16_t arp = 0x0806;
inline constexpr std::uint16_t vlan = 0x8100;  ///< IEEE 802.1Q, a customer's tag
inline constexpr std::uint16_t ipv6 = 0x86dd;
inline constexpr std::uint16_t service = 0x88a8;  ///< IEEE 802.1ad, a provider's tag
}  // namespace ethertype

/// Why a frame was not read, or not built.
enum class FrameFault : std::uint8_t {
  none,
  too_short,          ///< fewer octets than its headers take
  too_long,           ///< more octets than FrameLimits::longest
  payload_too_large,  ///< more octets behind the Ethernet header than FrameLimits::mtu
  no_room,            ///< the buffer is smaller than the frame
  bad_length,         ///< a length field that the octets contradict
  bad_tags,           ///< more tags than there is room for, or none where one is to be taken off
  group_source,       ///< a source MAC that is a group's (IEEE 802.3, 3.2.3)
  bad_type,           ///< ARP of another hardware or protocol; an EtherType that is none
  wrong_family        ///< addresses of another IP version, or of two
};
std::string_view describe(FrameFault fault) noexcept;

/// How long frames are here, in octets without the FCS.
struct FrameLimits {
  std::size_t mtu = 1500;      ///< behind the Ethernet header and its tags
  std::size_t longest = 1522;  ///< with two tags
  std::size_t shortest = 60;   ///< what is built is padded with zeros to that

  static constexpr FrameLimits jumbo(std::size_t mtu) noexcept { return {mtu, mtu + 22, 60}; }
};

/// Up to two VLAN tags, outermost first.
struct VlanTags {
  std::array<VlanTag, 2> items{};
  std::uint8_t count = 0;

  friend constexpr bool operator==(const VlanTags&, const VlanTags&) noexcept = default;
};

/// An Ethernet frame in somebody's octets, without copying them: good as long as those. Unlike
/// decode() it reads nothing behind the Ethernet header, and refuses what it cannot rebuild.
struct EthernetView {
  enum class Form : std::uint8_t {
    ethernet_ii,
    llc,  ///< IEEE 802.3 with a length
    snap  ///< the same with LLC and SNAP of RFC 1042 in front of an EtherType
  };
  Bytes octets{};  ///< the frame
  VlanTags vlan{};
  std::uint16_t ether_type = 0;  ///< of the payload; 0 = `llc`
  Form form = Form::ethernet_ii;
  std::uint32_t body_at = 0, payload_at = 0;  ///< offsets in `octets`
  std::uint32_t trailer_at = 0;

  /// What is behind the type; of `llc`, behind the length. Of Ethernet II it may end in padding.
  Bytes payload() const noexcept { return part(payload_at, trailer_at); }
  /// What is behind the type or length field itself, LLC and SNAP included.
  Bytes body() const noexcept { return part(body_at, trailer_at); }
  /// What is behind the length of an 802.3 frame: padding.
  Bytes trailer() const noexcept { return octets.subspan(trailer_at); }

  Mac dst() const noexcept { return mac(0); }
  Mac src() const noexcept { return mac(6); }

  bool is_broadcast() const noexcept { return dst() == Mac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}; }
  /// A group address that is not broadcast.
  bool is_multicast() const noexcept { return dst().is_group() && !is_broadcast(); }
  bool is_unicast() const noexcept { return !dst().is_group(); }
  bool is_arp() const noexcept { return ether_type == ethertype::arp; }
  bool is_ipv4() const noexcept { return ether_type == ethertype::ipv4; }
  bool is_ipv6() const noexcept { return ether_type == ethertype::ipv6; }
  bool is_ip() const noexcept { return is_ipv4() || is_ipv6(); }

 private:
  Bytes part(std::size_t from, std::size_t to) const noexcept {
    return octets.subspan(from, to - from);
  }
  Mac mac(std::size_t at) const noexcept {
    Mac m;
    for (std::size_t i = 0; i < m.octets.size(); ++i) m.octets[i] = octets[at + i];
    return m;
  }
};

/// Reads Ethernet II, 802.3 with LLC or SNAP, and up to two tags (802.1Q, 802.1ad, 0x9100) in front
/// of either; a third tag is an EtherType like any other. Never allocates. With a fault, `view` is
/// not changed.
FrameFault read_ethernet(Bytes octets, EthernetView& view, const FrameLimits& limits = {}) noexcept;

/// Reads ARP for Ethernet and IPv4 (RFC 826), of any operation. What follows it is padding.
FrameFault read_arp(Bytes payload, Arp& arp) noexcept;

/// Source and destination of an IPv4 or IPv6 payload.
struct IpAddresses {
  Ip src{}, dst{};
};
FrameFault read_ip_addresses(const EthernetView& view, IpAddresses& addresses) noexcept;

/// "02:00:00:00:00:0a > ff:ff:ff:ff:ff:ff, VLAN 300, ARP, 60 octets".
std::string to_string(const EthernetView& view);

}  // namespace netweir
