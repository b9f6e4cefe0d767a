// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
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

/// Whether the type field announces the network header itself: neither a tag nor an 802.3 length.
inline bool is_plain(std::uint16_t type) noexcept {
  return type >= ether_type::least && !is_tag(type);
}

/// False where there are more than we keep.
inline bool add_tag(Packet& p, const VlanTag& tag) noexcept {
  if (p.tags == max_tags) return false;
  if (p.tags >= max_vlan_tags && tag.vid() != 0) {
    const auto vlans = std::count_if(p.vlan.begin(), p.vlan.begin() + p.tags,
                                     [](const VlanTag& t) { return t.vid() != 0; });
    if (vlans == max_vlan_tags) return false;
  }
  p.vlan[p.tags++] = tag;
  return true;
}

/// What a type field announces: tags, and LLC/SNAP where it is an 802.3 length; `p.at` is the layer
/// of the field. The EtherType behind them, or none. Bounded by the tags: between two LLC headers
/// there is one.
inline std::uint16_t types(Cursor& c, Packet& p, std::uint16_t type) noexcept {
  while (!is_plain(type)) {
    if (is_tag(type)) {
      p.at = Layer::vlan;
      const auto* tag = c.take(4);
      if (tag == nullptr) {
        p.stop = c.too_short(4);
        return ether_type::none;
      }
      if (!add_tag(p, {type, be16(tag)})) {
        p.stop = Stop::too_many_layers;
        return ether_type::none;
      }
      type = be16(tag + 2);
    } else if (type <= ether_type::longest_802_3) {
      p.at = Layer::llc;
      if (!c.limit(type)) p.overlong = true;
      type = snap(c, p);
      if (type == ether_type::none) return type;
    } else {
      p.stop = Stop::unsupported;
      return ether_type::none;
    }
  }
  p.ether_type = type;
  return type;
}

/// An Ethernet header; its type field, or false where decoding has stopped.
[[gnu::always_inline]] inline bool ethernet(Cursor& c, Packet& p, std::uint16_t& type) noexcept {
  const auto* h = c.take(14);
  if (h == nullptr) {
    stop(p, Layer::link, c.too_short(14));
    h = c.take(12);
    if (h == nullptr) return false;
  } else {
    type = be16(h + 12);
  }
  copy(p.dst_mac, h);
  copy(p.src_mac, h + 6);
  p.ethernet = true;
  return p.stop == Stop::done;
}

}  // namespace netweir::wire
