// SPDX-License-Identifier: GPL-2.0-or-later
#include "track/estimate.h"

#include <algorithm>
#include <cmath>

namespace netweir::track {

// Two random selections, one after the other: each packet was taken with probability 1 / w, and of
// the R + L that were taken, R reached us. With f = (R + L) / R:
//
//   estimate   f sum(w x)                                        Horvitz and Thompson 1952
//   variance   f^2 sum(w^2 x^2) - f sum(w x^2) - f (f - 1) sum(w x)^2 / R
//
// The first two terms are the sum over W (W - 1) x^2 with W = f w, as if each packet were lost
// independently. The last is there since R and L are known: which ones are missing is a sample of
// fixed size without replacement, of variance (R + L) L / R (mean of (w x)^2 - square of the mean
// of w x) over all packets of the source (Cochran 1977, 2.6), where a packet of another key has x =
// 0. To a small key it is nothing; of a key that is all of the source no packet is uncertain.
//
// The interval is the score interval (Wilson 1927), which stays right for few packets. With x = 1
// and one w, k packets seen of n have mean m = n / W and variance m (q - c m), q = 1 - 1 / W and
// c = (f - 1) / (f R); n is in the interval where (k - m)^2 <= z^2 m (q - c m), which is the
// quadratic equation below. Where w or x differ, k is the effective number sum(w x)^2 / sum(w^2
// x^2), of effective weight W = f sum(w^2 x^2) / sum(w x) each, and q = 1 - sum(w x^2) /
// (f sum(w^2 x^2)), so that estimate and variance are the above.
//
// That is an approximation: it takes the mixture of w x for known that the seen packets have. How
// much the lengths differ is only known from n of them, so of 1 / k, which is 1 / n for the number
// of packets and the rest for their lengths, the rest is multiplied by what Student's t asks for in
// place of z, and by n / (n - 1). No interval can be right where a few large packets, or of a large
// w, make most of a key and none of them was seen.
namespace {

constexpr double z = 1.959963984540054;  // of 95 %

double students_t(double freedom) noexcept {
  // Abramowitz and Stegun 26.7.5, two terms
  return z + (z * z * z + z) / (4 * freedom) +
         (5 * std::pow(z, 5) + 16 * z * z * z + 3 * z) / (96 * freedom * freedom);
}

double effective_number(const SampledSum& s) noexcept { return s.sum / s.square * s.sum; }

// `spread`: by how much 1 / k is too small. `seen` is sure to be there.
Estimate estimate(const SampledSum& s, const SourceLoss& loss, double seen,
                  double spread) noexcept {
  const auto f = loss.factor;
  Estimate e;
  e.value = e.low = e.high = f * s.sum;
  if (!(s.square > 0)) return e;
  const auto q = std::max(0.0, 1 - s.cross / (f * s.square));
  if (q == 0) return e;
  const auto c = (f - 1) / (f * loss.received);
  auto k = effective_number(s);
  auto each = f * s.square / s.sum;
  e.error = each * std::sqrt(std::max(0.0, k * (q - c * k)));
  k /= spread;
  each *= spread;
  const auto a = 1 + z * z * c, b = k + z * z * q / 2;
  const auto root = std::sqrt(std::max(0.0, b * b - a * k * k));
  e.high = std::max(each * (b + root) / a, e.value);
  e.low = std::clamp(each * (k / (b + root)) * k, std::min(seen, e.value), e.value);
  return e;
}

}  // namespace

Estimate estimate_packets(const TrafficSums& s, const SourceLoss& loss) noexcept {
  return estimate(s.of_packets(), loss, static_cast<double>(s.packets), 1);
}

Estimate estimate_octets(const TrafficSums& s, const SourceLoss& loss) noexcept {
  const auto octets = s.of_octets();
  double spread = 1;
  if (octets.square > 0) {
    const auto n = effective_number(s.of_packets()), k = effective_number(octets);
    const auto t = students_t(std::max(n - 1, 1.0)) / z;
    const auto lengths = std::max(0.0, 1 - k / n);
    spread += lengths * (t * t * n / std::max(n - 1, 1.0) - 1);
  }
  return estimate(octets, loss, static_cast<double>(s.octets), spread);
}

}  // namespace netweir::track
