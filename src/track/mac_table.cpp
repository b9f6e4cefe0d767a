// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/mac_table.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>

#include "track/mac_state.h"
#include "track/passed.h"

namespace netweir {
namespace {

using track::Change;
using track::MacBucket;
using track::MacNode;
using track::none;
using track::PackedMac;
using track::passed;
using track::Place;
using track::Segment;
using track::SegmentLists;

constexpr std::chrono::seconds probation_ends{1};
constexpr unsigned candidates = 16;
constexpr unsigned places_a_sweep = 4096;

std::int64_t number(AgeTime time) noexcept { return time.time_since_epoch().count(); }
AgeTime time_of(std::int64_t number) noexcept { return AgeTime{AgeTime::duration{number}}; }

bool unicast(const Ip& ip) noexcept {
  const auto first = ip.octets[0];
  if (ip.version == IpVersion::v4) return first < 224 && ip.octets != Ip{}.octets;
  return ip.version == IpVersion::v6 && first != 0xff && ip.octets != Ip{}.octets;
}

}  // namespace

MacTable::Table::Table(const MacTableSettings& given)
    : max(std::clamp<std::size_t>(given.max, 1, track::MacSlots::most - 1)),
      seed(given.hash_seed),
      most_unseen(std::numeric_limits<std::uint64_t>::max()),
      resolution(given.resolution),
      slots(max, seed),
      nodes(max, seed) {
  if (given.max_age.count() <= 0) return;
  most_unseen = static_cast<std::uint64_t>(given.max_age.count());
  resolution = std::min(resolution, given.max_age / 64);
}

Place MacTable::Table::learn(AgeTime at, const MacKey& key, LinkId port, bool fixed,
                             MacLearned& learned) noexcept {
  now = std::max(now, at);
  const auto packed = track::pack(key);
  auto& of_key = slots.home(packed);
  const auto found = slots.find(of_key, packed);
  if (found.bucket == nullptr) {
    if (key.mac.is_group() || key.mac.is_zero()) {
      learned.refusal = key.mac.is_zero() ? MacRefusal::zero_address : MacRefusal::group_address;
      return none;
    }
    return add(of_key, packed, port, fixed, learned);
  }
  if (overdue(found)) {
    give_way(found.bucket->place_of(found.slot), learned);
    return add(of_key, packed, port, fixed, learned);
  }
  const auto place = found.bucket->place_of(found.slot);
  const auto before = found.bucket->port[found.slot].own();
  learned.action = MacAction::refreshed;
  if (before != port) {
    learned.previous_port = before;
    if (!fixed && found.bucket->is(found.slot, MacBucket::fixed)) {
      learned.action = MacAction::refused;
      learned.refusal = MacRefusal::static_entry;
      return none;
    }
    learned.action = MacAction::moved;
    change(of_key, found, port, fixed);
  } else if (fixed) {
    change(of_key, found, port, fixed);
  } else {
    refresh(found);
  }
  return place;
}

// What nearly every frame is: of a known station where it was. False says nothing.
bool MacTable::Table::known(AgeTime at, const MacKey& key, LinkId port) noexcept {
  now = std::max(now, at);
  const auto packed = track::pack(key);
  auto& bucket = slots.home(packed);
  const auto slot = bucket.find(packed, [](const auto& cell) { return cell.own(); });
  if (slot == MacBucket::slots || bucket.port[slot].own() != port ||
      bucket.place[slot].own() == 0 || overdue({&bucket, slot}))
    return false;
  if (passed(now, time_of(bucket.seen[slot].own()), resolution)) refresh({&bucket, slot});
  return true;
}

// Readers see port and IP change at once.
void MacTable::Table::learn_whole(AgeTime at, const MacKey& key, LinkId port, const Ip& ip,
                                  bool fixed, MacLearned& learned) noexcept {
  const Change change(slots.home(track::pack(key)).sequence);
  const auto place = learn(at, key, port, fixed, learned);
  if (fixed && ip.version == IpVersion::none) return;
  learned.ip = place == none ? MacIp::refused : give(place, ip, fixed);
}

// Whether there is no more to it than that it was seen.
bool MacTable::Table::has(AgeTime at, const MacKey& key, LinkId port, const Ip& ip) noexcept {
  now = std::max(now, at);
  const auto packed = track::pack(key);
  const auto found = slots.find(slots.home(packed), packed);
  return found.bucket != nullptr && found.bucket->port[found.slot].own() == port &&
         !overdue(found) &&
         nodes[found.bucket->place_of(found.slot)].has(
             track::pack(BindingKey{ip, key.domain, key.vid}));
}

Place MacTable::Table::add(MacBucket& of_key, const PackedMac& key, LinkId port, bool fixed,
                           MacLearned& learned) noexcept {
  if (size.own() == max) {
    const auto victim = worst();
    if (victim == none) {
      learned.refusal = MacRefusal::table_full;
      return none;
    }
    give_way(victim, learned);
  }
  learned.action = MacAction::added;
  const auto place = nodes.take();
  auto& node = nodes[place];
  node.address.write(key.address);
  node.vids.write(key.vids);
  node.learned.write(number(now));
  node.segment = Segment::of(port, track::unpack(key).vid, seed);
  Spot spot;
  {
    const Change change(of_key.sequence);
    spot = slots.insert(of_key);
    auto& bucket = *spot.bucket;
    bucket.address[spot.slot].write(key.address);
    bucket.vids[spot.slot].write(key.vids);
    bucket.port[spot.slot].write(port);
    bucket.seen[spot.slot].write(number(now));
    bucket.place[spot.slot].write(fixed ? place | MacBucket::fixed : place);
  }
  node.location = slots.location(spot);
  enter_segment(place, spot);
  size.write(size.own() + 1);
  return place;
}

// To another port, or from a dynamic to a static entry.
void MacTable::Table::change(MacBucket& of_key, const Spot& spot, LinkId port,
                             bool fixed) noexcept {
  auto& bucket = *spot.bucket;
  const auto place = bucket.place_of(spot.slot);
  leave_segment(place, spot);
  {
    const Change change(of_key.sequence);
    bucket.port[spot.slot].write(port);
    bucket.seen[spot.slot].write(number(now));
    if (fixed) bucket.place[spot.slot].write(bucket.place[spot.slot].own() | MacBucket::fixed);
  }
  nodes[place].segment = Segment::of(port, track::unpack(nodes[place].key()).vid, seed);
  enter_segment(place, spot);
}

// Not what readers need as a whole: no change to them.
void MacTable::Table::refresh(const Spot& spot) noexcept {
  auto& bucket = *spot.bucket;
  auto& seen = bucket.seen[spot.slot];
  if (!passed(now, time_of(seen.own()), resolution)) return;
  seen.write(number(now));
  auto& place = bucket.place[spot.slot];
  if (bucket.is(spot.slot, MacBucket::fixed | MacBucket::again)) return;
  if (!bucket.is(spot.slot, MacBucket::confirmed)) {
    const auto of = bucket.place_of(spot.slot);
    if (!passed(now, time_of(nodes[of].learned.own()), probation_ends)) return;
    leave_segment(of, spot);
    place.write(place.own() | MacBucket::confirmed);
    enter_segment(of, spot);
  }
  place.write(place.own() | MacBucket::again);
}

// An IP always has an entry: readers find the old one or the new one.
MacIp MacTable::Table::give(Place place, const Ip& ip, bool fixed) noexcept {
  if (!unicast(ip)) return MacIp::refused;
  auto& node = nodes[place];
  const auto key = track::unpack(node.key());
  const auto packed = track::pack(BindingKey{ip, key.domain, key.vid});
  if (node.has(packed)) return MacIp::same;
  const auto is_static = [this](Place of) {
    const auto at = spot(of);
    return at.bucket->is(at.slot, MacBucket::fixed);
  };
  const auto owner = nodes.find(packed);
  if (!fixed && (is_static(place) || (owner != none && is_static(owner)))) return MacIp::refused;
  if (node.has_ip()) nodes.unlink(place);
  {
    const Change change(home(place).sequence);
    for (std::size_t i = 0; i < packed.words.size(); ++i) node.ip[i].write(packed.words[i]);
  }
  nodes.link(place);
  if (owner == none) return MacIp::set;
  nodes.unlink(owner);
  const Change change(home(owner).sequence);
  for (auto& word : nodes[owner].ip) word.write(0);
  return MacIp::taken;
}

void MacTable::Table::describe(Place place, MacEntry& entry) noexcept {
  const auto at = spot(place);
  MacCopy copy;
  copy.slot = {at.bucket->place[at.slot].own(), at.bucket->port[at.slot].own(),
               at.bucket->seen[at.slot].own()};
  copy.take(nodes[place]);
  copy.describe(nodes[place].key(), entry);
}

void MacTable::Table::erase(Place place) noexcept {
  const auto at = spot(place);
  auto& of_key = home(place);
  if (nodes[place].has_ip()) nodes.unlink(place);
  leave_segment(place, at);
  {
    const Change change(of_key.sequence);
    slots.erase(of_key, at);
  }
  nodes.release(place);
  size.write(size.own() - 1);
}

void MacTable::Table::give_way(Place place, MacLearned& learned) noexcept {
  describe(place, gone);
  learned.gone = &gone;
  learned.reason = overdue(spot(place)) ? ExpiredReason::age : ExpiredReason::table_full;
  erase(place);
}

// The one to evict; none where all are static. Second chance (CLOCK) among the confirmed, so that
// a frame of a known station moves no list.
Place MacTable::Table::worst() noexcept {
  const auto unconfirmed = segments.count(SegmentLists::probation);
  const auto others = segments.count(SegmentLists::confirmed);
  if (unconfirmed + others == 0) return none;
  if (unconfirmed * 4 >= max || others == 0) return segments.worst(SegmentLists::probation);
  const auto first = segments.worst(SegmentLists::confirmed);
  auto oldest = first;
  auto place = first;
  for (unsigned looked = 0; looked < candidates && (looked == 0 || place != first); ++looked) {
    const auto at = spot(place);
    if (!at.bucket->is(at.slot, MacBucket::again)) return place;
    at.bucket->place[at.slot].write(at.bucket->place[at.slot].own() & ~MacBucket::again);
    const auto known = spot(oldest);
    if (at.bucket->seen[at.slot].own() < known.bucket->seen[known.slot].own()) oldest = place;
    leave_segment(place, at);
    enter_segment(place, at);
    place = segments.first(SegmentLists::confirmed, nodes[place].segment);
  }
  return oldest;
}

SegmentLists::Kind MacTable::Table::kind(const Spot& spot) const noexcept {
  if (spot.bucket->is(spot.slot, MacBucket::fixed)) return SegmentLists::fixed;
  return spot.bucket->is(spot.slot, MacBucket::confirmed) ? SegmentLists::confirmed
                                                          : SegmentLists::probation;
}
void MacTable::Table::enter_segment(Place place, const Spot& spot) noexcept {
  segments.append(kind(spot), nodes[place].segment, place,
                  [this](Place p) -> MacNode& { return nodes[p]; });
}
void MacTable::Table::leave_segment(Place place, const Spot& spot) noexcept {
  segments.remove(kind(spot), nodes[place].segment, place,
                  [this](Place p) -> MacNode& { return nodes[p]; });
}

MacTable::MacTable(const MacTableSettings& settings) : table_(std::make_unique<Table>(settings)) {}
MacTable::~MacTable() = default;

MacLearned MacTable::learn(AgeTime now, const MacKey& key, LinkId port) noexcept {
  auto* t = table_.get();
  MacLearned learned;
  if (t->known(now, key, port)) [[likely]] {
    learned.action = MacAction::refreshed;
    return learned;
  }
  t->learn(now, key, port, false, learned);
  return learned;
}

MacLearned MacTable::learn(AgeTime now, const MacKey& key, LinkId port, const Ip& ip) noexcept {
  auto& t = *table_;
  MacLearned learned;
  if (t.has(now, key, port, ip)) {
    t.learn(now, key, port, false, learned);
    learned.ip = MacIp::same;
    return learned;
  }
  t.learn_whole(now, key, port, ip, false, learned);
  return learned;
}

MacLearned MacTable::learn_static(AgeTime now, const MacKey& key, LinkId port,
                                  const Ip& ip) noexcept {
  MacLearned learned;
  table_->learn_whole(now, key, port, ip, true, learned);
  return learned;
}

std::optional<MacEntry> MacTable::remove(const MacKey& key) noexcept {
  auto& t = *table_;
  const auto packed = track::pack(key);
  const auto found = t.slots.find(t.slots.home(packed), packed);
  if (found.bucket == nullptr) return std::nullopt;
  const auto place = found.bucket->place_of(found.slot);
  MacEntry entry;
  t.describe(place, entry);
  t.erase(place);
  return entry;
}

std::size_t MacTable::remove_port(LinkId port, MacScope scope, std::span<MacEntry> gone) noexcept {
  auto& t = *table_;
  const std::size_t kinds = SegmentLists::kinds - (scope == MacScope::dynamic ? 1 : 0);
  const auto base = Segment::port_of(port) * Segment::vlans;
  std::size_t count = 0;
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    for (std::size_t vlan = 0; vlan < Segment::vlans; ++vlan) {
      auto next = t.segments.first(static_cast<SegmentLists::Kind>(kind), base + vlan);
      while (next != none) {
        const auto place = next;
        next = t.nodes[place].later;
        const auto at = t.spot(place);
        if (at.bucket->port[at.slot].own() != port) continue;
        if (!gone.empty()) {
          if (count == gone.size()) return count;
          t.describe(place, gone[count]);
        }
        t.erase(place);
        ++count;
      }
    }
  }
  return count;
}

MacSwept MacTable::expire(AgeTime now, std::span<MacEntry> gone) noexcept {
  auto& t = *table_;
  t.now = std::max(t.now, now);
  MacSwept swept;
  for (unsigned looked = 0; t.hand < t.nodes.touched(); ++looked) {
    if (looked == places_a_sweep || (!gone.empty() && swept.count == gone.size())) return swept;
    const auto place = ++t.hand;
    if (t.nodes[place].address.own() == 0 || !t.overdue(t.spot(place))) continue;
    if (!gone.empty()) t.describe(place, gone[swept.count]);
    t.erase(place);
    ++swept.count;
  }
  t.hand = none;
  swept.done = true;
  return swept;
}

std::size_t MacTable::clear() noexcept {
  auto& t = *table_;
  const std::size_t count = t.size.own();
  for (Place place = 1; place <= t.nodes.touched(); ++place)
    if (t.nodes[place].address.own() != 0) t.erase(place);
  return count;
}

}  // namespace netweir
