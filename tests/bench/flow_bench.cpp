// SPDX-License-Identifier: GPL-2.0-or-later
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "netweir/flow_table.h"
#include "track/flow_story.h"

namespace netweir::bench {
namespace {

using What = FlowRecord::What;
using test::age;
using test::flow;
using test::wall;

constexpr std::size_t flows = 100000;

// The flows in an order that no memory follows.
std::vector<FlowRecord> records(What what) {
  std::vector<FlowRecord> all;
  all.reserve(flows);
  for (unsigned n = 0; n < flows; ++n) {
    auto r = flow(what, n);
    r.has |= FlowRecord::has_counters;
    all.push_back(r);
  }
  std::shuffle(all.begin(), all.end(), std::mt19937{1});
  return all;
}

void count(benchmark::State& state, std::int64_t each) {
  state.SetItemsProcessed(state.iterations() * each);
}

// A flow comes, and another one goes, in a table of 100,000; an item is an event.
void flow_events(benchmark::State& state) {
  auto all = records(What::created);
  FlowTable table{{.hash_seed = 7}};
  FlowChanges changes;
  std::size_t i = 0;
  for (const auto& r : all) table.record(r, changes);
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    auto& r = all[i++ % flows];
    r.what = What::destroyed;
    table.record(r, changes);
    benchmark::DoNotOptimize(changes);
    r.what = What::created;
    table.record(r, changes);
    benchmark::DoNotOptimize(changes);
  }
  count(state, 2);
}
BENCHMARK(flow_events);

// A reconcile of 100,000 flows that are all known, to its end.
void flow_listing(benchmark::State& state) {
  const auto all = records(What::created);
  auto listed = records(What::listed);
  FlowTable table{{.hash_seed = 7}};
  FlowChanges changes;
  FlowChange gone;
  for (const auto& r : all) table.record(r, changes);
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    table.begin_listing(FlowReason::reconcile, age({}));
    for (const auto& r : listed) {
      table.record(r, changes);
      benchmark::DoNotOptimize(changes);
    }
    while (table.close(wall({}), gone)) benchmark::DoNotOptimize(gone);
  }
  count(state, std::int64_t{flows});
}
BENCHMARK(flow_listing)->Unit(benchmark::kMillisecond);

// A listing without anything in it: 100,000 flows are closed.
void flow_close(benchmark::State& state) {
  const auto all = records(What::created);
  FlowTable table{{.hash_seed = 7}};
  FlowChanges changes;
  FlowChange gone;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    state.PauseTiming();
    for (const auto& r : all) table.record(r, changes);
    state.ResumeTiming();
    table.begin_listing(FlowReason::resync, age({}));
    while (table.close(wall({}), gone)) benchmark::DoNotOptimize(gone);
  }
  count(state, std::int64_t{flows});
}
BENCHMARK(flow_close)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace netweir::bench
