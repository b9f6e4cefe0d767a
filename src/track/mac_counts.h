// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#define XXH_INLINE_ALL  // header only: whoever links the library needs no libxxhash
#include <xxhash.h>

#include "netweir/address.h"
#include "netweir/tracker.h"
#include "track/slab.h"

namespace netweir::track {

/// How many addresses each (domain, MAC) has. Nothing allocates but the constructor.
class MacCounts {
 public:
  /// `max`: addresses in all.
  MacCounts(std::size_t max, std::uint64_t seed) : seed_(seed), slab_(max) {}

  /// REQUIRES: fewer than `max` have been added that were not removed.
  void add(DomainId domain, const Mac& mac) noexcept {
    const auto key = pack(domain, mac);
    auto& bucket = slab_.bucket(hash(key));
    if (const auto place = slab_.find(bucket, key); place != none) {
      ++slab_.entry(place).addresses;
      return;
    }
    const auto place = slab_.insert(bucket);
    slab_.entry(place) = {key, 1};
  }
  /// REQUIRES: it was added.
  void remove(DomainId domain, const Mac& mac) noexcept {
    const auto key = pack(domain, mac);
    auto& bucket = slab_.bucket(hash(key));
    const auto place = slab_.find(bucket, key);
    if (--slab_.entry(place).addresses == 0) slab_.erase(bucket, place);
  }
  std::uint32_t count(DomainId domain, const Mac& mac) noexcept {
    const auto key = pack(domain, mac);
    const auto place = slab_.find(slab_.bucket(hash(key)), key);
    return place == none ? 0 : slab_.entry(place).addresses;
  }

 private:
  struct Entry {
    std::uint64_t key;
    std::uint32_t addresses;
  };
  struct Link {
    Place next;
  };

  static std::uint64_t pack(DomainId domain, const Mac& mac) noexcept {
    std::uint64_t key = domain;
    for (const auto octet : mac.octets) key = key << 8U | octet;
    return key;
  }
  std::uint64_t hash(std::uint64_t key) const noexcept {
    return XXH3_64bits_withSeed(&key, sizeof key, seed_);
  }

  std::uint64_t seed_;
  Slab<Entry, Link> slab_;
};

}  // namespace netweir::track
