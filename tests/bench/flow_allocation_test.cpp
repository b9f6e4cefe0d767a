// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string_view>

#include "bench/counting_new.h"
#include "netweir/flow_table.h"
#include "track/flow_story.h"

namespace netweir::test {
namespace {

using What = FlowRecord::What;

// A table that is full half of the time, of flows that come, go and are listed.
TEST(Allocation, NoneInTheFlowTable) {
  FlowTable table{{.max = 512, .interim = std::chrono::seconds{1}}};
  FlowChanges changes;
  FlowChange gone;
  std::size_t changed = 0, closed = 0;
  constexpr std::string_view helpers = "abcdefghijklmnopqrstuvwxyz";

  const auto before = allocation_count();
  for (unsigned round = 0; round < 50; ++round) {
    const std::chrono::seconds now{round};
    const auto tell = [&](What what, unsigned n) {
      auto r = flow(what, n, wall(now));
      r.helper = helpers.substr(n % 20, 1 + n % 5);
      r.has |= FlowRecord::has_counters;
      r.to_server.packets = round;
      table.record(r, changes);
      changed += changes.count;
    };
    for (unsigned n = 0; n < 700; ++n) tell(What::created, round * 100 + n);
    table.begin_listing(FlowReason::reconcile, age(now));
    for (unsigned n = 0; n < 300; ++n) {
      tell(What::destroyed, round * 100 + n);
      tell(What::listed, round * 100 + n + 100);
      tell(What::updated, round * 100 + n + 200);
    }
    if (round % 7 == 0) {
      table.abandon_listing();
      continue;
    }
    while (table.close(wall(now), gone)) ++closed;
  }
  EXPECT_EQ(allocation_count() - before, 0U);
  EXPECT_GT(changed, 10000U);
  EXPECT_GT(closed, 100U);
  EXPECT_GT(table.untracked(), 1000U);
}

}  // namespace
}  // namespace netweir::test
