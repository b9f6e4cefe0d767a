// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace netweir::track {

/// Memory that the kernel gives when it is first touched, so that a small table stays small.
struct Free {
  void operator()(void* memory) const noexcept { std::free(memory); }
};
template <class T>
using Lazy = std::unique_ptr<T[], Free>;

template <class T>
Lazy<T> owned(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return Lazy<T>(static_cast<T*>(memory));
}
template <class T>
Lazy<T> zeros(std::size_t count) {
  return owned<T>(std::calloc(count, sizeof(T)));
}

/// A place in a slab plus one, so that memory of zeros is an empty table.
using Place = std::uint32_t;
inline constexpr Place none = 0;

/// Entries that have a `key`, and an index of chained buckets over them, which never grows,
/// whatever strangers choose as keys. Link has a `Place next`, of the chain or of the free places;
/// what else is in it is its user's, zeros at first and kept when a place is given again. Nothing
/// allocates but the constructor.
template <class Entry, class Link>
class Slab {
 public:
  explicit Slab(std::size_t max)
      : max_(std::clamp<std::size_t>(max, 1, most)),
        mask_(std::bit_ceil(max_) * 2 - 1),
        buckets_(zeros<Place>(mask_ + 1)),
        links_(zeros<Link>(max_ + 1)),
        entries_(owned<Entry>(std::aligned_alloc(alignof(Entry), max_ * sizeof(Entry)))) {}

  std::size_t max() const noexcept { return max_; }
  std::size_t size() const noexcept { return size_; }
  bool full() const noexcept { return size_ == max_; }
  std::size_t touched() const noexcept { return touched_; }  ///< the last place ever given

  Entry& entry(Place place) noexcept { return entries_[place - 1]; }
  /// That of `none` is its user's as well.
  Link& link(Place place) noexcept { return links_[place]; }

  /// The first place of the chain of all keys that have this hash.
  Place& bucket(std::uint64_t hash) noexcept { return buckets_[hash & mask_]; }

  template <class Key>
  Place find(Place first, const Key& key) noexcept {
    while (first != none && entry(first).key != key) first = links_[first].next;
    return first;
  }

  /// A place for an entry of this bucket, not initialised. REQUIRES: not full().
  Place insert(Place& bucket) noexcept {
    auto place = free_;
    if (place == none) {
      place = static_cast<Place>(++touched_);
    } else {
      free_ = links_[place].next;
    }
    links_[place].next = bucket;
    bucket = place;
    ++size_;
    return place;
  }

  void erase(Place& bucket, Place place) noexcept {
    auto* from = &bucket;
    while (*from != place) from = &links_[*from].next;
    *from = links_[place].next;
    links_[place].next = free_;
    free_ = place;
    --size_;
  }

  /// Empties it, at the cost of what is in it. `hash_of(place)` is the hash of the key there.
  template <class HashOf>
  void clear(HashOf hash_of) noexcept {
    for (Place place = 1; place <= touched_; ++place) bucket(hash_of(place)) = none;
    size_ = touched_ = 0;
    free_ = none;
  }

 private:
  static constexpr std::size_t most = std::size_t{1} << 31U;

  std::size_t max_, mask_;
  Lazy<Place> buckets_;
  Lazy<Link> links_;
  Lazy<Entry> entries_;
  std::size_t size_ = 0, touched_ = 0;
  Place free_ = none;
};

}  // namespace netweir::track
