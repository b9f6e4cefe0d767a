// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/tracker.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "track/flap.h"
#include "track/key.h"
#include "track/mac_counts.h"
#include "track/passed.h"
#include "track/segments.h"
#include "track/slab.h"
#include "track/token_bucket.h"
#include "track/virtual_mac.h"

namespace netweir {
namespace {

using track::Flap;
using track::none;
using track::PackedKey;
using track::passed;
using track::Place;
using track::Segment;
using track::SegmentLists;

// What every observation touches: one cache line.
struct alignas(64) Entry {
  PackedKey key;
  AgeTime seen;         // of the latest observation
  WallTime last_seen;   // likewise, its packet's
  WallTime last_event;  // packet time of the key's last event
  std::uint64_t count;
  Mac mac;  // of the latest observation
  std::uint8_t strength;
  std::uint8_t state;
};
static_assert(sizeof(Entry) == 64);

// Bits of `state`.
constexpr std::uint8_t told = 1;       // a reader knows of the binding
constexpr std::uint8_t other_mac = 2;  // a reader knows another MAC
constexpr std::uint8_t on_probation = 4;
constexpr std::uint8_t weaker = 8;        // the latest evidence was weaker than `strength`
constexpr std::uint8_t refresh_due = 16;  // and counted as suppressed

// The age list (two ways), the chain of a bucket, or of the free places, and the list of a segment.
struct Links {
  Place older, newer, next, earlier, later;
  std::uint16_t segment;
};

struct Rare {
  WallTime first_seen;
  AgeTime created;
  AgeTime strong;  // the latest observation that was not weaker; while the latest was
  Mac mac;         // that a reader knows
};

constexpr std::chrono::seconds probation_ends{1};
constexpr double port_share = 4;  // of what a VLAN may have

}  // namespace

// A slab, and a list by age, the longest unseen first.
struct Tracker::Table {
  explicit Table(const TrackerLimits& given)
      : limits(given), slab(given.max), rare(track::zeros<Rare>(slab.max())) {
    if (limits.proxy > 0) macs.emplace(slab.max(), limits.hash_seed);
    if (limits.flap_moves > 0) flaps = track::zeros<Flap>(slab.max());
    if (limits.rate == 0) return;
    vlan_buckets = track::zeros<track::TokenBucket>(kinds * Segment::all);
    port_buckets = track::zeros<track::TokenBucket>(kinds * Segment::ports);
  }

  Entry& entry(Place place) noexcept { return slab.entry(place); }
  Links& links(Place place) noexcept { return slab.link(place); }
  Rare& rarely(Place place) noexcept { return rare[place - 1]; }
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

  SegmentLists::Kind kind(Place place) noexcept {
    return (entry(place).state & on_probation) != 0 ? SegmentLists::probation
                                                    : SegmentLists::confirmed;
  }
  void enter_segment(Place place) noexcept {
    if (limits.fair)
      segments.append(kind(place), links(place).segment, place,
                      [this](Place p) -> Links& { return links(p); });
  }
  void leave_segment(Place place) noexcept {
    if (limits.fair)
      segments.remove(kind(place), links(place).segment, place,
                      [this](Place p) -> Links& { return links(p); });
  }

  void insert(Place& of_key, const PackedKey& key, const BindingClaim& claim,
              WallTime at) noexcept {
    const auto place = slab.insert(of_key);
    entry(place) = {key, now, at, at, 1, claim.mac, strength(claim.evidence), on_probation};
    rarely(place) = {at, now, now, claim.mac};
    if (flaps) flaps[place - 1] = {};
    append(place);
    if (macs) macs->add(claim.key.domain, claim.mac);
    links(place).segment = Segment::of(claim.port, claim.key.vid, limits.hash_seed);
    enter_segment(place);
  }
  void erase(Place place) noexcept {
    leave_segment(place);
    if (macs) macs->remove(track::unpack(entry(place).key).domain, entry(place).mac);
    slab.erase(bucket(entry(place).key), place);
    unlink(place);
  }

  // REQUIRES: the table is full.
  Place worst() noexcept {
    if (!limits.fair) return oldest();
    const auto unconfirmed = segments.count(SegmentLists::probation);
    const bool many = unconfirmed * 4 >= slab.max() || unconfirmed == slab.size();
    return segments.worst(many ? SegmentLists::probation : SegmentLists::confirmed);
  }

