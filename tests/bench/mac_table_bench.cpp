// SPDX-License-Identifier: GPL-2.0-or-later
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "netweir/mac_table.h"

namespace netweir::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t entries = 65536;

AgeTime at(std::chrono::nanoseconds since) { return AgeTime{since}; }
// MACs as if by chance: numbered ones would fall into the floor's slots one by one.
MacKey station(std::uint32_t n) {
  n = (n ^ n >> 16U) * 0x85ebca6bU;
  n = (n ^ n >> 13U) * 0xc2b2ae35U;
  n ^= n >> 16U;
  const auto octet = [n](unsigned shift) { return static_cast<std::uint8_t>(n >> shift); };
  return {{{2, 0, octet(24), octet(16), octet(8), octet(0)}}, 0, {100, 0}};
}
Ip ip(std::uint32_t n) {
  return Ip::v4(10, static_cast<std::uint8_t>(n >> 16U), static_cast<std::uint8_t>(n >> 8U),
                static_cast<std::uint8_t>(n));
}
LinkId port(std::uint32_t n) { return n % 48; }

// In an order that no memory follows.
std::vector<std::uint32_t> shuffled() {
  std::vector<std::uint32_t> all(entries);
  for (std::uint32_t n = 0; n < entries; ++n) all[n] = n;
  std::shuffle(all.begin(), all.end(), std::mt19937{2});
  return all;
}
std::vector<MacKey> keys() {
  std::vector<MacKey> all;
  for (const auto n : shuffled()) all.push_back(station(n));
  return all;
}
std::vector<LinkId> ports() {
  std::vector<LinkId> all;
  for (const auto n : shuffled()) all.push_back(port(n));
  return all;
}
MacTableSettings settings() { return {.max = entries, .hash_seed = 7}; }
void fill(MacTable& table) {
  for (std::uint32_t n = 0; n < entries; ++n) table.learn(at(0s), station(n), port(n), ip(n));
}

// The floor: linear probing, half full, one word of a key, nothing checked, nothing bounded.
class Bare {
 public:
  struct Slot {
    std::uint64_t key = 0;
    std::int64_t seen = 0;
    LinkId port = 0;
  };
  static std::uint64_t word(const MacKey& key) {
    std::uint64_t word = key.vid[0];
    for (const auto octet : key.mac.octets) word = word << 8U | octet;
    return word;
  }
  Slot& find(const MacKey& key) {
    const auto of = word(key);
    auto hash = of * 0x9e3779b97f4a7c15U;
    for (std::size_t n = hash >> 47U;; n = (n + 1) % slots_.size())
      if (slots_[n].key == of || slots_[n].key == 0) return slots_[n];
  }
  void fill() {
    for (std::uint32_t n = 0; n < entries; ++n) find(station(n)) = {word(station(n)), 0, port(n)};
  }

 private:
  std::vector<Slot> slots_ = std::vector<Slot>(2 * entries);
};

void bare_lookup(benchmark::State& state) {
  const auto all = keys();
  Bare map;
  map.fill();
  std::size_t i = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    auto found = map.find(all[i++ % entries]).port;
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(bare_lookup);

void bare_learn(benchmark::State& state) {
  const auto all = keys();
  const auto from = ports();
  Bare map;
  map.fill();
  std::size_t i = 0;
  std::int64_t now = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    const auto n = i++ % entries;
    auto& slot = map.find(all[n]);
    bool moved = slot.port != from[n];
    slot.port = from[n];
    slot.seen = ++now;
    benchmark::DoNotOptimize(moved);
  }
}
BENCHMARK(bare_learn);

