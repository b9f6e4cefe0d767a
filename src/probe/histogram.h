// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace netweir::probe {

/// How often durations were seen, in nanoseconds, negative ones too: up to 1024 each its own,
/// above that in buckets whose width is at most a 1024th of their values (as HdrHistogram has
/// them). Of constant size; what is beyond `most` counts as `most`.
class Histogram {
 public:
  static constexpr std::int64_t most = (std::int64_t{1} << 42U) - 1;  // over an hour

  Histogram();
  void add(std::int64_t value);

  std::uint64_t count() const noexcept { return count_; }
  std::int64_t min() const noexcept { return min_; }  ///< exact; 0 where there is none
  std::int64_t max() const noexcept { return max_; }
  double mean() const noexcept;
  double deviation() const noexcept;  ///< standard, of all that was seen

  /// The value that `percent` of those seen do not exceed (nearest rank), to the bucket's width.
  std::int64_t percentile(double percent) const;

  /// (highest value of the bucket, how many), ascending, of those that are not empty.
  std::vector<std::pair<std::int64_t, std::uint64_t>> buckets() const;

 private:
  std::vector<std::uint64_t> above_, below_;  ///< from 0 up, from -1 down
  std::uint64_t count_ = 0;
  std::int64_t min_ = 0, max_ = 0;
  double mean_ = 0, squares_ = 0;  ///< Welford's
};

}  // namespace netweir::probe
