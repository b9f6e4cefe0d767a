// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netweir/packet.h"
#include "wire/cursor.h"
#include "wire/stop.h"

namespace netweir::wire {

/// ARP requests and replies for Ethernet and IPv4, RFC 826.
inline void arp(Cursor& c, Packet& p) noexcept {
  const auto* h = c.take(8);
  if (h == nullptr) return stop(p, Layer::arp, c.too_short(8));
  const auto operation = be16(h + 6);
  if (be16(h) != 1 || be16(h + 2) != 0x0800 || h[4] != 6 || h[5] != 4 ||
      (operation != 1 && operation != 2)) {
    return stop(p, Layer::arp, Stop::unsupported);
  }
  const auto* a = c.take(20);
  if (a == nullptr) return stop(p, Layer::arp, c.too_short(20));
  p.arp.operation = operation;
  copy(p.arp.sender_mac, a);
  copy_v4(p.arp.sender_ip, a + 6);
  copy(p.arp.target_mac, a + 10);
  copy_v4(p.arp.target_ip, a + 16);
  p.has_arp = true;
  stop(p, Layer::arp, Stop::done);  // what follows is padding
}

}  // namespace netweir::wire
