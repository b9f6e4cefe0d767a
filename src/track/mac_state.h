// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "netweir/mac_table.h"
#include "track/mac_nodes.h"
#include "track/mac_slots.h"
#include "track/segments.h"
#include "track/shared.h"

namespace netweir {

/// What a reader copies of a slot and its node.
struct MacCopy {
  track::MacSlots::Copy slot{};
  std::int64_t learned = 0;
  track::PackedKey ip{};

  void take(const track::MacNode& node) noexcept {
    learned = node.learned.read();
    for (std::size_t i = 0; i < ip.words.size(); ++i) ip.words[i] = node.ip[i].read();
  }
  void describe(const track::PackedMac& key, MacEntry& entry) const noexcept {
    entry.key = track::unpack(key);
    entry.port = slot.port;
    entry.ip = track::unpack(ip).ip;
    entry.is_static = (slot.place & track::MacBucket::fixed) != 0;
    entry.learned = AgeTime{AgeTime::duration{learned}};
    entry.last_seen = AgeTime{AgeTime::duration{slot.seen}};
  }
};

/// What readers read comes first; what the writer writes all the time is in lines of its own.
struct MacTable::Table {  // NOLINT(clang-analyzer-optin.performance.Padding): likewise
  using Spot = track::MacSlots::Spot;

  explicit Table(const MacTableSettings& given);

  bool overdue(AgeTime at, std::int64_t seen, std::uint32_t place) const noexcept {
    const auto now_is = at.time_since_epoch().count();
    const auto unseen = static_cast<std::uint64_t>(now_is) - static_cast<std::uint64_t>(seen);
    return unseen >= most_unseen && now_is >= seen && (place & track::MacBucket::fixed) == 0;
  }

  // By any thread.
  bool read(const track::PackedMac& key, MacCopy& copy) const noexcept {
    copy.slot = slots.read(key, [&](const track::MacSlots::Copy& slot) {
      copy.take(nodes[slot.place & ~track::MacBucket::bits]);
    });
    return copy.slot.place != 0;
  }
  bool overdue(AgeTime at, const track::MacSlots::Copy& slot) const noexcept {
    return overdue(at, slot.seen, slot.place);
  }

  // By the writer.
  bool overdue(const Spot& spot) const noexcept {
    return overdue(now, spot.bucket->seen[spot.slot].own(), spot.bucket->place[spot.slot].own());
  }
  Spot spot(track::Place place) noexcept { return slots.spot(nodes[place].location); }
  track::MacBucket& home(track::Place place) noexcept { return slots.home(nodes[place].key()); }

  bool known(AgeTime at, const MacKey& key, LinkId port) noexcept;
  track::Place learn(AgeTime at, const MacKey& key, LinkId port, bool fixed,
                     MacLearned& learned) noexcept;
  void learn_whole(AgeTime at, const MacKey& key, LinkId port, const Ip& ip, bool fixed,
                   MacLearned& learned) noexcept;
  bool has(AgeTime at, const MacKey& key, LinkId port, const Ip& ip) noexcept;
  track::Place add(track::MacBucket& home, const track::PackedMac& key, LinkId port, bool fixed,
                   MacLearned& learned) noexcept;
  void change(track::MacBucket& home, const Spot& spot, LinkId port, bool fixed) noexcept;
  void refresh(const Spot& spot) noexcept;
  MacIp give(track::Place place, const Ip& ip, bool fixed) noexcept;

  void describe(track::Place place, MacEntry& entry) noexcept;
  void erase(track::Place place) noexcept;
  void give_way(track::Place place, MacLearned& learned) noexcept;
  track::Place worst() noexcept;

  track::SegmentLists::Kind kind(const Spot& spot) const noexcept;
  void enter_segment(track::Place place, const Spot& spot) noexcept;
  void leave_segment(track::Place place, const Spot& spot) noexcept;

  std::size_t max;
  std::uint64_t seed;
  std::uint64_t most_unseen;  // nanoseconds; more than there are where nothing ages
  std::chrono::nanoseconds resolution;
  track::MacSlots slots;
  track::MacNodes nodes;

  alignas(64) AgeTime now = AgeTime::min();
  track::SegmentLists segments;
  track::Cell<std::uint32_t> size{};
  track::Place hand = track::none;  // where the sweep is
  MacEntry gone;                    // of MacLearned
};

}  // namespace netweir
