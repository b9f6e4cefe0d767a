// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "netweir/packet.h"
#include "wire/cursor.h"
#include "wire/icmp.h"
#include "wire/stop.h"
#include "wire/transport.h"

namespace netweir::wire {

/// RFC 791. A total length of 0 is what segmentation offload leaves behind: what was captured
/// counts.
[[gnu::noinline]] inline void ipv4(Bytes captured, std::size_t missing, Packet& p) noexcept {
  Cursor c{captured, missing};
  constexpr std::size_t fixed = 20;
  const auto* h = c.take(fixed);
  if (h == nullptr) return stop(p, Layer::ipv4, c.too_short(fixed));
  const std::size_t header = (h[0] & 0x0fU) * std::size_t{4};
  if (h[0] >> 4U != 4 || header < fixed) return stop(p, Layer::ipv4, Stop::malformed);
  copy_v4(p.src, h + 12);
  copy_v4(p.dst, h + 16);
  const auto length = be16(h + 2);
  const auto fragment = be16(h + 6);
  p.ip_length = length;
  p.traffic_class = h[1];
  p.hop_limit = h[8];
  p.ip_protocol = h[9];
  p.later_fragment = (fragment & 0x1fffU) != 0;
  p.fragmented = (fragment & 0x3fffU) != 0;  // MF or an offset
  if (length != 0 && (length < header || !c.limit(length - fixed))) {
    return stop(p, Layer::ipv4, Stop::malformed);
  }
  if (c.take(header - fixed) == nullptr) {
    return stop(p, Layer::ipv4, c.too_short(header - fixed));
  }
  if (p.later_fragment) return finish(p, Layer::ipv4, c);
  if (p.ip_protocol == ip_protocol::icmp) return icmp(c, p);
  transport(c.rest(), c.missing(), p);
}

}  // namespace netweir::wire
