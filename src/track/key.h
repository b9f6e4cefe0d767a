// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#define XXH_INLINE_ALL  // header only: whoever links the library needs no libxxhash
#include <xxhash.h>

#include "netweir/tracker.h"

namespace netweir::track {

/// A BindingKey without padding, so that it can be hashed and compared as words.
struct PackedKey {
  std::array<std::uint64_t, 3> words{};

  friend bool operator==(const PackedKey& a, const PackedKey& b) noexcept {
    return ((a.words[0] ^ b.words[0]) | (a.words[1] ^ b.words[1]) | (a.words[2] ^ b.words[2])) == 0;
  }
};

inline PackedKey pack(const BindingKey& key) noexcept {
  PackedKey packed;
  std::memcpy(packed.words.data(), key.ip.octets.data(), key.ip.octets.size());
  packed.words[2] = static_cast<std::uint64_t>(key.ip.version) << 48U |
                    std::uint64_t{key.domain} << 32U | std::uint64_t{key.vid[0]} << 16U |
                    key.vid[1];
  return packed;
}

inline std::uint64_t hash(const PackedKey& key, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(key.words.data(), sizeof key.words, seed);
}

inline BindingKey unpack(const PackedKey& packed) noexcept {
  BindingKey key;
  std::memcpy(key.ip.octets.data(), packed.words.data(), key.ip.octets.size());
  key.ip.version = static_cast<IpVersion>(packed.words[2] >> 48U);
  key.domain = static_cast<DomainId>(packed.words[2] >> 32U);
  key.vid = {static_cast<std::uint16_t>(packed.words[2] >> 16U),
             static_cast<std::uint16_t>(packed.words[2])};
  return key;
}

}  // namespace netweir::track
