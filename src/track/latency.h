// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace netweir::track {

/// Nanoseconds from 64 ns to 17 s in buckets that grow by 2^(1/6), so that a percentile is known
/// within 5.8 %. What is outside counts for the first or the last bucket.
class LatencyHistogram {
 public:
  void add(std::uint64_t ns) noexcept {
    auto& n = buckets_[bucket(ns)];
    n += n < full ? 1U : 0U;
    sum_ += static_cast<double>(ns);
  }
  void add(const LatencyHistogram& other) noexcept {
    for (std::size_t i = 0; i < buckets_.size(); ++i)
      buckets_[i] += std::min(other.buckets_[i], full - buckets_[i]);
    sum_ += other.sum_;
  }
  void clear() noexcept { *this = {}; }

  double sum() const noexcept { return sum_; }

  /// The least value that this share of all does not exceed (nearest rank); 0 where there is none.
  double percentile(double share) const noexcept {
    std::uint64_t all = 0;
    for (const auto n : buckets_) all += n;
    if (all == 0) return 0;
    const auto rank = std::ceil(share * static_cast<double>(all));
    std::size_t i = 0;
    auto up_to = std::uint64_t{buckets_[0]};
    while (i + 1 < buckets_.size() && static_cast<double>(up_to) < rank) up_to += buckets_[++i];
    // Of the values from a to b, 2ab / (a + b) has the least relative error to both.
    const auto growth = std::exp2(1.0 / steps);
    return std::exp2(first + static_cast<double>(i) / steps) * 2 * growth / (1 + growth);
  }

 private:
  static constexpr unsigned first = 6, last = 34;  // powers of two
  static constexpr unsigned steps = 6;             // to each
  static constexpr std::uint32_t full = std::numeric_limits<std::uint32_t>::max();

  static std::size_t bucket(std::uint64_t ns) noexcept {
    // 2^(n / 6) * 2^31, rounded up
    constexpr std::array<std::uint32_t, steps - 1> thresholds{0x8fac'd61f, 0xa145'17cd, 0xb504'f334,
                                                              0xcb2f'f52a, 0xe411'f03b};
    ns = std::clamp<std::uint64_t>(ns, std::uint64_t{1} << first, (std::uint64_t{1} << last) - 1);
    const auto power = static_cast<unsigned>(std::bit_width(ns)) - 1;
    const auto fraction = static_cast<std::uint32_t>(std::rotl(ns, std::countl_zero(ns)) >> 32U);
    std::size_t n = (power - first) * std::size_t{steps};
    for (const auto t : thresholds) n += fraction >= t ? 1U : 0U;
    return n;
  }

  std::array<std::uint32_t, (last - first) * std::size_t{steps}> buckets_{};
  double sum_ = 0;
};

}  // namespace netweir::track
