// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "netweir/packet.h"
#include "wire/cursor.h"
#include "wire/icmpv6.h"
#include "wire/stop.h"
#include "wire/transport.h"

namespace netweir::wire {

inline constexpr std::size_t most_extensions = 16;

inline bool is_extension(std::uint8_t next) noexcept {
  return next == ip_protocol::hop_by_hop || next == ip_protocol::routing ||
         next == ip_protocol::fragment || next == ip_protocol::destination ||
         next == ip_protocol::authentication;
}

/// Whether the options of a hop-by-hop header hold a Jumbo Payload, RFC 2675, section 2.
inline bool has_jumbo(Bytes options) noexcept {
  constexpr std::size_t most_options = 32;
  Cursor c{options, 0};
  for (std::size_t n = 0; n < most_options; ++n) {
    const auto* type = c.take(1);
    if (type == nullptr) return false;
    if (*type == 0) continue;  // Pad1
    const auto* length = c.take(1);
    if (length == nullptr) return false;
    const auto* value = c.take(*length);
    if (value == nullptr) return false;
    if (*type == 0xc2) return *length == 4 && be32(value) > 0xffffU;
  }
  return false;
}

/// The destination that the pseudo-header means while segments are left (RFC 8200, section 8.1):
/// of types 0 (RFC 2460) and 2 (RFC 6275) the last address, of 4 (RFC 8754) the first. False where
/// this type is not known. `header` is whole.
inline bool final_destination(Bytes header, Ip& dst) noexcept {
  if (header[3] == 0) return true;  // segments left
  const auto type = header[2];
  if (type != 0 && type != 2 && type != 4) return false;
  Cursor c{header, 0};
  c.take(8);
  const std::size_t skip = type == 4 ? 0 : (c.left() < 16 ? 0 : c.left() - 16);
  c.take(skip);
  const auto* address = c.take(16);
  if (address == nullptr) return false;
  copy_v6(dst, address);
  return true;
}

/// RFC 8200. No reassembly. A payload length of 0 before TCP (segmentation offload) or a jumbo
/// payload: what was captured counts.
[[gnu::noinline]] inline void ipv6(Bytes captured, std::size_t missing, Packet& p) noexcept {
  Cursor c{captured, missing};
  constexpr std::size_t fixed = 40;
  const auto* h = c.take(fixed);
  if (h == nullptr) return stop(p, Layer::ipv6, c.too_short(fixed));
  if (h[0] >> 4U != 6) return stop(p, Layer::ipv6, Stop::malformed);
  copy_v6(p.src, h + 8);
  copy_v6(p.dst, h + 24);
  p.traffic_class = static_cast<std::uint8_t>(be16(h) >> 4U);
  p.flow_label = be32(h) & 0xfffffU;
  p.hop_limit = h[7];
  p.ip_protocol = h[6];
  const auto length = be16(h + 4);
  const bool unsaid = length == 0 && (p.ip_protocol == ip_protocol::tcp ||
                                      p.ip_protocol == ip_protocol::hop_by_hop);
  p.ip_length = unsaid ? 0 : static_cast<std::uint32_t>(fixed + length);
  if (!unsaid && !c.limit(length)) return stop(p, Layer::ipv6, Stop::malformed);

  auto at = Layer::ipv6;
  Ip dst{};
  bool dst_known = true;
  for (std::size_t n = 0; is_extension(p.ip_protocol); ++n) {
    at = Layer::ipv6_extension;
    if (n == most_extensions) return stop(p, at, Stop::too_many_layers);
    const auto kind = p.ip_protocol;
    const auto all = c.rest();
    const auto* e = c.take(8);
    if (e == nullptr) return stop(p, at, header_short(p, c, 8));
    std::size_t size = 8;
    if (kind == ip_protocol::authentication) {
      size = (e[1] + std::size_t{2}) * 4;  // RFC 4302, section 2.2
      if (size < 12) return stop(p, at, Stop::malformed);
    } else if (kind != ip_protocol::fragment) {
      size = (e[1] + std::size_t{1}) * 8;
    }
    if (c.take(size - 8) == nullptr) return stop(p, at, header_short(p, c, size - 8));
    p.ip_protocol = e[0];
    if (kind == ip_protocol::authentication) {
      p.authenticated = true;
    } else if (kind == ip_protocol::fragment) {
      p.fragmented = true;
      p.later_fragment = (be16(e + 2) & 0xfff8U) != 0;
      if (p.later_fragment) return finish(p, at, c);
    } else if (kind == ip_protocol::routing) {
      dst_known = dst_known && final_destination(all.first(size), dst);
    } else if (n == 0 && length == 0 && !has_jumbo(all.subspan(2, size - 2))) {
      return stop(p, at, Stop::malformed);
    }
  }
  if (p.ip_protocol == ip_protocol::no_next) return finish(p, at, c);
  if (p.ip_protocol != ip_protocol::icmpv6) return transport(c.rest(), c.missing(), p);
  icmpv6(c, p, !dst_known ? nullptr : (dst.version == IpVersion::none ? &p.dst : &dst));
}

}  // namespace netweir::wire
