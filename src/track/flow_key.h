// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#define XXH_INLINE_ALL  // header only: whoever links the library needs no libxxhash
#include <xxhash.h>

#include "netweir/flow.h"

namespace netweir::track {

/// A tuple, its zone and an id without padding, so that they can be hashed and compared as words.
struct PackedFlow {
  std::array<std::uint64_t, 6> words{};

  friend bool operator==(const PackedFlow& a, const PackedFlow& b) noexcept {
    std::uint64_t differ = 0;
    for (std::size_t i = 0; i < a.words.size(); ++i) differ |= a.words[i] ^ b.words[i];
    return differ == 0;
  }
};

inline PackedFlow pack(const FlowTuple& tuple, std::uint16_t zone, std::uint32_t id) noexcept {
  PackedFlow packed;
  auto& w = packed.words;
  std::memcpy(&w[0], tuple.src.octets.data(), 16);
  std::memcpy(&w[2], tuple.dst.octets.data(), 16);
  w[4] = std::uint64_t{tuple.src_port} << 48U | std::uint64_t{tuple.dst_port} << 32U |
         std::uint64_t{tuple.icmp_id} << 16U | std::uint64_t{tuple.icmp_type} << 8U |
         tuple.icmp_code;
  // The versions 0, 4 and 6 fit into two bits each.
  const auto shape = static_cast<unsigned>(tuple.src.version) >> 1U |
                     static_cast<unsigned>(tuple.dst.version) >> 1U << 2U |
                     (tuple.has_ports ? 16U : 0U) | (tuple.has_icmp ? 32U : 0U);
  w[5] = std::uint64_t{id} << 32U | std::uint64_t{zone} << 16U |
         std::uint64_t{tuple.protocol} << 8U | shape;
  return packed;
}

inline FlowTuple tuple_of(const PackedFlow& packed) noexcept {
  const auto& w = packed.words;
  FlowTuple tuple;
  std::memcpy(tuple.src.octets.data(), &w[0], 16);
  std::memcpy(tuple.dst.octets.data(), &w[2], 16);
  tuple.src_port = static_cast<std::uint16_t>(w[4] >> 48U);
  tuple.dst_port = static_cast<std::uint16_t>(w[4] >> 32U);
  tuple.icmp_id = static_cast<std::uint16_t>(w[4] >> 16U);
  tuple.icmp_type = static_cast<std::uint8_t>(w[4] >> 8U);
  tuple.icmp_code = static_cast<std::uint8_t>(w[4]);
  tuple.protocol = static_cast<std::uint8_t>(w[5] >> 8U);
  tuple.src.version = static_cast<IpVersion>((w[5] & 3U) << 1U);
  tuple.dst.version = static_cast<IpVersion>((w[5] >> 2U & 3U) << 1U);
  tuple.has_ports = (w[5] & 16U) != 0;
  tuple.has_icmp = (w[5] & 32U) != 0;
  return tuple;
}
inline std::uint16_t zone_of(const PackedFlow& packed) noexcept {
  return static_cast<std::uint16_t>(packed.words[5] >> 16U);
}
inline std::uint32_t id_of(const PackedFlow& packed) noexcept {
  return static_cast<std::uint32_t>(packed.words[5] >> 32U);
}

inline std::uint64_t hash(const PackedFlow& key, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(key.words.data(), sizeof key.words, seed);
}

}  // namespace netweir::track
