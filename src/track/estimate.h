// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cmath>
#include <cstdint>

#include "netweir/traffic.h"

namespace netweir::track {

/// How many packets one stands for: what a message said, made safe. Less than 1, an infinity and
/// what is no number count as 1; a rate in the kernel has 32 bits.
inline double weight(double one_in) noexcept {
  constexpr double most = 4294967296.0;
  if (!(one_in >= 1) || std::isinf(one_in)) return 1;
  return one_in < most ? one_in : most;
}

/// A sum of w * x over packets taken 1 in w each, and what its variance needs. x is 1 (packets) or
/// the packet's length (octets).
struct SampledSum {
  double sum = 0;     ///< of w x
  double square = 0;  ///< of w^2 x^2
  double cross = 0;   ///< of w x^2
};

/// What is kept of a key: one cache line. All but the first three stay 0, and the sums are exact,
/// while each packet stands for itself. Zeros are an empty one.
struct alignas(64) TrafficSums {
  std::uint64_t packets, octets;  ///< seen
  double squares;                 ///< of x^2, x the length
  double packets_more;            ///< of w - 1
  double packets_square_more;     ///< of w^2 - 1
  double octets_more;             ///< of (w - 1) x
  double octets_square_more;      ///< of (w^2 - 1) x^2
  double squares_more;            ///< of (w - 1) x^2

  /// `w` from weight().
  void add(std::uint32_t length, double w) noexcept {
    const double x = length;
    ++packets;
    octets += length;
    squares += x * x;
    if (w == 1) return;
    packets_more += w - 1;
    packets_square_more += w * w - 1;
    octets_more += (w - 1) * x;
    octets_square_more += (w * w - 1) * x * x;
    squares_more += (w - 1) * x * x;
  }
  void add(const TrafficSums& other) noexcept {
    packets += other.packets;
    octets += other.octets;
    squares += other.squares;
    packets_more += other.packets_more;
    packets_square_more += other.packets_square_more;
    octets_more += other.octets_more;
    octets_square_more += other.octets_square_more;
    squares_more += other.squares_more;
  }

  SampledSum of_packets() const noexcept {
    const auto n = static_cast<double>(packets), all = n + packets_more;
    return {all, n + packets_square_more, all};
  }
  SampledSum of_octets() const noexcept {
    return {static_cast<double>(octets) + octets_more, squares + octets_square_more,
            squares + squares_more};
  }
};
static_assert(sizeof(TrafficSums) == 64);

/// What was lost of a source in an interval.
struct SourceLoss {
  double received = 1;  ///< at least 1, and no less than what was added
  double factor = 1;    ///< (received + lost) / received
};

Estimate estimate_packets(const TrafficSums& s, const SourceLoss& loss) noexcept;
Estimate estimate_octets(const TrafficSums& s, const SourceLoss& loss) noexcept;

}  // namespace netweir::track
