// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <cstring>

#include "netweir/bytes.h"
#include "netweir/packet.h"
#include "wire/cursor.h"

namespace netweir::wire {

/// What a DHCP server says to an Ethernet client: RFC 2131, section 2 (the fixed part), RFC 2132,
/// sections 2 and 9.6 (options, message type). Whatever is not an acknowledgement of an address is
/// nothing; options in `file` and `sname` (RFC 2132, section 9.3) are not looked at.
[[gnu::noinline]] inline void dhcp(Bytes message, Packet& p) noexcept {
  constexpr std::uint8_t boot_reply = 2, ethernet = 1, pad = 0, message_type = 53, end = 255,
                         ack = 5;
  constexpr std::uint32_t magic = 0x63825363;
  Cursor c(message, 0);
  const auto* h = c.take(240);
  if (h == nullptr || h[0] != boot_reply || h[1] != ethernet || h[2] != 6 || be32(h + 236) != magic)
    return;
  std::uint8_t type = 0;
  while (type == 0) {
    const auto* code = c.take(1);
    if (code == nullptr || *code == end) return;
    if (*code == pad) continue;
    const auto* length = c.take(1);
    const auto* value = length == nullptr ? nullptr : c.take(*length);
    if (value == nullptr) return;
    if (*code == message_type && *length == 1) type = *value;
  }
  if (type != ack) return;
  p.has_dhcp_ack = true;
  p.dhcp_ack.address = Ip::v4(h[16], h[17], h[18], h[19]);
  std::memcpy(p.dhcp_ack.client.octets.data(), h + 28, p.dhcp_ack.client.octets.size());
}

}  // namespace netweir::wire
