// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netweir/packet.h"
#include "wire/cursor.h"
#include "wire/stop.h"
#include "wire/transport.h"

namespace netweir::wire {

/// RFC 792: every message has eight octets before what differs.
[[gnu::noinline]] inline void icmp(Cursor c, Packet& p) noexcept {
  const auto* h = c.take(4);
  if (h == nullptr) return stop(p, Layer::icmp, header_short(p, c, 8));
  p.has_icmp = true;
  p.icmp_type = h[0];
  p.icmp_code = h[1];
  const auto* rest = c.take(4);
  if (rest == nullptr) return stop(p, Layer::icmp, header_short(p, c, 4));
  if (p.icmp_type == 8 || p.icmp_type == 0) p.icmp_id = be16(rest);  // echo, echo reply
  finish(p, Layer::icmp, c);
}

}  // namespace netweir::wire
