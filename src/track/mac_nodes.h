// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "track/key.h"
#include "track/mac_slots.h"
#include "track/shared.h"
#include "track/slab.h"

namespace netweir::track {

/// What is known of an entry besides its slot.
struct alignas(64) MacNode {
  Cell<std::uint64_t> address;            ///< the key's; 0 = free
  std::array<Cell<std::uint64_t>, 3> ip;  ///< a PackedKey; last word 0: none
  Cell<std::int64_t> learned;
  Cell<std::uint32_t> vids;  ///< the key's
  Cell<Place> next_of_ip;    ///< of the chain of the IP's bucket

  // The writer's.
  std::uint32_t location;  ///< of the slot
  Place earlier, later;    ///< of the segment; `later` of the free places
  std::uint16_t segment;

  PackedMac key() const noexcept { return {address.read(), vids.read()}; }
  bool has_ip() const noexcept { return ip[2].own() != 0; }
  bool has(const PackedKey& key) const noexcept {
    return ip[0].read() == key.words[0] && ip[1].read() == key.words[1] &&
           ip[2].read() == key.words[2];
  }
  PackedKey own_ip() const noexcept { return {{ip[0].own(), ip[1].own(), ip[2].own()}}; }
};
static_assert(sizeof(MacNode) == 64);

/// The nodes of all entries, and which of them has an IP. One writer, many readers. An entry keeps
/// its place. Nothing allocates but the constructor.
class MacNodes {  // NOLINT(clang-analyzer-optin.performance.Padding): the writer's lines apart
 public:
  MacNodes(std::size_t max, std::uint64_t seed)
      : seed_(seed),
        mask_(std::bit_ceil(max) - 1),
        nodes_(max + 1),
        by_ip_(zeros<IpBucket>(mask_ + 1)) {}

  MacNode& operator[](Place place) noexcept { return nodes_[place]; }
  const MacNode& operator[](Place place) const noexcept { return nodes_[place]; }

  /// The last place that was ever taken. By any thread.
  Place touched() const noexcept { return touched_.read(); }

  /// REQUIRES: fewer than `max` are taken.
  Place take() noexcept {
    const auto place = free_;
    if (place != none) {
      free_ = nodes_[place].later;
      return place;
    }
    touched_.write(touched_.own() + 1);
    return touched_.own();
  }
  /// REQUIRES: it is not linked.
  void release(Place place) noexcept {
    nodes_[place].address.write(0);
    for (auto& word : nodes_[place].ip) word.write(0);
    nodes_[place].later = free_;
    free_ = place;
  }

  /// Into and out of the chain of the IP that the node has.
  void link(Place place) noexcept {
    auto& bucket = bucket_of(nodes_[place].own_ip());
    const Change change(bucket.sequence);
    nodes_[place].next_of_ip.write(bucket.first.own());
    bucket.first.write(place);
  }
  void unlink(Place place) noexcept {
    auto& bucket = bucket_of(nodes_[place].own_ip());
    const Change change(bucket.sequence);
    auto* from = &bucket.first;
    while (from->own() != place) from = &nodes_[from->own()].next_of_ip;
    from->write(nodes_[place].next_of_ip.own());
  }

  /// Whose IP it is. By the writer.
  Place find(const PackedKey& ip) noexcept {
    auto place = bucket_of(ip).first.own();
    while (place != none && !nodes_[place].has(ip)) place = nodes_[place].next_of_ip.own();
    return place;
  }
  /// The same by any thread: the key of the entry that had it at one time during the call.
  bool read(const PackedKey& ip, PackedMac& key) const noexcept {
    const auto& bucket = by_ip_[hash(ip, seed_) & mask_];
    for (;;) {
      const auto before = bucket.sequence.read();
      if (Sequence::changing(before)) continue;
      const auto place = look(bucket, before, ip);
      key = nodes_[place].key();
      if (bucket.sequence.read() == before) return place != none;
    }
  }

 private:
  struct IpBucket {
    Sequence sequence;
    Cell<Place> first;
  };

  IpBucket& bucket_of(const PackedKey& ip) noexcept { return by_ip_[hash(ip, seed_) & mask_]; }

  // A change may lead into another chain: the sequence ends that.
  Place look(const IpBucket& bucket, std::uint32_t before, const PackedKey& ip) const noexcept {
    auto place = bucket.first.read();
    while (place != none && !nodes_[place].has(ip)) {
      place = bucket.sequence.read() == before ? nodes_[place].next_of_ip.read() : none;
    }
    return place;
  }

  std::uint64_t seed_;
  std::size_t mask_;
  Lines<MacNode> nodes_;
  Lazy<IpBucket> by_ip_;
  alignas(64) Cell<Place> touched_{};
  Place free_ = none;
};

}  // namespace netweir::track
