// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "netweir/frame.h"
#include "netweir/packet.h"
#include "wire/cursor.h"
#include "wire/ethernet.h"
#include "wire/stop.h"

// Link types whose header is not of the wire: https://www.tcpdump.org/linktypes.html
namespace netweir::wire {

/// What the kernel's protocol number (skb->protocol) announces.
inline std::uint16_t by_protocol(Cursor& c, Packet& p, std::uint16_t protocol) noexcept {
  if (protocol == ether_type::linux_802_2) {
    p.at = Layer::llc;
    const auto type = snap(c, p);
    return type == ether_type::none ? type : types(c, p, type);
  }
  if (protocol < ether_type::least) {
    p.stop = Stop::unsupported;
    return ether_type::none;
  }
  return types(c, p, protocol);
}

/// What stands in the fields of both cooked headers.
inline std::uint16_t cooked(Cursor& c, Packet& p, std::uint16_t hardware, std::size_t address_len,
                            const std::uint8_t* address, std::uint16_t protocol) noexcept {
  // linux/if_arp.h. Of these the protocol field is no EtherType.
  constexpr std::uint16_t ether = 1, frame_relay = 770, radiotap = 803, netlink = 824;
  if (hardware == frame_relay || hardware == radiotap || hardware == netlink) {
    stop(p, Layer::link, Stop::unsupported);
    return ether_type::none;
  }
  if (hardware == ether && address_len == 6) copy(p.src_mac, address);
  return by_protocol(c, p, protocol);
}

/// LINKTYPE_LINUX_SLL: packet type, ARPHRD, address length, address (8), protocol.
inline std::uint16_t linux_sll(Cursor& c, Packet& p) noexcept {
  const auto* h = c.take(16);
  if (h == nullptr) {
    stop(p, Layer::link, c.too_short(16));
    return ether_type::none;
  }
  return cooked(c, p, be16(h + 2), be16(h + 4), h + 6, be16(h + 14));
}

/// LINKTYPE_LINUX_SLL2: protocol, reserved (2), interface (4), ARPHRD, packet type (1), address
/// length (1), address (8).
inline std::uint16_t linux_sll2(Cursor& c, Packet& p) noexcept {
  const auto* h = c.take(20);
  if (h == nullptr) {
    stop(p, Layer::link, c.too_short(20));
    return ether_type::none;
  }
  return cooked(c, p, be16(h + 8), h[11], h + 12, be16(h));
}

inline std::uint16_t by_family(std::uint32_t family) noexcept {
  switch (family) {
    case 2:
      return ether_type::ipv4;
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // Darwin
      return ether_type::ipv6;
    default:
      return ether_type::none;
  }
}

/// LINKTYPE_NULL, whose address family is in the order of the capturing host, and LINKTYPE_LOOP.
inline std::uint16_t loopback(Cursor& c, Packet& p, bool network_order) noexcept {
  const auto* h = c.take(4);
  if (h == nullptr) {
    stop(p, Layer::link, c.too_short(4));
    return ether_type::none;
  }
  const auto family = be32(h);
  auto type = by_family(family);
  if (type == ether_type::none && !network_order) type = by_family(__builtin_bswap32(family));
  if (type == ether_type::none) stop(p, Layer::link, Stop::unsupported);
  return type;
}

/// LINKTYPE_RAW: by the version nibble.
inline std::uint16_t raw(const Cursor& c, Packet& p) noexcept {
  if (c.left() == 0) {
    stop(p, Layer::link, c.too_short(1));
    return ether_type::none;
  }
  switch (c.rest().front() >> 4U) {
    case 4:
      return ether_type::ipv4;
    case 6:
      return ether_type::ipv6;
    default:
      stop(p, Layer::link, Stop::unsupported);
      return ether_type::none;
  }
}

}  // namespace netweir::wire