void lookup(benchmark::State& state) {
  const auto all = keys();
  MacTable table{settings()};
  fill(table);
  std::size_t i = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    auto found = table.lookup(at(1s), all[i++ % entries]);
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(lookup);

void lookup_unknown(benchmark::State& state) {
  auto all = keys();
  for (auto& key : all) key.mac.octets[1] = 1;
  MacTable table{settings()};
  fill(table);
  std::size_t i = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    auto found = table.lookup(at(1s), all[i++ % entries]);
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(lookup_unknown);

void lookup_entry(benchmark::State& state) {
  const auto all = keys();
  MacTable table{settings()};
  fill(table);
  std::size_t i = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    auto found = table.lookup_entry(at(1s), all[i++ % entries]);
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(lookup_entry);

void lookup_ip(benchmark::State& state) {
  const auto all = shuffled();
  MacTable table{settings()};
  fill(table);
  BindingKey key{{}, 0, {100, 0}};
  std::size_t i = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    key.ip = ip(all[i++ % entries]);
    auto found = table.lookup_ip(at(1s), key);
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(lookup_ip);

// `apart`: how much later each frame is than the one before.
void learn_known(benchmark::State& state, std::chrono::nanoseconds apart,
                 std::chrono::nanoseconds resolution) {
  const auto all = keys();
  const auto from = ports();
  auto given = settings();
  given.resolution = resolution;
  MacTable table{given};
  fill(table);
  std::size_t i = 0;
  auto now = at(0s);
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    const auto n = i++ % entries;
    auto learned = table.learn(now += apart, all[n], from[n]);
    benchmark::DoNotOptimize(learned);
  }
  if (table.count() != entries) state.SkipWithError("an entry was lost");
}
BENCHMARK_CAPTURE(learn_known, at_full_speed, 16ns, 1s);
BENCHMARK_CAPTURE(learn_known, each_recorded, 16ns, 0s);
BENCHMARK_CAPTURE(learn_known, one_a_millisecond, 1ms, 1s);

void learn_known_ip(benchmark::State& state) {
  const auto all = shuffled();
  MacTable table{settings()};
  fill(table);
  std::size_t i = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    const auto n = all[i++ % entries];
    auto learned = table.learn(at(1ms), station(n), port(n), ip(n));
    benchmark::DoNotOptimize(learned);
  }
}
BENCHMARK(learn_known_ip);

void learn_moved(benchmark::State& state) {
  const auto all = keys();
  MacTable table{settings()};
  fill(table);
  std::size_t i = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    auto learned = table.learn(at(1s), all[i % entries], static_cast<LinkId>(100 + i / entries));
    ++i;
    benchmark::DoNotOptimize(learned);
  }
}
BENCHMARK(learn_moved);

// A flood: each MAC is new, and the table is full.
void learn_new(benchmark::State& state) {
  MacTable table{settings()};
  fill(table);
  std::uint32_t n = entries;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    auto learned = table.learn(at(1s), station(++n), 7);
    benchmark::DoNotOptimize(learned);
  }
}
BENCHMARK(learn_new);

void sweep(benchmark::State& state) {
  MacTable table{settings()};
  fill(table);
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    while (!table.expire(at(1s)).done) {
    }
  }
}
BENCHMARK(sweep)->Unit(benchmark::kMicrosecond);

void snapshot(benchmark::State& state) {
  MacTable table{settings()};
  fill(table);
  std::vector<MacEntry> out(entries);
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    auto count = table.snapshot(at(1s), out);
    benchmark::DoNotOptimize(count);
  }
}
BENCHMARK(snapshot)->Unit(benchmark::kMicrosecond);

// Readers, while a writer learns known stations as fast as it can. More than there are cores less
// one say nothing.
void lookup_beside_writer(benchmark::State& state) {
  static std::optional<MacTable> table;
  static std::atomic<bool> over;
  static std::thread writer;
  const auto all = keys();
  if (state.thread_index() == 0) {
    fill(table.emplace(settings()));
    over = false;
    writer = std::thread([&all] {
      const auto from = ports();
      const auto begin = std::chrono::steady_clock::now();
      while (!over) {
        const auto now = at(std::chrono::steady_clock::now() - begin);
        for (std::size_t n = 0; n < entries; ++n) table->learn(now, all[n], from[n]);
      }
    });
  }
  auto i = static_cast<std::size_t>(state.thread_index()) * 1000;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    auto found = table->lookup(at(0s), all[i++ % entries]);
    benchmark::DoNotOptimize(found);
  }
  if (state.thread_index() == 0) {
    over = true;
    writer.join();
  }
}
BENCHMARK(lookup_beside_writer)->Threads(1)->Threads(8);

}  // namespace
}  // namespace netweir::bench
