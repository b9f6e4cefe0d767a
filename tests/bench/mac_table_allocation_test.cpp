// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <random>

#include "bench/counting_new.h"
#include "track/stations.h"

namespace netweir::test {
namespace {

// A table that is full most of the time: every call there is.
TEST(Allocation, NoneInAMacTable) {
  MacTable t{{.max = 512, .hash_seed = 7}};
  std::mt19937 random{1};
  std::array<MacEntry, 16> some{};
  std::size_t found = 0;
  const auto before = allocation_count();
  for (unsigned n = 0; n < 50000; ++n) {
    const auto now = at(std::chrono::milliseconds{10 * n});
    const auto m = static_cast<unsigned>(random() % 2000);
    t.learn(now, station(m), m % 70);
    t.learn(now, station(m + 1), m % 3, ip(m % 300));
    if (n % 64 == 0) t.learn_static(now, station(m + 2), 7, ip(m));
    found += t.lookup(now, station(m)).has_value() && t.lookup_entry(now, station(m + 1)) &&
                     t.lookup_ip(now, address(m % 300))
                 ? 1U
                 : 0U;
    if (n % 100 == 0) {
      t.remove(station(m));
      t.expire(now, some);
      t.of_port(now, 7, some);
      t.snapshot(now, some);
    }
    if (n % 1000 == 0) t.remove_port(7, MacScope::all, some);
    if (n % 20000 == 0) t.clear();
  }
  EXPECT_EQ(allocation_count() - before, 0U);
  EXPECT_GT(found, 10000U);
}

}  // namespace
}  // namespace netweir::test
