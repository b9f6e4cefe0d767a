// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "netweir/flow.h"
#include "track/flow_key.h"
#include "track/slab.h"

namespace netweir::track {

/// The names of helpers, each once. A fixed room: the kernel's names are shorter than 16 octets and
/// few; a longer one and the 256th are not remembered.
class HelperNames {
 public:
  /// 0 = none.
  std::uint8_t number(std::string_view name) noexcept {
    if (name.empty() || name.size() > longest) return 0;
    for (std::size_t i = 0; i < count_; ++i) {
      if (text(i) == name) return static_cast<std::uint8_t>(i + 1);
    }
    if (count_ == names_.size()) return 0;
    auto& fresh = names_[count_];
    fresh.size = static_cast<std::uint8_t>(name.size());
    std::copy(name.begin(), name.end(), fresh.octets.begin());
    return static_cast<std::uint8_t>(++count_);
  }
  std::string_view name(std::uint8_t number) const noexcept {
    return number == 0 ? std::string_view{} : text(number - 1U);
  }

 private:
  static constexpr std::size_t longest = 31;
  struct Name {
    std::uint8_t size;
    std::array<char, longest> octets;
  };
  std::string_view text(std::size_t i) const noexcept {
    return {names_[i].octets.data(), names_[i].size};
  }

  std::array<Name, 255> names_{};
  std::size_t count_ = 0;
};

/// What is remembered of a flow. With its link and its share of the buckets (8 octets each; up to
/// 16 where `max` is just above a power of two) a flow takes about 208 octets.
struct alignas(64) FlowEntry {
  enum Flag : std::uint8_t {
    exact_start = 1,  ///< `start` is the kernel's, not the time of an event
    untold = 2,       ///< the counters changed since they were told
    told_before = 4   ///< `told` is set
  };
  PackedFlow key;    ///< original tuple, zone and id
  PackedFlow reply;  ///< its tuple and zone
  WallTime start, last_seen;
  AgeTime told;  ///< of the last update that told counters
  FlowCounters to_server, to_client;
  std::array<std::uint8_t, 16> labels;
  std::uint32_t status, mark;
  std::uint16_t has;  ///< of FlowRecord::Has: status, mark, labels, state, counters, start
  std::uint8_t state;
  std::uint8_t helper;  ///< HelperNames
  std::uint8_t flags;
};
static_assert(sizeof(FlowEntry) == 192);

/// What a listing's end must know of all flows, apart from them and dense. The bits from `by_event`
/// on belong to the listing `seen` and mean nothing in another.
struct FlowLink {
  enum Flag : std::uint8_t {
    live = 1,          ///< a flow
    tombstone = 2,     ///< ended during the listing that is open
    announced = 4,     ///< its `created` event came, or cannot come any more
    by_event = 8,      ///< an event told of it
    counted = 16,      ///< in FlowListed
    fresh = 32,        ///< it was entered
    of_listing = 0x38  ///< those of one listing
  };
  Place next;
  std::uint16_t seen;  ///< the latest listing it was in, or a younger event of it
  std::uint8_t flags;
};
static_assert(sizeof(FlowLink) == 8);

/// The record wins: takes what it says. A start that it does not say stays.
void merge(FlowEntry& e, const FlowRecord& r, HelperNames& names) noexcept;

/// Takes only what is not known yet.
void complete(FlowEntry& e, const FlowRecord& r, HelperNames& names) noexcept;

/// The counters, where `r` has them, and whether they changed.
void merge_counters(FlowEntry& e, const FlowRecord& r) noexcept;

/// By their starts, which the kernel keeps, whether `r` is of the flow that had the key before
/// (less than 0) or of one that has it now (greater). 0 also where the kernel did not say both.
int compare_starts(const FlowRecord& r, const FlowEntry& e) noexcept;

/// Adds to `r` what it lacks and the table remembers. Not the counters: they are old.
void fill(FlowRecord& r, const FlowEntry& e, const HelperNames& names) noexcept;

/// A record of what the table remembers, without counters.
FlowRecord remembered(const FlowEntry& e, const HelperNames& names) noexcept;

}  // namespace netweir::track
