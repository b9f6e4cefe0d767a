// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "netweir/traffic.h"
#include "track/estimate.h"
#include "track/latency.h"
#include "track/slab.h"
#include "track/totals_key.h"

namespace netweir {
namespace {

using track::LatencyHistogram;
using track::none;
using track::Place;
using track::TotalsKeyLayout;
using track::TrafficSums;

// Of a bucket's chain, or of the free places; dense, and enough to pass a wrong key by.
struct Link {
  Place next;
  std::uint32_t hash;
};

}  // namespace

// A slab of sums; the packed keys and what is rarely needed are apart.
//
// A key's size is what was added under it (estimated, in octets or packets). It is compared by its
// upper bound: size + entered, where `entered` is the offset when the key came in. Where the table
// is full and another key comes, the offset becomes the median of all upper bounds, and all keys
// that do not exceed it leave. That is the decrement of Misra and Gries (1982), done for many at a
// time (Anderson et al., IMC 2017), with the counters kept as differences to the offset.
//
// 1. A key that is not in the table has had no more than the offset; one that is there had no more
//    than `entered` before. For a key that leaves had at most size + entered <= the new offset, the
//    offset never falls, and where the key comes back it enters with it.
// 2. offset <= 2 W / max, W being all that was added. Let a counter be size + entered - offset of a
//    key in the table; it is never negative. All of them together grow by as much as is added. When
//    the offset rises by d, the at least max / 2 of them that are not below the median fall by d
//    each. So the sum of all d is at most W / (max / 2).
//
// Hence no key that has more than 2 W / max is missing, and none lacks more than that. At least
// half of the keys leave at a time: a purge looks at each key once, so it costs O(1) for each that
// came.
// There is one, and it is read in this order.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding)
struct Totals::Table {
  explicit Table(const TotalsSettings& given)
      : settings(given),
        layout(given),
        slab(std::max<std::size_t>(given.max, 16)),
        row(layout.words()),
        rows(track::zeros<std::uint64_t>((slab.max() + 1) * row)),
        entered(track::zeros<double>(slab.max() + 1)),
        scratch(track::zeros<double>(slab.max())),
        order(track::zeros<Place>(slab.max())) {
    if (!settings.latency) return;
    measured = track::zeros<std::uint64_t>(slab.max() + 1);
    histograms = track::zeros<LatencyHistogram>(slab.max() + 1);
  }

  // What left the table, or is in no line.
  struct Rest {
    TrafficSums sums{};
    std::uint64_t measured = 0;
    LatencyHistogram histogram;
  };

  TrafficSums& sums(Place place) noexcept { return slab.entry(place); }
  std::uint64_t* words(Place place) noexcept { return &rows[place * row]; }
  bool live(Place place) noexcept { return sums(place).packets != 0; }
  double size(Place place) noexcept {
    const auto& s = sums(place);
    return settings.by_packets ? s.of_packets().sum : s.of_octets().sum;
  }

  Place find(Place at, std::uint32_t hash, const TotalsKeyLayout::Words& key) noexcept {
    while (at != none && (slab.link(at).hash != hash || !same(words(at), key)))
      at = slab.link(at).next;
    return at;
  }
  bool same(const std::uint64_t* a, const TotalsKeyLayout::Words& b) const noexcept {
    std::uint64_t differ = 0;
    for (std::size_t i = 0; i < row; ++i) differ |= a[i] ^ b[i];
    return differ == 0;
  }

  Place insert(std::uint64_t hash, const TotalsKeyLayout::Words& key) noexcept {
    if (slab.full()) purge();
    const auto place = slab.insert(slab.bucket(hash));
    slab.link(place).hash = static_cast<std::uint32_t>(hash);
    std::copy_n(key.begin(), row, words(place));
    sums(place) = {};
    entered[place] = offset;
    if (settings.latency) measured[place] = 0;
    return place;
  }

  void measure(Place place, std::uint64_t ns) noexcept {
    auto& histogram = histograms[place];
    if (measured[place]++ == 0) histogram.clear();
    histogram.add(ns);
  }

  void put(Place place, Rest& into) noexcept {
    into.sums.add(sums(place));
    if (!settings.latency || measured[place] == 0) return;
    into.measured += measured[place];
    into.histogram.add(histograms[place]);
  }

  // REQUIRES: full.
  void purge() noexcept {
    const auto all = slab.max();
    for (Place place = 1; place <= all; ++place) scratch[place - 1] = size(place) + entered[place];
    auto* median = &scratch[all / 2];
    std::nth_element(&scratch[0], median, &scratch[0] + all);
    offset = *median;
    for (Place place = 1; place <= all; ++place) {
      if (size(place) + entered[place] > offset) continue;
      put(place, gone);
      ++evicted;
      sums(place) = {};
      slab.erase(slab.bucket(slab.link(place).hash), place);
    }
  }

