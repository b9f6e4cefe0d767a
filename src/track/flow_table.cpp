// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/flow_table.h"

#include <algorithm>
#include <cstdint>
#include <memory>

#include "track/flow_entry.h"
#include "track/flow_key.h"
#include "track/passed.h"
#include "track/slab.h"

namespace netweir {
namespace {

using track::none;
using track::PackedFlow;
using track::Place;
using Entry = track::FlowEntry;
using Link = track::FlowLink;
using What = FlowRecord::What;

constexpr std::uint32_t dying = 1U << 9U;  // IPS_DYING, linux/netfilter/nf_conntrack_common.h

bool is(const Link& link, Link::Flag flag) noexcept { return (link.flags & flag) != 0; }
void set(Link& link, Link::Flag flag) noexcept { link.flags |= flag; }

}  // namespace

// A slab of flows and, while a listing is open, of tombstones: keys whose end was told since it was
// begun.
struct FlowTable::Table {
  // Where a key is, or would be.
  struct Spot {
    PackedFlow key;
    Place& bucket;
    Place place;
    bool over;  // the end of this very flow was told
  };

  explicit Table(const FlowSettings& given) : settings(given), slab(given.max) {}

  Entry& entry(Place place) noexcept { return slab.entry(place); }
  Link& link(Place place) noexcept { return slab.link(place); }
  bool is_live(Place place) noexcept { return place != none && is(link(place), Link::live); }
  bool is_tombstone(Place place) noexcept {
    return place != none && is(link(place), Link::tombstone);
  }
  bool told_by_event(Place place) noexcept {
    return link(place).seen == listing && is(link(place), Link::by_event);
  }

  void record(const FlowRecord& r, FlowChanges& out) noexcept;
  void event(const FlowRecord& r, Spot spot, FlowChanges& out) noexcept;
  void destroyed(const FlowRecord& r, Spot spot, FlowChanges& out) noexcept;
  void leaves(const FlowRecord& r, Spot spot, FlowChanges& out) noexcept;
  void listed(const FlowRecord& r, Spot spot, FlowChanges& out) noexcept;
  void interim(const FlowRecord& r, Place place, FlowChanges& out) noexcept;

  // The next change to fill in; null where the settings do not ask for it.
  FlowChange* next(FlowChanges& out, FlowAction action, FlowReason why) const noexcept {
    if (!wants(action)) return nullptr;
    auto& change = out.items[out.count++];
    change.action = action;
    change.reason = why;
    change.inferred = false;
    change.end_from = change.end_to = {};
    return &change;
  }
  bool wants(FlowAction action) const noexcept {
    return action == FlowAction::created   ? settings.created
           : action == FlowAction::updated ? settings.updated
                                           : settings.ended;
  }
  void tell(FlowChanges& out, FlowAction action, FlowReason why, const FlowRecord& r,
            Place place) noexcept {
    if (auto* change = next(out, action, why)) {
      change->flow = r;
      track::fill(change->flow, entry(place), names);
    }
  }
  // An end that was not told, of the flow as `r` has it.
  static void infer(FlowChange& change, FlowReason why, WallTime last_seen, WallTime at) noexcept {
    change.action = FlowAction::ended;
    change.reason = why;
    change.inferred = true;
    change.end_from = std::min(last_seen, at);
    change.end_to = at;
    change.flow.what = What::destroyed;
    change.flow.at = at;
    change.flow.has &= static_cast<std::uint16_t>(~FlowRecord::has_counters);
    change.flow.to_server = change.flow.to_client = {};
  }
  void describe_lost(Place place, FlowReason why, WallTime at, FlowChange& change) noexcept {
    change.flow = track::remembered(entry(place), names);
    change.flow.source = source;
    infer(change, why, entry(place).last_seen, at);
  }
  void tell_lost(Place place, WallTime at, FlowChanges& out) noexcept {
    if (auto* change = next(out, FlowAction::ended, FlowReason::resync))
      describe_lost(place, FlowReason::resync, at, *change);
  }

