// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "config/config.h"
#include "netweir/event.h"
#include "netweir/mac_table.h"
#include "track/token_bucket.h"

namespace netweir::run {

/// Which interface each MAC lives behind, and how much of that may be news. What the limit keeps
/// back is not learned, so that the table is always what was told of it. The loop thread's.
class Stations {
 public:
  /// With `ages` false nothing ages and nothing is limited. May throw std::bad_alloc.
  Stations(const config::Stations& settings, std::uint64_t hash_seed, bool ages);

  /// A frame came in. As of MacTable::learn(); `refused` where the limit is reached, too.
  MacLearned learn(AgeTime now, const MacKey& key, LinkId port) noexcept;

  /// Takes out some of what is overdue; call when `next` is due. Good until the next call.
  std::span<const MacEntry> expire(AgeTime now) noexcept;
  AgeTime next() const noexcept { return next_; }

  StationCounts counts() const noexcept;

 private:
  bool may_tell(AgeTime now, const MacKey& key, LinkId port) noexcept;

  config::Stations settings_;
  bool ages_;
  MacTable table_;
  std::array<track::TokenBucket, 64> buckets_{};  ///< by port
  std::array<MacEntry, 64> gone_{};
  AgeTime next_ = AgeTime::max();
  std::uint64_t evicted_ = 0, suppressed_ = 0;
};

}  // namespace netweir::run
