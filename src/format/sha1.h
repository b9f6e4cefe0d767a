// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "netweir/bytes.h"

namespace netweir::format {

using Sha1 = std::array<std::uint8_t, 20>;
inline constexpr std::size_t sha1_longest = 55;  ///< what fits into one block with its padding

/// SHA-1 (FIPS 180-4) of a message that fits into one block. An identifier's hash, never a
/// secret's. REQUIRES: at most sha1_longest octets.
inline Sha1 sha1(Bytes message) noexcept {
  // Section 5.1.1: the message, a bit, zeros, the length in bits.
  std::array<std::uint8_t, 64> block{};
  if (!message.empty()) std::memcpy(block.data(), message.data(), message.size());
  block[message.size()] = 0x80;
  block[62] = static_cast<std::uint8_t>(message.size() >> 5U);
  block[63] = static_cast<std::uint8_t>(message.size() << 3U);

  // Section 6.1.2.
  std::array<std::uint32_t, 80> w;
  for (std::size_t t = 0; t < 16; ++t) {
    w[t] = std::uint32_t{block[4 * t]} << 24U | std::uint32_t{block[4 * t + 1]} << 16U |
           std::uint32_t{block[4 * t + 2]} << 8U | block[4 * t + 3];
  }
  for (std::size_t t = 16; t < w.size(); ++t) {
    w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
  }
  constexpr std::array<std::uint32_t, 5> start{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                                               0xc3d2e1f0};
  std::uint32_t a = start[0], b = start[1], c = start[2], d = start[3], e = start[4];
  const auto round = [&](std::uint32_t f, std::uint32_t k, std::uint32_t word) {
    const std::uint32_t next = std::rotl(a, 5) + f + e + k + word;
    e = d;
    d = c;
    c = std::rotl(b, 30);
    b = a;
    a = next;
  };
  for (std::size_t t = 0; t < 20; ++t) round((b & c) ^ (~b & d), 0x5a827999, w[t]);
  for (std::size_t t = 20; t < 40; ++t) round(b ^ c ^ d, 0x6ed9eba1, w[t]);
  for (std::size_t t = 40; t < 60; ++t) round((b & c) ^ (b & d) ^ (c & d), 0x8f1bbcdc, w[t]);
  for (std::size_t t = 60; t < 80; ++t) round(b ^ c ^ d, 0xca62c1d6, w[t]);

  const std::array<std::uint32_t, 5> sum{start[0] + a, start[1] + b, start[2] + c, start[3] + d,
                                         start[4] + e};
  Sha1 out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(sum[i / 4] >> (24U - 8U * (i % 4)));
  }
  return out;
}

}  // namespace netweir::format
