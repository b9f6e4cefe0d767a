// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#define XXH_INLINE_ALL  // header only: whoever links the library needs no libxxhash
#include <xxhash.h>

#include "netweir/mac_table.h"
#include "track/shared.h"
#include "track/slab.h"

namespace netweir::track {

/// A MacKey as words: MAC and domain, and the VIDs. 0 is no MAC's address.
struct PackedMac {
  std::uint64_t address = 0;
  std::uint32_t vids = 0;

  friend bool operator==(const PackedMac&, const PackedMac&) noexcept = default;
};
static_assert(std::has_unique_object_representations_v<MacKey> && sizeof(MacKey) == 12);

// No array: one on the stack would have each lookup guarded.
struct MacWords {
  std::uint32_t first, second, vids;
};
inline PackedMac pack(const MacKey& key) noexcept {
  const auto words = std::bit_cast<MacWords>(key);
  return {words.first | std::uint64_t{words.second} << 32U, words.vids};
}
inline MacKey unpack(const PackedMac& packed) noexcept {
  return std::bit_cast<MacKey>(MacWords{static_cast<std::uint32_t>(packed.address),
                                        static_cast<std::uint32_t>(packed.address >> 32U),
                                        packed.vids});
}

/// What a lookup and a learn need, in one cache line for two entries; more are in further buckets.
struct alignas(64) MacBucket {
  static constexpr unsigned slots = 2;

  Sequence sequence;         ///< of a chain: that of its first bucket counts
  Cell<std::uint32_t> more;  ///< the next bucket of the chain, or of those that are free; 0 = none
  std::array<Cell<std::uint32_t>, slots> place;  ///< the Place and bits; 0 = free
  std::array<Cell<std::uint64_t>, slots> address;
  std::array<Cell<std::uint32_t>, slots> vids;
  std::array<Cell<LinkId>, slots> port;
  std::array<Cell<std::int64_t>, slots> seen;

  // Bits of `place`.
  static constexpr std::uint32_t fixed = 1U << 31U;
  static constexpr std::uint32_t confirmed = 1U << 30U;  ///< no longer on probation
  static constexpr std::uint32_t again = 1U << 29U;      ///< seen since it was last looked at
  static constexpr std::uint32_t bits = fixed | confirmed | again;

  Place place_of(unsigned slot) const noexcept { return place[slot].own() & ~bits; }
  bool is(unsigned slot, std::uint32_t bit) const noexcept {
    return (place[slot].own() & bit) != 0;
  }

  /// The slot that has the key, else `slots`; `load` reads a cell. No branch: which slot it is
  /// nobody can predict. A free one may have the key whose MAC and domain are 0.
  template <class Load>
  unsigned find(const PackedMac& key, Load load) const noexcept {
    const auto differs = [&](unsigned slot) {
      return (load(address[slot]) ^ key.address) | (load(vids[slot]) ^ key.vids);
    };
    const auto first = static_cast<unsigned>(differs(0) != 0);
    const auto second = static_cast<unsigned>(differs(1) != 0);
    return first + (first & second);
  }
};
static_assert(sizeof(MacBucket) == 64);

/// The slots of all keys: buckets by hash, which never grow. One writer, many readers. An entry
/// stays in its slot. Nothing allocates but the constructor.
class MacSlots {
 public:
  static constexpr std::size_t most = std::size_t{1} << 29U;

  struct Spot {
    MacBucket* bucket = nullptr;  ///< null = none
    unsigned slot = 0;
  };

  /// `max`: at most `most`.
  MacSlots(std::size_t max, std::uint64_t seed)
      : seeds_{XXH3_64bits_withSeed("address", 7, seed), XXH3_64bits_withSeed("vids", 4, seed)},
        mask_(std::bit_ceil(max) - 1),
        touched_(static_cast<std::uint32_t>(mask_)),
        buckets_(mask_ + 1 + max) {}

  MacBucket& home(const PackedMac& key) noexcept { return buckets_[hash(key) & mask_]; }
  const MacBucket& home(const PackedMac& key) const noexcept { return buckets_[hash(key) & mask_]; }

  /// By the writer.
  Spot find(MacBucket& home, const PackedMac& key) noexcept {
    for (auto* bucket = &home;; bucket = &buckets_[bucket->more.own()]) {
      const auto slot = bucket->find(key, [](const auto& cell) { return cell.own(); });
      if (slot < MacBucket::slots)
        return bucket->place[slot].own() != 0 ? Spot{bucket, slot} : Spot{};
      if (bucket->more.own() == 0) return {};
    }
  }
  Spot spot(std::uint32_t location) noexcept {
    return {&buckets_[location / MacBucket::slots], location % MacBucket::slots};
  }
  std::uint32_t location(const Spot& spot) const noexcept {
    return static_cast<std::uint32_t>(spot.bucket - &buckets_[0]) * MacBucket::slots + spot.slot;
  }

  /// A free slot. REQUIRES: a change of `home`, which has fewer than `max` entries with all others.
  Spot insert(MacBucket& home) noexcept;
  /// REQUIRES: a change of `home`, in whose chain it is.
  void erase(MacBucket& home, const Spot& spot) noexcept;

  /// What any thread may copy of a slot.
  struct Copy {
    std::uint32_t place = 0;  ///< with its bits; 0 = none
    LinkId port = 0;
    std::int64_t seen = 0;
  };

  /// The slot of a key, if it is in the first bucket of its chain and nothing is changing there.
  /// Else place 0, which says nothing. By any thread.
  Copy glance(const PackedMac& key) const noexcept {
    const auto& first = home(key);
    const auto before = first.sequence.read();
    const auto slot = first.find(key, [](const auto& cell) { return cell.read(); });
    if (slot == MacBucket::slots) return {};
    const auto copy = copied(first, slot);
    if (Sequence::changing(before) || first.sequence.read() != before) return {};
    return copy;
  }

  /// The slot of a key; calls `more(copy)` where there is one, as often as it takes until no change
  /// of the chain came between. By any thread.
  template <class More>
  Copy read(const PackedMac& key, More more) const noexcept {
    const auto& first = home(key);
    for (;;) {
      const auto before = first.sequence.read();
      if (Sequence::changing(before)) continue;
      const auto copy = look(first, before, key);
      if (copy.place != 0) more(copy);
      if (first.sequence.read() == before) return copy;
    }
  }

 private:
  static Copy copied(const MacBucket& bucket, unsigned slot) noexcept {
    return {bucket.place[slot].read(), bucket.port[slot].read(), bucket.seen[slot].read()};
  }

  // A change may lead into another chain: the sequence ends that.
  Copy look(const MacBucket& first, std::uint32_t before, const PackedMac& key) const noexcept {
    for (const auto* bucket = &first;;) {
      const auto slot = bucket->find(key, [](const auto& cell) { return cell.read(); });
      if (slot < MacBucket::slots) return copied(*bucket, slot);
      const auto more = bucket->more.read();
      if (more == 0 || first.sequence.read() != before) return {};
      bucket = &buckets_[more];
    }
  }

  // The heart of XXH3 for so short a key, with a secret multiplier.
  std::uint64_t hash(const PackedMac& key) const noexcept {
    return XXH3_mul128_fold64(key.address ^ seeds_[0], key.vids ^ seeds_[1]);
  }

  std::array<std::uint64_t, 2> seeds_;
  std::size_t mask_;
  std::uint32_t touched_;   // the last bucket ever given
  std::uint32_t free_ = 0;  // of those behind the first mask_ + 1
  Lines<MacBucket> buckets_;
};

}  // namespace netweir::track