  // The flags of another listing are void.
  Link& touch(Place place) noexcept {
    auto& l = link(place);
    if (l.seen != listing) {
      l.seen = listing;
      l.flags &= static_cast<std::uint8_t>(~unsigned{Link::of_listing});
    }
    return l;
  }
  // The flow of `r` begins at the spot: in a new place, or in that of a tombstone or another flow.
  void enter(const FlowRecord& r, Spot& spot) noexcept {
    if (spot.place == none) {
      spot.place = slab.insert(spot.bucket);
    } else if (is_tombstone(spot.place)) {
      --tombstones;
    }
    auto& l = link(spot.place);
    l.seen = listing;
    l.flags = Link::live | Link::fresh;
    auto& e = entry(spot.place);
    e = {};
    e.key = spot.key;
    e.last_seen = r.at;
    track::merge(e, r, names);
    track::merge_counters(e, r);
    e.flags &= static_cast<std::uint8_t>(~unsigned{Entry::untold});  // its `created` tells them
    if (r.what == What::created) begins_at_event(e, r);
  }
  void told_counters(Entry& e) const noexcept {
    e.told = now;
    e.flags &= static_cast<std::uint8_t>(~unsigned{Entry::untold});
    e.flags |= Entry::told_before;
  }
  static void begins_at_event(Entry& e, const FlowRecord& r) noexcept {
    if ((e.has & FlowRecord::has_start) != 0) return;
    e.start = r.at;
    e.has |= FlowRecord::has_start;
  }
  void erase(Place& bucket, Place place) noexcept {
    if (is_tombstone(place)) --tombstones;
    link(place).flags = 0;
    slab.erase(bucket, place);
  }
  void erase(Place place) noexcept {
    erase(slab.bucket(track::hash(entry(place).key, settings.hash_seed)), place);
  }
  // The flow at the spot, if any, is over; while a listing is open it must not come back by it.
  void bury(Spot& spot) noexcept {
    if (!open) {
      if (spot.place != none) erase(spot.bucket, spot.place);
      spot.place = none;
      return;
    }
    if (spot.place == none) {
      if (slab.full()) return;
      spot.place = slab.insert(spot.bucket);
      entry(spot.place) = {};
      entry(spot.place).key = spot.key;
      link(spot.place).flags = 0;
    }
    if (!is_tombstone(spot.place)) ++tombstones;
    link(spot.place).flags = Link::tombstone;
  }

  void begin(FlowReason why, AgeTime at) noexcept {
    end();
    now = std::max(now, at);
    reason = why;
    counts = {};
    walked = none;
    open = true;
    if (++listing != 0) return;
    // Round once: what an old flow was last seen in must not be taken for this one.
    for (Place place = 1; place <= slab.touched(); ++place) link(place).seen = 0;
    listing = 1;
  }
  void end() noexcept {
    open = false;
    for (Place place = 1; tombstones != 0 && place <= slab.touched(); ++place) {
      if (is_tombstone(place)) erase(place);
    }
  }

