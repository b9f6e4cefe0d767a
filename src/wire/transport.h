// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>

#include "netweir/packet.h"
#include "wire/cursor.h"
#include "wire/dhcp.h"
#include "wire/stop.h"

namespace netweir::wire {

namespace ip_protocol {
inline constexpr std::uint8_t hop_by_hop = 0;
inline constexpr std::uint8_t icmp = 1;
inline constexpr std::uint8_t tcp = 6;
inline constexpr std::uint8_t udp = 17;
inline constexpr std::uint8_t routing = 43;
inline constexpr std::uint8_t fragment = 44;
inline constexpr std::uint8_t authentication = 51;
inline constexpr std::uint8_t icmpv6 = 58;
inline constexpr std::uint8_t no_next = 59;
inline constexpr std::uint8_t destination = 60;
inline constexpr std::uint8_t sctp = 132;
}  // namespace ip_protocol

/// Why a header of n octets is not there. A fragment that splits it is no fault: we do not
/// reassemble.
inline Stop header_short(const Packet& p, const Cursor& c, std::size_t n) noexcept {
  const auto why = c.too_short(n);
  return why == Stop::malformed && p.fragmented ? Stop::unsupported : why;
}

/// The ports, which a `header` of TCP, UDP or SCTP begins with. False where they are not there.
inline bool ports(Cursor& c, Packet& p, Layer at, std::size_t header) noexcept {
  const auto* h = c.take(4);
  if (h == nullptr) {
    stop(p, at, header_short(p, c, header));
    return false;
  }
  p.src_port = be16(h);
  p.dst_port = be16(h + 2);
  p.has_ports = true;
  return true;
}

/// RFC 9293, section 3.1.
inline void tcp(Cursor c, Packet& p) noexcept {
  if (!ports(c, p, Layer::tcp, 20)) return;
  const auto* h = c.take(16);
  if (h == nullptr) return stop(p, Layer::tcp, header_short(p, c, 16));
  p.tcp_flags = h[9];
  const std::size_t header = (h[8] >> 4U) * std::size_t{4};
  if (header < 20) return stop(p, Layer::tcp, Stop::malformed);
  p.has_tcp_flags = true;
  if (c.take(header - 20) == nullptr) {
    return stop(p, Layer::tcp, header_short(p, c, header - 20));
  }
  finish(p, Layer::tcp, c);
}

/// RFC 768; a length of 0 in jumbograms: RFC 2675, section 4.
inline void udp(Cursor c, Packet& p) noexcept {
  if (!ports(c, p, Layer::udp, 8)) return;
  const auto* h = c.take(4);
  if (h == nullptr) return stop(p, Layer::udp, header_short(p, c, 4));
  const std::size_t length = be16(h);
  const bool unsaid = length == 0 && p.ip_length == 0;
  // The first fragment has the length of the whole datagram.
  if (!unsaid && (length < 8 || (length - 8 > c.whole() && !p.fragmented))) {
    return stop(p, Layer::udp, Stop::malformed);
  }
  constexpr std::uint16_t bootps = 67, bootpc = 68;
  if (p.src_port == bootps && p.dst_port == bootpc) {
    const auto message = c.rest();
    dhcp(unsaid ? message : message.first(std::min(message.size(), length - 8)), p);
  }
  finish(p, Layer::udp, c);
}

/// The common header: RFC 9260, section 3.1.
inline void sctp(Cursor c, Packet& p) noexcept {
  if (!ports(c, p, Layer::sctp, 12)) return;
  if (c.take(8) == nullptr) return stop(p, Layer::sctp, header_short(p, c, 8));
  finish(p, Layer::sctp, c);
}

/// What both versions of IP may carry.
[[gnu::always_inline]] inline void transport(Bytes captured, std::size_t missing,
                                             Packet& p) noexcept {
  const Cursor c{captured, missing};
  switch (p.ip_protocol) {
    case ip_protocol::tcp:
      return tcp(c, p);
    case ip_protocol::udp:
      return udp(c, p);
    case ip_protocol::sctp:
      return sctp(c, p);
    default:
      return stop(p, Layer::other, Stop::unsupported);
  }
}

}  // namespace netweir::wire
