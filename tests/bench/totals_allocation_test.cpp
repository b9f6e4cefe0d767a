// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

#include "bench/counting_new.h"
#include "netweir/traffic.h"
#include "track/sampled_traffic.h"

namespace netweir::test {
namespace {

// A table that is full most of the time, over several intervals.
TEST(Allocation, NoneInTotals) {
  Totals totals{{.key = bit(Dimension::src_ip), .max = 512, .latency = true}};
  std::size_t allocated = 0;
  for (std::uint32_t round = 0; round < 5; ++round) {
    totals.clear();
    const auto before = allocation_count();
    for (std::uint32_t n = 0; n < 20000; ++n)
      totals.add(from(n % 3 == 0 ? n % 7 : n), n % 1500, n % 2 == 0 ? 1 : 100, n);
    allocated += allocation_count() - before;
    totals.close(20000, 0);
    EXPECT_GT(totals.rest_keys(), 10000U);
    EXPECT_EQ(totals.lines(10).size(), 10U);
  }
  EXPECT_EQ(allocated, 0U);
}

}  // namespace
}  // namespace netweir::test
