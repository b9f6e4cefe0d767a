// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "netweir/packet.h"
#include "wire/cursor.h"
#include "wire/stop.h"

namespace netweir::wire {

// Hardware type, protocol type and both lengths.
inline bool is_ethernet_ipv4(const std::uint8_t* h) noexcept {
  return be32(h) == 0x00010800U && be16(h + 4) == 0x0604U;
}
inline bool is_request_or_reply(const std::uint8_t* h) noexcept {
  const auto operation = be16(h + 6);
  return operation == 1 || operation == 2;
}

/// ARP requests and replies for Ethernet and IPv4, RFC 826.
[[gnu::always_inline]] inline void arp(Cursor c, Packet& p) noexcept {
  constexpr std::size_t fixed = 8, size = 28;
  const auto* h = c.take(size);
  if (h == nullptr) {
    const auto missing = c.too_short(c.left() < fixed ? fixed : size);
    h = c.take(fixed);
    const bool ours = h == nullptr || (is_ethernet_ipv4(h) && is_request_or_reply(h));
    return stop(p, Layer::arp, ours ? missing : Stop::unsupported);
  }
  if (!is_ethernet_ipv4(h) || !is_request_or_reply(h)) {
    return stop(p, Layer::arp, Stop::unsupported);
  }
  p.arp.operation = be16(h + 6);
  copy(p.arp.sender_mac, h + 8);
  copy_v4(p.arp.sender_ip, h + 14);
  copy(p.arp.target_mac, h + 18);
  copy_v4(p.arp.target_ip, h + 24);
  p.has_arp = true;
  stop(p, Layer::arp, Stop::done);  // what follows is padding
}

}  // namespace netweir::wire