  void touch(Place place, WallTime at) noexcept {
    auto& e = entry(place);
    e.seen = now;
    e.last_seen = at;
    ++e.count;
    if (links(place).newer != none) {
      unlink(place);
      append(place);
    }
    if (!limits.fair) return;
    const bool confirms =
        (e.state & on_probation) != 0 && passed(now, rarely(place).created, probation_ends);
    if (!confirms && links(place).later == none) return;
    leave_segment(place);
    if (confirms) e.state &= static_cast<std::uint8_t>(~on_probation);
    enter_segment(place);
  }

  // Whether weaker evidence counts for nothing.
  bool overrules(Place place, const BindingClaim& claim) noexcept {
    auto& e = entry(place);
    const auto given = strength(claim.evidence);
    if (given >= e.strength) {
      e.strength = given;
      e.state &= static_cast<std::uint8_t>(~weaker);
      return false;
    }
    if ((e.state & weaker) == 0) rarely(place).strong = e.seen;
    const auto after = limits.expire_after;
    if (after.count() > 0 && passed(now, rarely(place).strong, after)) {
      e.strength = given;
      e.state &= static_cast<std::uint8_t>(~weaker);
      return false;
    }
    if (e.mac != claim.mac) return true;
    e.state |= weaker;
    return false;
  }

  bool may_tell(Place place, BindingAction action) noexcept {
    if (limits.rate == 0) return true;
    const std::size_t segment = links(place).segment, of = static_cast<std::size_t>(action);
    const double rate = limits.rate, burst = limits.burst;
    return vlan_buckets[segment * kinds + of].take(now, rate, burst) &&
           port_buckets[segment / Segment::vlans * kinds + of].take(now, rate * port_share,
                                                                    burst * port_share);
  }

  void tell_created(Place place, WallTime at, BindingChanges& changes) noexcept {
    if (!may_tell(place, BindingAction::created)) return;
    auto& e = entry(place);
    e.state |= told;
    e.last_event = at;
    rarely(place).mac = e.mac;
    describe(place, BindingAction::created, changes.items[changes.count++]);
  }

  // REQUIRES: it has just been given `mac`.
  void count_mac(const BindingClaim& claim, BindingChanges& changes) noexcept {
    if (!macs || track::virtual_router(claim.mac)) return;
    const auto addresses = macs->count(claim.key.domain, claim.mac);
    if (addresses == std::uint64_t{limits.proxy} + 1) changes.proxied = addresses;
  }

  // Where the MAC has changed (`moved`), or a reader knows another one.
  void tell_moved(Place place, WallTime at, const BindingClaim& claim, const Mac& previous,
                  BindingChanges& changes) noexcept {
    auto& e = entry(place);
    auto& known = rarely(place).mac;
    const bool moved = previous != e.mac;
    bool silent = false;
    if (flaps) {
      auto& flap = flaps[place - 1];
      if (flap.silent && flap.quiet(at, limits.flap_window)) flap = {};
      silent = flap.silent;
      if (moved) say(flap, at, claim, previous, changes);
    }
    if (silent && moved) ++counts.damped;
    if (e.mac != known && !silent) {
      if (may_tell(place, BindingAction::moved)) {
        e.last_event = at;
        auto& change = changes.items[changes.count++];
        describe(place, BindingAction::moved, change);
        change.previous_mac = std::exchange(known, e.mac);
        change.mac = e.mac;
      } else if (moved) {
        ++counts.suppressed;
      }
    }
    e.state &= static_cast<std::uint8_t>(~other_mac);
    if (e.mac != known) e.state |= other_mac;
  }

  void say(Flap& flap, WallTime at, const BindingClaim& claim, const Mac& previous,
           BindingChanges& changes) noexcept {
    using What = BindingFlap::What;
    const auto said = flap.move(at, limits.flap_moves, limits.flap_window);
    if (said != Flap::Say::begins && said != Flap::Say::summary) return;
    auto& told_of = changes.flap;
    told_of.what = said == Flap::Say::begins ? What::begins : What::goes_on;
    told_of.expected =
        claim.shared || track::virtual_router(claim.mac) || track::virtual_router(previous);
    told_of.mac = claim.mac;
    told_of.previous_mac = previous;
    told_of.moves = flap.moves;
  }

