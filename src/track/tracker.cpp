// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/tracker.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

#include "track/key.h"
#include "track/passed.h"
#include "track/slab.h"

namespace netweir {
namespace {

using track::none;
using track::PackedKey;
using track::passed;
using track::Place;

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

}  // namespace

// A slab, and a list by age, the longest unseen first.
struct Tracker::Table {
  explicit Table(const TrackerLimits& given)
      : limits(given), slab(given.max), first_seen(track::zeros<WallTime>(slab.max())) {}

  Entry& entry(Place place) noexcept { return slab.entry(place); }
  Links& links(Place place) noexcept { return slab.link(place); }
  Place& bucket(const PackedKey& key) noexcept {
    return slab.bucket(track::hash(key, limits.hash_seed));
  }

  // The links of `none` close the list to a ring: their `newer` is the oldest, their `older` the
  // newest.
  void append(Place place) noexcept {
    const auto newest = links(none).older;
    links(place).older = newest;
    links(place).newer = none;
    links(newest).newer = place;
    links(none).older = place;
  }
  void unlink(Place place) noexcept {
    const auto at = links(place);
    links(at.older).newer = at.newer;
    links(at.newer).older = at.older;
  }
  Place oldest() noexcept { return links(none).newer; }

  // REQUIRES: there is room.
  Place insert(Place& bucket_of_key) noexcept {
    const auto place = slab.insert(bucket_of_key);
    append(place);
    return place;
  }
  void erase(Place place) noexcept {
    slab.erase(bucket(entry(place).key), place);
    unlink(place);
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
  track::Slab<Entry, Links> slab;
  track::Lazy<WallTime> first_seen;
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
  auto place = t.slab.find(bucket, packed);
  if (place == none) {
    if (t.slab.full()) {
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
  if (t.links(place).newer != none) {
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

std::size_t Tracker::size() const noexcept { return table_->slab.size(); }
std::uint64_t Tracker::evicted() const noexcept { return table_->evicted; }

}  // namespace netweir
