// SPDX-License-Identifier: GPL-2.0-or-later
#include <benchmark/benchmark.h>
#include <tsl/robin_map.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "netweir/traffic.h"
#include "track/totals_key.h"

namespace netweir::bench {
namespace {

using track::TotalsKeyLayout;

constexpr std::size_t keys = 65536;
constexpr DimensionSet tuple = bit(Dimension::src_ip) | bit(Dimension::dest_ip) |
                               bit(Dimension::proto) | bit(Dimension::src_port) |
                               bit(Dimension::dest_port);

TotalsSettings settings() { return {.key = tuple, .max = keys, .hash_seed = 7}; }

// The nth connection of many hosts to many servers; all that a decoder knows of it is there.
TrafficKey connection(std::uint32_t n) {
  TrafficKey key;
  key.has = tuple | bit(Dimension::in_iface) | bit(Dimension::length) | bit(Dimension::dscp);
  const auto octet = [n](unsigned shift) { return static_cast<std::uint8_t>(n >> shift); };
  key.src = Ip::v4(10, octet(16), octet(8), octet(0));
  key.dst = Ip::v4(192, 0, 2, octet(4));
  key.protocol = 6;
  key.src_port = static_cast<std::uint16_t>(40000 + n % 20000);
  key.dst_port = 443;
  key.in = 3;
  key.length_class = 5;
  return key;
}

// In an order that no memory follows.
std::vector<TrafficKey> shuffled() {
  std::vector<TrafficKey> all;
  for (std::uint32_t n = 0; n < keys; ++n) all.push_back(connection(n));
  std::shuffle(all.begin(), all.end(), std::mt19937{2});
  return all;
}

void add_known(benchmark::State& state, double one_in) {
  const auto all = shuffled();
  Totals totals{settings()};
  for (std::uint32_t n = 0; n < keys; ++n) totals.add(connection(n), 1000, one_in);
  std::size_t i = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    totals.add(all[i++ % keys], 1000, one_in);
  }
  if (totals.keys() != keys) state.SkipWithError("a key was evicted");
}
BENCHMARK_CAPTURE(add_known, everything, 1.0);
BENCHMARK_CAPTURE(add_known, sampled, 100.0);

// The floor under it: the same keys as packed words, in the same order, looked up and nothing more.
using Words = std::array<std::uint64_t, 6>;
struct Hash {
  std::size_t operator()(const Words& w) const noexcept {
    return XXH3_64bits_withSeed(w.data(), sizeof w, 7);
  }
};
Words packed(const TotalsKeyLayout& layout, const TrafficKey& key) {
  TotalsKeyLayout::Words words{};
  layout.pack(key, words);
  Words w{};
  std::copy_n(words.begin(), w.size(), w.begin());
  return w;
}

void bare_lookup(benchmark::State& state) {
  const TotalsKeyLayout layout{settings()};
  tsl::robin_map<Words, std::uint64_t, Hash> map;
  map.reserve(keys);
  for (std::uint32_t n = 0; n < keys; ++n) map[packed(layout, connection(n))] = n;
  std::vector<Words> all;
  for (const auto& key : shuffled()) all.push_back(packed(layout, key));
  std::size_t i = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    auto found = map.find(all[i++ % keys])->second;
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(bare_lookup);

// A scan: each key is new, the table is full, and half of it leaves again and again.
void add_new(benchmark::State& state) {
  Totals totals{settings()};
  auto key = connection(0);
  std::uint32_t n = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    ++n;
    key.src = Ip::v4(static_cast<std::uint8_t>(n >> 24U), static_cast<std::uint8_t>(n >> 16U),
                     static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n));
    totals.add(key, 60, 1);
  }
}
BENCHMARK(add_new);

// The end of an interval of 65,536 keys, and the beginning of the next.
void end_of_interval(benchmark::State& state) {
  const auto all = shuffled();
  Totals totals{settings()};
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    state.PauseTiming();
    std::uint32_t octets = 60;
    for (const auto& key : all) totals.add(key, octets = octets * 13 % 1499, 1);
    state.ResumeTiming();
    totals.close(keys, 0);
    benchmark::DoNotOptimize(totals.lines(100).data());
    auto rest = totals.rest();
    benchmark::DoNotOptimize(rest);
    totals.clear();
  }
}
BENCHMARK(end_of_interval)->Unit(benchmark::kMillisecond);

std::size_t resident_kib() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib;
  }
  return 0;
}

// Ten million addresses, and from the fourth million on 20 heavy talkers among them, each of which
// has one packet of 1500 octets to a thousand of 60. What the memory is and by how much a talker's
// octets are short. The memory is only right where this runs alone.
void ten_million(benchmark::State& state) {
  constexpr std::uint32_t hosts = 10000000, quiet = 3000000, talkers = 20;
  TotalsSettings s{.key = bit(Dimension::src_ip), .max = keys, .hash_seed = 7};
  auto key = connection(0);
  key.has = bit(Dimension::src_ip);
  const auto from = [&key](std::uint32_t n) -> const TrafficKey& {
    key.src = Ip::v4(static_cast<std::uint8_t>(n >> 24U), static_cast<std::uint8_t>(n >> 16U),
                     static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n));
    return key;
  };
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    const auto before = resident_kib();
    Totals totals{s};
    std::uint64_t sent = 0, all = 0;
    std::size_t at_million = 0;
    for (std::uint32_t i = 0; i < hosts; ++i) {
      totals.add(from(1000 + i), 60, 1);
      all += 60;
      if (i >= quiet && i % 1000 < talkers) {
        totals.add(from(i % 1000), 1500, 1);
        all += 1500;
        sent += i % 1000 == 0 ? 1500U : 0U;
      }
      if (i == 1000000) at_million = resident_kib() - before;
    }
    totals.close(hosts + (hosts - quiet) / 1000 * talkers, 0);
    double found = 0, short_by = 0, missed = 0;
    for (const auto& line : totals.lines(talkers)) {
      if (line.packets < hosts / 2000) continue;
      ++found;
      short_by = std::max(short_by, static_cast<double>(sent) - line.all_octets.value);
      missed = std::max(missed, line.missed_at_most);
    }
    state.counters["kib"] = static_cast<double>(resident_kib() - before);
    state.counters["kib_at_a_million"] = static_cast<double>(at_million);
    state.counters["keys"] = static_cast<double>(totals.keys());
    state.counters["talkers_found"] = found;
    state.counters["octets_each"] = static_cast<double>(sent);
    state.counters["short_by"] = short_by;
    state.counters["missed_at_most"] = missed;
    state.counters["bound"] = 2.0 * static_cast<double>(all) / keys;
  }
}
BENCHMARK(ten_million)->Unit(benchmark::kMillisecond)->Iterations(1)->Repetitions(1);

}  // namespace
}  // namespace netweir::bench
