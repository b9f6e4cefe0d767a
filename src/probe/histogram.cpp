// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace netweir::probe {
namespace {

// A value of more than so many bits keeps its first ones.
constexpr unsigned kept_bits = 11;
constexpr std::uint64_t each_its_own = std::uint64_t{1} << kept_bits;
constexpr std::uint64_t half = each_its_own / 2;
constexpr std::size_t size = each_its_own + (42 - kept_bits) * half;

std::size_t index_of(std::uint64_t value) noexcept {
  if (value < each_its_own) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - kept_bits;
  return each_its_own + (shift - 1) * half + ((value >> shift) - half);
}

/// The highest value of a bucket.
std::uint64_t top_of(std::size_t index) noexcept {
  if (index < each_its_own) return index;
  const auto shift = (index - each_its_own) / half + 1;
  return (((index - each_its_own) % half + half + 1) << shift) - 1;
}

/// Its lowest.
std::uint64_t bottom_of(std::size_t index) noexcept {
  return index == 0 ? 0 : top_of(index - 1) + 1;
}

}  // namespace

Histogram::Histogram() : above_(size), below_(size) {}

void Histogram::add(std::int64_t value) {
  value = std::clamp(value, -most, most);
  min_ = count_ == 0 ? value : std::min(min_, value);
  max_ = count_ == 0 ? value : std::max(max_, value);
  ++count_;
  const auto apart = static_cast<double>(value) - mean_;
  mean_ += apart / static_cast<double>(count_);
  squares_ += apart * (static_cast<double>(value) - mean_);
  if (value >= 0)
    ++above_[index_of(static_cast<std::uint64_t>(value))];
  else
    ++below_[index_of(static_cast<std::uint64_t>(-value))];
}

double Histogram::mean() const noexcept { return mean_; }

double Histogram::deviation() const noexcept {
  return count_ == 0 ? 0 : std::sqrt(squares_ / static_cast<double>(count_));
}

std::int64_t Histogram::percentile(double percent) const {
  if (count_ == 0) return 0;
  const auto part = std::clamp(percent, 0.0, 100.0) / 100;
  const auto rank = std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::ceil(part * static_cast<double>(count_))));
  std::uint64_t seen = 0;
  for (const auto& [top, count] : buckets()) {
    seen += count;
    if (seen >= rank) return std::clamp(top, min_, max_);
  }
  return max_;
}

std::vector<std::pair<std::int64_t, std::uint64_t>> Histogram::buckets() const {
  std::vector<std::pair<std::int64_t, std::uint64_t>> out;
  for (std::size_t i = size; i-- > 0;) {
    if (below_[i] > 0) out.emplace_back(-static_cast<std::int64_t>(bottom_of(i)), below_[i]);
  }
  for (std::size_t i = 0; i < size; ++i) {
    if (above_[i] > 0) out.emplace_back(static_cast<std::int64_t>(top_of(i)), above_[i]);
  }
  return out;
}

}  // namespace netweir::probe
