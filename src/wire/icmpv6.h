// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include "netweir/packet.h"
#include "wire/checksum.h"
#include "wire/cursor.h"
#include "wire/stop.h"
#include "wire/transport.h"

namespace netweir::wire {

/// RFC 4443, section 2.3, with the pseudo-header of RFC 8200, section 8.1. `message` is whole.
inline Checksum icmpv6_checksum(const Ip& src, const Ip& dst, Bytes message) noexcept {
  const auto sum =
      message.size() + sum16(src.octets) + sum16(dst.octets) + sum16(message) + ip_protocol::icmpv6;
  return folded(sum) == 0xffffU ? Checksum::right : Checksum::wrong;
}

namespace nd {
inline constexpr std::uint8_t router_solicitation = 133;
inline constexpr std::uint8_t router_advertisement = 134;
inline constexpr std::uint8_t neighbor_solicitation = 135;
inline constexpr std::uint8_t neighbor_advertisement = 136;
inline constexpr std::uint8_t redirect = 137;

/// Octets of a message between its checksum and its options, RFC 4861, section 4; 0 = no ND.
inline std::size_t fixed_part(std::uint8_t type) noexcept {
  switch (type) {
    case router_solicitation:
      return 4;
    case router_advertisement:
      return 12;
    case neighbor_solicitation:
    case neighbor_advertisement:
      return 20;
    case redirect:
      return 36;
    default:
      return 0;
  }
}

inline void link_layer(const std::uint8_t* option, std::size_t length, std::uint8_t& seen, bool& ok,
                       Mac& mac) noexcept {
  ++seen;
  ok = length == 8;
  mac = {};
  if (ok) copy(mac, option + 2);
}

inline void option_short(const Cursor& c, Packet& p, std::size_t length) noexcept {
  stop(p, Layer::icmpv6, header_short(p, c, length));
  p.nd.options_ok = p.stop != Stop::malformed;
}

/// RFC 4861, section 4.6. Every option is at least eight octets, which bounds their number.
inline void options(Cursor& c, Packet& p) noexcept {
  while (c.left() != 0) {
    const auto rest = c.rest();
    if (rest.size() < 2) {
      return option_short(c, p, 8);
    }
    const std::size_t length = rest[1] * std::size_t{8};
    if (length == 0) {
      p.nd.options_ok = false;
      return stop(p, Layer::icmpv6, Stop::malformed);
    }
    const auto* option = c.take(length);
    if (option == nullptr) {
      return option_short(c, p, length);
    }
    if (option[0] == 1) {
      link_layer(option, length, p.nd.source_links, p.nd.source_link_ok, p.nd.source_link);
    } else if (option[0] == 2) {
      link_layer(option, length, p.nd.target_links, p.nd.target_link_ok, p.nd.target_link);
    }
  }
  finish(p, Layer::icmpv6, c);
}
}  // namespace nd

/// RFC 4443 and neighbor discovery. `dst` is the final destination; null where a routing header
/// hides it.
inline void icmpv6(Cursor c, Packet& p, const Ip* dst) noexcept {
  const auto message = c.rest();
  const bool whole = c.complete();
  const auto* h = c.take(4);
  if (h == nullptr) return stop(p, Layer::icmpv6, header_short(p, c, 4));
  p.has_icmp = true;
  p.icmp_type = h[0];
  p.icmp_code = h[1];
  const auto fixed = nd::fixed_part(h[0]);
  if (fixed == 0) {
    if (p.icmp_type == 128 || p.icmp_type == 129) {  // echo request, echo reply
      const auto* echo = c.take(4);
      if (echo == nullptr) return stop(p, Layer::icmpv6, header_short(p, c, 4));
      p.icmp_id = be16(echo);
    }
    return finish(p, Layer::icmpv6, c);
  }
  p.has_nd = true;
  p.nd = {};
  p.nd.type = h[0];
  p.nd.code = h[1];
  if (whole && dst != nullptr && !p.fragmented && p.ip_length != 0) {
    p.nd.checksum = icmpv6_checksum(p.src, *dst, message);
  }
  const auto* body = c.take(fixed);
  if (body == nullptr) return stop(p, Layer::icmpv6, header_short(p, c, fixed));
  if (fixed >= 20) copy_v6(p.nd.target, body + 4);
  nd::options(c, p);
}

}  // namespace netweir::wire
