// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "netweir/packet.h"
#include "wire/cursor.h"
#include "wire/stop.h"

namespace netweir::wire {

namespace ether_type {
inline constexpr std::uint16_t ipv4 = 0x0800;
inline constexpr std::uint16_t arp = 0x0806;
inline constexpr std::uint16_t ipv6 = 0x86dd;
inline constexpr std::uint16_t least = 0x0600;        // IEEE 802.3, 3.2.6
inline constexpr std::uint16_t longest_802_3 = 1500;  // IEEE 802.3, 3.2.6
inline constexpr std::uint16_t linux_802_2 = 0x0004;  // ETH_P_802_2, linux/if_ether.h
inline constexpr std::uint16_t none = 0;              // decoding has stopped
}  // namespace ether_type

inline bool is_tag(std::uint16_t type) noexcept {
  return type == 0x8100      // IEEE 802.1Q
         || type == 0x88a8   // IEEE 802.1ad
         || type == 0x9100;  // QinQ before 802.1ad
}

/// LLC and SNAP, RFC 1042. The EtherType behind them, or none.
inline std::uint16_t snap(Cursor& c, Packet& p) noexcept {
  const auto* llc = c.take(3);
  if (llc == nullptr) {
    stop(p, Layer::llc, c.too_short(3));
    return ether_type::none;
  }
  if (llc[0] != 0xaa || llc[1] != 0xaa || llc[2] != 0x03) {
    stop(p, Layer::llc, Stop::unsupported);
    return ether_type::none;
  }
  const auto* oui = c.take(5);
  if (oui == nullptr) {
    stop(p, Layer::llc, c.too_short(5));
    return ether_type::none;
  }
  const auto pid = be16(oui + 3);
  if (oui[0] != 0 || oui[1] != 0 || oui[2] != 0 || pid < ether_type::least) {
    stop(p, Layer::llc, Stop::unsupported);
    return ether_type::none;
  }
  return pid;
}

/// What a type field announces, `at` being the layer of that field: tags, and LLC/SNAP where the
/// type is an 802.3 length. The EtherType of what follows, or none.
inline std::uint16_t types(Cursor& c, Packet& p, std::uint16_t type, Layer at) noexcept {
  if (p.tags != 0 && at == Layer::link) at = Layer::vlan;
  for (;;) {
    if (is_tag(type)) {
      at = Layer::vlan;
      if (p.tags == max_vlan_tags) {
        stop(p, at, Stop::too_many_layers);
        return ether_type::none;
      }
      const auto* tag = c.take(4);
      if (tag == nullptr) {
        stop(p, at, c.too_short(4));
        return ether_type::none;
      }
      p.vlan[p.tags++] = {type, be16(tag)};
      type = be16(tag + 2);
    } else if (type <= ether_type::longest_802_3 && at != Layer::llc) {
      if (!c.limit(type)) {
        stop(p, Layer::llc, Stop::malformed);
        return ether_type::none;
      }
      at = Layer::llc;
      type = snap(c, p);
      if (type == ether_type::none) return type;
    } else {
      break;
    }
  }
  if (type < ether_type::least) {
    stop(p, at, Stop::unsupported);
    return ether_type::none;
  }
  p.ether_type = type;
  stop(p, at, Stop::unsupported);  // unless the caller knows the type
  return type;
}

/// An Ethernet header with what tags and LLC follow. The EtherType behind them, or none.
inline std::uint16_t ethernet(Cursor& c, Packet& p) noexcept {
  const auto* macs = c.take(12);
  if (macs == nullptr) {
    stop(p, Layer::link, c.too_short(14));
    return ether_type::none;
  }
  copy(p.dst_mac, macs);
  copy(p.src_mac, macs + 6);
  p.ethernet = true;
  const auto* type = c.take(2);
  if (type == nullptr) {
    stop(p, Layer::link, c.too_short(2));
    return ether_type::none;
  }
  return types(c, p, be16(type), Layer::link);
}

}  // namespace netweir::wire
