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
  const auto step = [](std::uint32_t first, std::uint32_t& second, std::uint32_t& last,
                       std::uint32_t f_k_w) {
    last += std::rotl(first, 5) + f_k_w;
    second = std::rotl(second, 30);
  };
  // Five at a time: the variables change places instead of values.
  const auto five = [&](const std::uint32_t* words, std::uint32_t k, auto f) {
    step(a, b, e, f(b, c, d) + k + words[0]);
    step(e, a, d, f(a, b, c) + k + words[1]);
    step(d, e, c, f(e, a, b) + k + words[2]);
    step(c, d, b, f(d, e, a) + k + words[3]);
    step(b, c, a, f(c, d, e) + k + words[4]);
  };
  const auto choose = [](std::uint32_t x, std::uint32_t y, std::uint32_t z) {
    return (x & y) ^ (~x & z);
  };
  const auto parity = [](std::uint32_t x, std::uint32_t y, std::uint32_t z) { return x ^ y ^ z; };
  const auto majority = [](std::uint32_t x, std::uint32_t y, std::uint32_t z) {
    return (x & y) ^ (x & z) ^ (y & z);
  };
  for (std::size_t t = 0; t < 20; t += 5) five(&w[t], 0x5a827999, choose);
  for (std::size_t t = 20; t < 40; t += 5) five(&w[t], 0x6ed9eba1, parity);
  for (std::size_t t = 40; t < 60; t += 5) five(&w[t], 0x8f1bbcdc, majority);
  for (std::size_t t = 60; t < 80; t += 5) five(&w[t], 0xca62c1d6, parity);

  const std::array<std::uint32_t, 5> sum{start[0] + a, start[1] + b, start[2] + c, start[3] + d,
                                         start[4] + e};
  Sha1 out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::uint8_t>(sum[i / 4] >> (24U - 8U * (i % 4)));
  }
  return out;
}

}  // namespace netweir::format