  FlowSettings settings;
  track::Slab<Entry, Link> slab;
  track::HelperNames names;
  FlowListed counts;
  std::size_t tombstones = 0;
  std::uint64_t untracked = 0;
  AgeTime now = AgeTime::min();
  Place walked = none;        // close() has been there
  std::uint16_t listing = 1;  // the number of the listing that is open, or was the last; never 0
  SourceId source = 0;
  FlowReason reason = FlowReason::dump;
  bool open = false;
};

void FlowTable::Table::record(const FlowRecord& r, FlowChanges& out) noexcept {
  out.count = 0;
  source = r.source;
  if (r.what == What::listed && !open) return;
  const auto key = track::pack(r.orig, r.zone, r.id);
  auto& bucket = slab.bucket(track::hash(key, settings.hash_seed));
  Spot spot{key, bucket, slab.find(bucket, key), false};
  if (spot.place != none) {
    const auto order = track::compare_starts(r, entry(spot.place));
    // Of a flow whose end was told when the next one was found under its key.
    if (order < 0) return;
    if (order > 0 && is_live(spot.place)) {
      tell_lost(spot.place, r.at, out);
      if (r.what == What::listed) ++counts.closed;
      bury(spot);
    }
    spot.over = order == 0 && is_tombstone(spot.place);
  }
  if (r.what == What::destroyed) {
    destroyed(r, spot, out);
  } else if (r.left) {
    leaves(r, spot, out);
  } else if (r.what == What::listed) {
    listed(r, spot, out);
  } else {
    event(r, spot, out);
  }
}

void FlowTable::Table::event(const FlowRecord& r, Spot spot, FlowChanges& out) noexcept {
  const bool created = r.what == What::created;
  if (is_live(spot.place)) {
    auto& l = touch(spot.place);
    auto& e = entry(spot.place);
    set(l, Link::by_event);
    if (!created) {
      track::merge(e, r, names);
      track::merge_counters(e, r);
      e.last_seen = r.at;
      if ((r.has & FlowRecord::has_counters) != 0) told_counters(e);
      tell(out, FlowAction::updated, FlowReason::kernel, r, spot.place);
      return;
    }
    if (!is(l, Link::announced)) {
      // It was only late: the flow was announced already.
      set(l, Link::announced);
      track::complete(e, r, names);
      begins_at_event(e, r);
      return;
    }
    tell_lost(spot.place, r.at, out);  // the key is used again
  } else if (spot.place == none && slab.full()) {
    // An update would be announced again and again.
    if (!created) return;
    ++untracked;
    if (auto* change = next(out, FlowAction::created, FlowReason::kernel)) {
      change->flow = r;
      if ((r.has & FlowRecord::has_start) == 0) {
        change->flow.start = r.at;
        change->flow.has |= FlowRecord::has_start;
      }
    }
    return;
  }
  enter(r, spot);
  set(link(spot.place), Link::by_event);
  if (created) set(link(spot.place), Link::announced);
  tell(out, FlowAction::created, FlowReason::kernel, r, spot.place);
}

void FlowTable::Table::destroyed(const FlowRecord& r, Spot spot, FlowChanges& out) noexcept {
  if (spot.over) return;
  if (is_live(spot.place)) {
    tell(out, FlowAction::ended, FlowReason::kernel, r, spot.place);
  } else if (r.left) {
    return;
  } else if (auto* change = next(out, FlowAction::ended, FlowReason::kernel)) {
    change->flow = r;
  }
  bury(spot);
  if (spot.place != none) track::merge(entry(spot.place), r, names);  // its start
}

void FlowTable::Table::leaves(const FlowRecord& r, Spot spot, FlowChanges& out) noexcept {
  const bool is_listed = r.what == What::listed;
  if (!is_live(spot.place) || (is_listed && told_by_event(spot.place))) return;
  if (auto* change = next(out, FlowAction::ended, FlowReason::filter)) {
    change->flow = r;
    track::fill(change->flow, entry(spot.place), names);
    infer(*change, FlowReason::filter, entry(spot.place).last_seen, r.at);
  }
  if (is_listed) {
    erase(spot.bucket, spot.place);
  } else {
    bury(spot);  // an entry of the listing may have been read before it left
  }
}

void FlowTable::Table::listed(const FlowRecord& r, Spot spot, FlowChanges& out) noexcept {
  if (spot.over) return;
  if (!is_live(spot.place)) {
    // Of a dying flow the end is told, or was.
    if ((r.has & FlowRecord::has_status) != 0 && (r.status & dying) != 0) return;
    if (spot.place == none && slab.full()) {
      ++untracked;
      return;
    }
    enter(r, spot);
    set(link(spot.place), Link::counted);
    ++counts.added;
    tell(out, FlowAction::created, reason, r, spot.place);
    return;
  }
  auto& l = touch(spot.place);
  if (!is(l, Link::counted)) {
    set(l, Link::counted);
    ++counts.unchanged;
  }
  if (is(l, Link::by_event)) {
    // What an event entered may have the key of another flow, which is the one that is listed.
    if (is(l, Link::fresh)) return;
  } else {
    auto& e = entry(spot.place);
    track::merge(e, r, names);
    e.last_seen = r.at;
  }
  interim(r, spot.place, out);
}

void FlowTable::Table::interim(const FlowRecord& r, Place place, FlowChanges& out) noexcept {
  if ((r.has & FlowRecord::has_counters) == 0) return;
  auto& e = entry(place);
  track::merge_counters(e, r);
  if ((e.flags & Entry::untold) == 0 || !settings.interim) return;
  if ((e.flags & Entry::told_before) != 0 && !track::passed(now, e.told, *settings.interim)) return;
  told_counters(e);
  const auto why = reason == FlowReason::dump ? FlowReason::reconcile : reason;
  if (auto* change = next(out, FlowAction::updated, why)) {
    change->flow = r;
    if (told_by_event(place)) {
      // The event is younger in all but the counters.
      change->flow = track::remembered(e, names);
      change->flow.what = r.what;
      change->flow.source = r.source;
      change->flow.at = r.at;
      change->flow.at_is_receipt = r.at_is_receipt;
      change->flow.has |= FlowRecord::has_counters;
      change->flow.to_server = r.to_server;
      change->flow.to_client = r.to_client;
    } else {
      track::fill(change->flow, e, names);
    }
  }
}

FlowTable::FlowTable(const FlowSettings& settings) : table_(std::make_unique<Table>(settings)) {}
FlowTable::~FlowTable() = default;
FlowTable::FlowTable(FlowTable&&) noexcept = default;
FlowTable& FlowTable::operator=(FlowTable&&) noexcept = default;

void FlowTable::record(const FlowRecord& record, FlowChanges& changes) noexcept {
  table_->record(record, changes);
}

void FlowTable::begin_listing(FlowReason reason, AgeTime now) noexcept {
  table_->begin(reason, now);
}

bool FlowTable::close(WallTime at, FlowChange& change) noexcept {
  auto& t = *table_;
  if (!t.open) return false;
  const auto why = t.reason == FlowReason::dump ? FlowReason::resync : t.reason;
  while (t.walked < t.slab.touched()) {
    const auto place = ++t.walked;
    auto& l = t.link(place);
    if (!is(l, Link::live)) continue;
    if (l.seen == t.listing) {
      // Every event that came before the listing's end was handed over: what was there before it
      // was begun has no late `created` any more.
      if (!is(l, Link::fresh)) set(l, Link::announced);
      continue;
    }
    if (t.settings.ended) t.describe_lost(place, why, at, change);
    ++t.counts.closed;
    t.erase(place);
    if (t.settings.ended) return true;
  }
  t.end();
  return false;
}

void FlowTable::abandon_listing() noexcept { table_->end(); }

const FlowListed& FlowTable::listed() const noexcept { return table_->counts; }
std::size_t FlowTable::size() const noexcept { return table_->slab.size() - table_->tombstones; }
std::uint64_t FlowTable::untracked() const noexcept { return table_->untracked; }

}  // namespace netweir