  void tell_refreshed(Place place, WallTime at, BindingChanges& changes) noexcept {
    auto& e = entry(place);
    if (may_tell(place, BindingAction::refreshed)) {
      e.last_event = at;
      e.state &= static_cast<std::uint8_t>(~refresh_due);
      describe(place, BindingAction::refreshed, changes.items[changes.count++]);
    } else if ((e.state & refresh_due) == 0) {
      e.state |= refresh_due;
      ++counts.suppressed;
    }
  }

  void describe(Place place, BindingAction action, BindingChange& change) noexcept {
    const auto& e = entry(place);
    change.action = action;
    change.reason = ExpiredReason::age;
    change.key = track::unpack(e.key);
    change.mac = rarely(place).mac;
    change.previous_mac = {};
    change.first_seen = rarely(place).first_seen;
    change.last_seen = e.last_seen;
    change.count = e.count;
  }

  static constexpr std::size_t kinds = 3;  // created, refreshed, moved

  TrackerLimits limits;
  track::Slab<Entry, Links> slab;
  track::Lazy<Rare> rare;
  track::Lazy<Flap> flaps;
  std::optional<track::MacCounts> macs;
  SegmentLists segments;
  track::Lazy<track::TokenBucket> vlan_buckets, port_buckets;
  TrackerCounts counts;
  AgeTime now = AgeTime::min();
};

Tracker::Tracker(const TrackerLimits& limits) : table_(std::make_unique<Table>(limits)) {}
Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;
Tracker& Tracker::operator=(Tracker&&) noexcept = default;

void Tracker::observe(AgeTime now, WallTime at, const BindingClaim& claim,
                      BindingChanges& changes) noexcept {
  auto& t = *table_;
  changes.count = 0;
  changes.proxied = 0;
  changes.flap.what = BindingFlap::What::none;
  t.now = std::max(now, t.now);
  const auto packed = track::pack(claim.key);
  auto& bucket = t.bucket(packed);
  const auto place = t.slab.find(bucket, packed);
  if (place == none) {
    if (t.slab.full()) {
      const auto worst = t.worst();
      if ((t.entry(worst).state & told) != 0) {
        auto& gone = changes.items[changes.count++];
        t.describe(worst, BindingAction::expired, gone);
        gone.reason = ExpiredReason::table_full;
      }
      t.erase(worst);
      ++t.counts.evicted;
    }
    t.insert(bucket, packed, claim, at);
    t.count_mac(claim, changes);
    t.tell_created(bucket, at, changes);
    if ((t.entry(bucket).state & told) == 0) ++t.counts.suppressed;
    return;
  }
  if (t.overrules(place, claim)) {
    ++t.counts.overruled;
    return;
  }
  t.touch(place, at);
  auto& e = t.entry(place);
  const auto previous = std::exchange(e.mac, claim.mac);
  if (t.macs && previous != claim.mac) {
    t.macs->remove(claim.key.domain, previous);
    t.macs->add(claim.key.domain, claim.mac);
    t.count_mac(claim, changes);
  }
  if ((e.state & told) == 0) {
    t.tell_created(place, at, changes);
  } else if (previous != claim.mac || (e.state & other_mac) != 0) {
    t.tell_moved(place, at, claim, previous, changes);
  } else if (passed(at, e.last_event, t.limits.refresh_after)) {
    t.tell_refreshed(place, at, changes);
  }
}

bool Tracker::expire(AgeTime now, BindingChange& change) noexcept {
  auto& t = *table_;
  t.now = std::max(now, t.now);
  if (t.limits.expire_after.count() <= 0) return false;
  for (auto oldest = t.oldest(); oldest != none; oldest = t.oldest()) {
    if (!passed(t.now, t.entry(oldest).seen, t.limits.expire_after)) return false;
    t.describe(oldest, BindingAction::expired, change);
    const bool tell = (t.entry(oldest).state & told) != 0;
    t.erase(oldest);
    if (tell) return true;
  }
  return false;
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
const TrackerCounts& Tracker::counts() const noexcept { return table_->counts; }

}  // namespace netweir
