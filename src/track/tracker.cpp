// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/tracker.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>

#include "track/key.h"

namespace netweir {
namespace {

using track::PackedKey;

// A place in the slab plus one, so that memory of zeros is an empty table.
using Place = std::uint32_t;
constexpr Place none = 0;
constexpr std::size_t most = std::size_t{1} << 31U;

// What every observation touches: one cache line.
struct alignas(64) Entry {
  PackedKey key;
  AgeTime seen;         // of the latest observation
  WallTime last_seen;   // likewise, its packet's
  WallTime last_event;  // packet time of the key's last event
  std::uint64_t count;
  Mac mac;
};
static_assert(sizeof(Entry) == 64);

// The age list (two ways) and the chain of a bucket, or of the free places.
struct Links {
  Place older, newer, next;
};

// a - b in nanoseconds; nothing where b is the later. No overflow at any two times.
template <class Time>
bool passed(Time a, Time b, std::chrono::nanoseconds least) noexcept {
  if (a < b) return false;
  const auto since = static_cast<std::uint64_t>(a.time_since_epoch().count()) -
                     static_cast<std::uint64_t>(b.time_since_epoch().count());
  return least.count() <= 0 || since >= static_cast<std::uint64_t>(least.count());
}

// Memory that the kernel gives when it is first touched, so that a small table stays small.
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

}  // namespace

// A slab of entries; an index of chained buckets, which never grows, whatever strangers choose as
// keys; a list by age, the longest unseen first.
struct Tracker::Table {
  explicit Table(const TrackerLimits& given)
      : limits(given),
        max(std::clamp<std::size_t>(given.max, 1, most)),
        mask(std::bit_ceil(max) * 2 - 1),
        buckets(zeros<Place>(mask + 1)),
        links(zeros<Links>(max + 1)),
        first_seen(zeros<WallTime>(max)),
        entries(owned<Entry>(std::aligned_alloc(alignof(Entry), max * sizeof(Entry)))) {}

  Entry& entry(Place place) noexcept { return entries[place - 1]; }
  Place& bucket(const PackedKey& key) noexcept {
    return buckets[track::hash(key, limits.hash_seed) & mask];
  }

  Place find(Place first, const PackedKey& key) noexcept {
    while (first != none && entry(first).key != key) first = links[first].next;
    return first;
  }

  // links[0] closes the list to a ring: its `newer` is the oldest, its `older` the newest.
  void append(Place place) noexcept {
    const auto newest = links[none].older;
    links[place].older = newest;
    links[place].newer = none;
    links[newest].newer = place;
    links[none].older = place;
  }
  void unlink(Place place) noexcept {
    const auto at = links[place];
    links[at.older].newer = at.newer;
    links[at.newer].older = at.older;
  }
  Place oldest() const noexcept { return links[none].newer; }

  // REQUIRES: size < max.
  Place insert(Place& first) noexcept {
    auto place = free;
    if (place == none) {
      place = static_cast<Place>(++touched);
    } else {
      free = links[place].next;
    }
    links[place].next = first;
    first = place;
    append(place);
    ++size;
    return place;
  }

  void erase(Place place) noexcept {
    auto* from = &bucket(entry(place).key);
    while (*from != place) from = &links[*from].next;
    *from = links[place].next;
    unlink(place);
    links[place].next = free;
    free = place;
    --size;
  }

  void describe(Place place, BindingAction action, BindingChange& change) noexcept {
    const auto& e = entry(place);
    change.action = action;
    change.reason = ExpiredReason::age;
    change.key = track::unpack(e.key);
    change.mac = e.mac;
    change.previous_mac = {};
    change.first_seen = first_seen[place - 1];
    change.last_seen = e.last_seen;
    change.count = e.count;
  }

  TrackerLimits limits;
  std::size_t max, mask;
  Lazy<Place> buckets;
  Lazy<Links> links;
  Lazy<WallTime> first_seen;
  Lazy<Entry> entries;
  std::size_t size = 0, touched = 0;
  Place free = none;
  std::uint64_t evicted = 0;
  AgeTime now = AgeTime::min();
};

Tracker::Tracker(const TrackerLimits& limits) : table_(std::make_unique<Table>(limits)) {}
Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;
Tracker& Tracker::operator=(Tracker&&) noexcept = default;

void Tracker::observe(AgeTime now, WallTime at, const BindingKey& key, const Mac& mac,
                      BindingChanges& changes) noexcept {
  auto& t = *table_;
  changes.count = 0;
  t.now = std::max(now, t.now);
  const auto packed = track::pack(key);
  auto& bucket = t.bucket(packed);
  auto place = t.find(bucket, packed);
  if (place == none) {
    if (t.size == t.max) {
      const auto oldest = t.oldest();
      auto& gone = changes.items[changes.count++];
      t.describe(oldest, BindingAction::expired, gone);
      gone.reason = ExpiredReason::table_full;
      t.erase(oldest);
      ++t.evicted;
    }
    place = t.insert(bucket);
    t.entry(place) = {packed, t.now, at, at, 1, mac};
    t.first_seen[place - 1] = at;
    t.describe(place, BindingAction::created, changes.items[changes.count++]);
    return;
  }
  auto& e = t.entry(place);
  e.seen = t.now;
  e.last_seen = at;
  ++e.count;
  if (t.links[place].newer != none) {
    t.unlink(place);
    t.append(place);
  }
  if (e.mac != mac) {
    const auto previous = std::exchange(e.mac, mac);
    e.last_event = at;
    auto& change = changes.items[changes.count++];
    t.describe(place, BindingAction::moved, change);
    change.previous_mac = previous;
  } else if (passed(at, e.last_event, t.limits.refresh_after)) {
    e.last_event = at;
    t.describe(place, BindingAction::refreshed, changes.items[changes.count++]);
  }
}

bool Tracker::expire(AgeTime now, BindingChange& change) noexcept {
  auto& t = *table_;
  t.now = std::max(now, t.now);
  const auto oldest = t.oldest();
  if (oldest == none || t.limits.expire_after.count() <= 0 ||
      !passed(t.now, t.entry(oldest).seen, t.limits.expire_after)) {
    return false;
  }
  t.describe(oldest, BindingAction::expired, change);
  t.erase(oldest);
  return true;
}

AgeTime Tracker::next_expiry() const noexcept {
  auto& t = *table_;
  const auto oldest = t.oldest();
  const auto after = t.limits.expire_after;
  if (oldest == none || after.count() <= 0) return AgeTime::max();
  const auto seen = t.entry(oldest).seen;
  if (seen > AgeTime{} && AgeTime::max() - seen < after) return AgeTime::max();
  return seen + after;
}

std::size_t Tracker::size() const noexcept { return table_->size; }
std::uint64_t Tracker::evicted() const noexcept { return table_->evicted; }

}  // namespace netweir
