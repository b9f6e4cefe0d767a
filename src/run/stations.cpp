// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/stations.h"

#include <algorithm>
#include <chrono>

#include "run/later.h"

namespace netweir::run {
namespace {

using std::chrono::nanoseconds;

/// How late EXPIRED may be.
nanoseconds sweep_every(nanoseconds max_age) {
  return std::clamp<nanoseconds>(max_age / 64, std::chrono::milliseconds{100},
                                 std::chrono::seconds{10});
}

}  // namespace

Stations::Stations(const config::Stations& settings, std::uint64_t hash_seed, bool ages)
    : settings_(settings),
      ages_(ages),
      table_({.max = settings.max,
              .hash_seed = hash_seed,
              .max_age = ages ? settings.max_age : nanoseconds{0}}) {}

bool Stations::may_tell(AgeTime now, const MacKey& key, LinkId port) noexcept {
  if (!ages_ || settings_.rate == 0 || table_.lookup(now, key) == port) return true;
  return buckets_[port % buckets_.size()].take(now, settings_.rate, settings_.burst);
}

MacLearned Stations::learn(AgeTime now, const MacKey& key, LinkId port) noexcept {
  if (key.mac.is_zero() || key.mac.is_group()) return {};
  if (!may_tell(now, key, port)) {
    ++suppressed_;
    return {};
  }
  const auto learned = table_.learn(now, key, port);
  if (learned.gone != nullptr && learned.reason == ExpiredReason::table_full) ++evicted_;
  if (ages_ && next_ == AgeTime::max()) next_ = later(now, sweep_every(settings_.max_age));
  return learned;
}

std::span<const MacEntry> Stations::expire(AgeTime now) noexcept {
  const auto [count, done] = table_.expire(now, gone_);
  if (!done) {
    next_ = now;
  } else {
    next_ = table_.count() == 0 ? AgeTime::max() : later(now, sweep_every(settings_.max_age));
  }
  return {gone_.data(), count};
}

StationCounts Stations::counts() const noexcept {
  return {table_.count(), settings_.max, evicted_, suppressed_};
}

}  // namespace netweir::run
