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
// place of z, and by n / (n - 1), with at least 2 degrees of freedom.
//
// A few packets of equal length do not say that there are no longer ones, which may be rare and yet
// make most of the octets. So the upper limit is that of what was seen and `unseen_part` q^2 of a
// packet of `unseen_length` more, q = 1 - 1 / W being the share of packets that were not seen: the
// pseudo-observation of a Dirichlet prior (Rubin 1981, The Bayesian Bootstrap), too little to be
// octets to speak of, and enough for t to count. docs/decisions/0045-octets-of-few-samples.md has
// what it was chosen by. No interval can be right where a few packets of a large w make most of a
// key and none of them was seen.
namespace {

constexpr double z = 1.959963984540054;  // of 95 %
constexpr double unseen_part = 0.02, unseen_length = 1514;

double students_t(double freedom) noexcept {
  // Abramowitz and Stegun 26.7.5, two terms
  return z + (z * z * z + z) / (4 * freedom) +
         (5 * std::pow(z, 5) + 16 * z * z * z + 3 * z) / (96 * freedom * freedom);
}

double effective_number(const SampledSum& s) noexcept { return s.sum / s.square * s.sum; }

// The q of above.
double not_seen(const SampledSum& s, const SourceLoss& loss) noexcept {
  return std::max(0.0, 1 - s.cross / (loss.factor * s.square));
}

struct Limits {
  double low, high;
};

// `spread`: by how much 1 / k is too small. REQUIRES: s.square > 0.
Limits limits(const SampledSum& s, const SourceLoss& loss, double spread) noexcept {
  const auto f = loss.factor;
  const auto q = not_seen(s, loss);
  const auto c = (f - 1) / (f * loss.received);
  const auto k = effective_number(s) / spread;
  const auto each = f * s.square / s.sum * spread;
  const auto a = 1 + z * z * c, b = k + z * z * q / 2;
  const auto root = std::sqrt(std::max(0.0, b * b - a * k * k));
  return {each * (k / (b + root)) * k, each * (b + root) / a};
}

// Of the octets' interval.
double spread_of(const SampledSum& packets, const SampledSum& octets) noexcept {
  const auto n = effective_number(packets), k = effective_number(octets);
  const auto freedom = std::max(n - 1, 2.0), t = students_t(freedom) / z;
  return 1 + std::max(0.0, 1 - k / n) * (t * t * (freedom + 1) / freedom - 1);
}

// `part` of a packet of that length, of weight w.
void add(SampledSum& s, double part, double w, double length) noexcept {
  s.sum += part * w * length;
  s.square += part * w * w * length * length;
  s.cross += part * w * length * length;
}

// Value and error; the limits are the value where that is exact.
Estimate point(const SampledSum& s, const SourceLoss& loss) noexcept {
  const auto f = loss.factor;
  Estimate e;
  e.value = e.low = e.high = f * s.sum;
  if (!(s.square > 0)) return e;
  const auto q = not_seen(s, loss);
  const auto c = (f - 1) / (f * loss.received);
  const auto k = effective_number(s);
  e.error = f * s.square / s.sum * std::sqrt(std::max(0.0, k * (q - c * k)));
  return e;
}

// `seen` is sure to be there.
Estimate within(Estimate e, const Limits& to, double seen) noexcept {
  e.high = std::max(to.high, e.value);
  e.low = std::clamp(to.low, std::min(seen, e.value), e.value);
  return e;
}

// All was seen.
bool exact(const SampledSum& s, const SourceLoss& loss) noexcept {
  return !(s.square > 0) || not_seen(s, loss) == 0;
}

}  // namespace

Estimate estimate_packets(const TrafficSums& s, const SourceLoss& loss) noexcept {
  const auto packets = s.of_packets();
  const auto e = point(packets, loss);
  if (exact(packets, loss)) return e;
  return within(e, limits(packets, loss, 1), static_cast<double>(s.packets));
}

Estimate estimate_octets(const TrafficSums& s, const SourceLoss& loss) noexcept {
  auto packets = s.of_packets(), octets = s.of_octets();
  const auto e = point(octets, loss);
  if (exact(octets, loss)) return e;
  const auto low = limits(octets, loss, spread_of(packets, octets)).low;
  const auto w = packets.square / packets.sum, q = not_seen(packets, loss);
  const auto part = unseen_part * q * q;
  add(packets, part, w, 1);
  add(octets, part, w, unseen_length);
  const auto high = limits(octets, loss, spread_of(packets, octets)).high;
  return within(e, {low, high}, static_cast<double>(s.octets));
}

}  // namespace netweir::track
