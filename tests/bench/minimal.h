// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace netweir::bench {

/// The floor under the decoder: the least a program could write by hand for complete, well-formed
/// Ethernet frames. It checks lengths and keeps a few fields, and tells nobody what was wrong.
struct Minimal {
  std::uint64_t src_mac = 0, dst_mac = 0;
  std::uint16_t vlan[2] = {};
  std::uint16_t type = 0, operation = 0, src_port = 0, dst_port = 0;
  std::uint8_t tags = 0, protocol = 0, nd = 0;
  std::uint32_t src = 0, dst = 0;
  const std::uint8_t *src6 = nullptr, *dst6 = nullptr, *link = nullptr;
};

inline std::uint16_t load16(const std::uint8_t* p) noexcept {
  std::uint16_t v = 0;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap16(v);
}
inline std::uint32_t load32(const std::uint8_t* p) noexcept {
  std::uint32_t v = 0;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap32(v);
}
/// Reads eight octets, of which six count.
inline std::uint64_t load48(const std::uint8_t* p) noexcept {
  std::uint64_t v = 0;
  std::memcpy(&v, p, sizeof v);
  return __builtin_bswap64(v) >> 16U;
}

inline bool minimal_arp(const std::uint8_t* p, std::size_t n, Minimal& out) noexcept {
  if (n < 28 || load32(p) != 0x00010800 || load16(p + 4) != 0x0604) return false;
  out.operation = load16(p + 6);
  out.link = p + 8;
  out.src = load32(p + 14);
  out.dst = load32(p + 24);
  return true;
}

inline bool minimal_udp(const std::uint8_t* p, std::size_t n, Minimal& out) noexcept {
  if (n < 8) return false;
  out.src_port = load16(p);
  out.dst_port = load16(p + 2);
  return true;
}

inline bool minimal_ipv4(const std::uint8_t* p, std::size_t n, Minimal& out) noexcept {
  if (n < 20 || p[0] >> 4U != 4) return false;
  const std::size_t header = (p[0] & 15U) * std::size_t{4};
  if (header < 20 || n < header) return false;
  out.protocol = p[9];
  out.src = load32(p + 12);
  out.dst = load32(p + 16);
  if ((load16(p + 6) & 0x1fffU) != 0 || out.protocol != 17) return true;
  return minimal_udp(p + header, n - header, out);
}

inline bool minimal_ipv6(const std::uint8_t* p, std::size_t n, Minimal& out) noexcept {
  if (n < 40 || p[0] >> 4U != 6) return false;
  out.protocol = p[6];
  out.src6 = p + 8;
  out.dst6 = p + 24;
  if (out.protocol != 58 || n < 64 || (p[40] != 135 && p[40] != 136)) return true;
  out.nd = p[40];
  const unsigned wanted = p[40] == 135 ? 1 : 2;
  for (std::size_t at = 64; at + 8 <= n && p[at + 1] != 0; at += p[at + 1] * std::size_t{8}) {
    if (p[at] == wanted) out.link = p + at + 2;
  }
  return true;
}

inline bool minimal(const std::uint8_t* p, std::size_t n, Minimal& out) noexcept {
  if (n < 14) return false;
  out = {};
  out.dst_mac = load48(p);
  out.src_mac = load48(p + 6);
  std::size_t at = 12;
  auto type = load16(p + at);
  while (type == 0x8100 || type == 0x88a8) {
    if (n < at + 6) return false;
    if (out.tags < 2) out.vlan[out.tags++] = load16(p + at + 2) & 0x0fffU;
    at += 4;
    type = load16(p + at);
  }
  at += 2;
  out.type = type;
  if (type == 0x0806) return minimal_arp(p + at, n - at, out);
  if (type == 0x0800) return minimal_ipv4(p + at, n - at, out);
  if (type == 0x86dd) return minimal_ipv6(p + at, n - at, out);
  return true;
}

}  // namespace netweir::bench