  void describe(const TrafficSums& s, TrafficTotal& total) const noexcept {
    total.packets = s.packets;
    total.octets = s.octets;
    total.all_packets = track::estimate_packets(s, loss);
    total.all_octets = track::estimate_octets(s, loss);
  }
  static void describe(std::uint64_t count, const LatencyHistogram& histogram,
                       LatencyTotals& latency) noexcept {
    latency.count = count;
    if (count == 0) return;
    latency.mean = histogram.sum() / static_cast<double>(count);
    latency.p50 = histogram.percentile(0.5);
    latency.p99 = histogram.percentile(0.99);
  }
  void describe(Place place, TrafficTotal& total) noexcept {
    total.key = layout.unpack(words(place));
    describe(sums(place), total);
    if (settings.latency) describe(measured[place], histograms[place], total.latency);
    total.missed_at_most = entered[place] * loss.factor;
  }

  // The live places, in the order of the memory.
  void collect() noexcept {
    ordered = shown = 0;
    for (Place place = 1; place <= slab.touched(); ++place) {
      if (live(place)) order[ordered++] = place;
    }
  }
  bool before(Place a, Place b) noexcept {
    const auto x = size(a), y = size(b);
    if (x != y) return x > y;
    return std::lexicographical_compare(words(a), words(a) + row, words(b), words(b) + row);
  }

  TotalsSettings settings;
  TotalsKeyLayout layout;
  track::Slab<TrafficSums, Link> slab;
  std::size_t row;  // words of a key
  track::Lazy<std::uint64_t> rows;
  track::Lazy<double> entered;
  track::Lazy<std::uint64_t> measured;  // latencies of each; the histogram counts if there are any
  track::Lazy<LatencyHistogram> histograms;
  track::Lazy<double> scratch;  // of purge()
  track::Lazy<Place> order;     // of lines(): those shown, and the others
  std::size_t ordered = 0, shown = 0;
  std::vector<TrafficTotal> lines;
  double offset = 0;
  Rest gone;
  std::uint64_t evicted = 0;
  track::SourceLoss loss;
};

Totals::Totals(const TotalsSettings& settings) : table_(std::make_unique<Table>(settings)) {}
Totals::~Totals() = default;
Totals::Totals(Totals&&) noexcept = default;
Totals& Totals::operator=(Totals&&) noexcept = default;

void Totals::add(const TrafficKey& key, std::uint32_t octets, double one_in,
                 std::int64_t latency_ns) noexcept {
  auto& t = *table_;
  TotalsKeyLayout::Words words;
  t.layout.pack(key, words);
  const auto hash = t.layout.hash(words, t.settings.hash_seed);
  auto place = t.find(t.slab.bucket(hash), static_cast<std::uint32_t>(hash), words);
  if (place == none) place = t.insert(hash, words);
  t.sums(place).add(octets, track::weight(one_in));
  if (t.settings.latency && latency_ns >= 0)
    t.measure(place, static_cast<std::uint64_t>(latency_ns));
}

void Totals::close(std::uint64_t received, std::uint64_t lost) {
  auto& t = *table_;
  t.loss = {};
  if (received != 0) t.loss.factor = 1 + static_cast<double>(lost) / static_cast<double>(received);
  t.collect();
  auto added = t.gone.sums.packets;
  for (std::size_t i = 0; i < t.ordered; ++i) added += t.sums(t.order[i]).packets;
  t.loss.received = static_cast<double>(std::max({received, added, std::uint64_t{1}}));
}

std::span<const TrafficTotal> Totals::lines(std::size_t most) {
  auto& t = *table_;
  t.shown = std::min(most, t.ordered);
  auto* const first = t.order.get();
  const auto before = [&t](Place a, Place b) { return t.before(a, b); };
  std::nth_element(first, first + t.shown, first + t.ordered, before);
  std::sort(first, first + t.shown, before);
  t.lines.assign(t.shown, {});
  for (std::size_t i = 0; i < t.shown; ++i) t.describe(first[i], t.lines[i]);
  return t.lines;
}

TrafficTotal Totals::rest() const {
  auto& t = *table_;
  auto all = t.gone;
  for (auto i = t.shown; i < t.ordered; ++i) t.put(t.order[i], all);
  TrafficTotal total;
  t.describe(all.sums, total);
  Table::describe(all.measured, all.histogram, total.latency);
  return total;
}

std::uint64_t Totals::rest_keys() const noexcept {
  return table_->evicted + (table_->ordered - table_->shown);
}

void Totals::clear() noexcept {
  auto& t = *table_;
  t.slab.clear([&t](Place place) { return t.slab.link(place).hash; });
  t.ordered = t.shown = 0;
  t.lines.clear();
  t.offset = 0;
  t.gone = {};
  t.evicted = 0;
  t.loss = {};
}

bool Totals::empty() const noexcept { return table_->slab.size() == 0; }
std::size_t Totals::keys() const noexcept { return table_->slab.size(); }

}  // namespace netweir
