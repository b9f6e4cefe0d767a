// SPDX-License-Identifier: GPL-2.0-or-later
// A full MacTable: who gives way.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

#include "netweir/mac_table.h"
#include "track/stations.h"

namespace netweir::test {
namespace {

using namespace std::chrono_literals;

constexpr LinkId quiet = 1, flooded = 2;

unsigned there(const MacTable& t, AgeTime now, unsigned first, unsigned count) {
  unsigned found = 0;
  for (unsigned n = first; n < first + count; ++n)
    found += t.lookup(now, station(n)).has_value() ? 1U : 0U;
  return found;
}
// MACs that no station has.
MacKey stranger(std::mt19937& random) {
  const auto n = random();
  return {{{0x06, 0, static_cast<std::uint8_t>(n >> 24U), static_cast<std::uint8_t>(n >> 16U),
            static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n)}},
          0,
          {}};
}

// Stations that have spoken once, on another port, before everything else.
TEST(MacTableFairness, AFloodTakesNothingFromAnotherPort) {
  MacTable t{{.max = 1000, .hash_seed = 7}};
  std::mt19937 random{1};
  for (unsigned n = 0; n < 200; ++n) t.learn(at(0s), station(n), quiet);
  std::size_t gone = 0;
  for (int i = 0; i < 100000; ++i) {
    const auto learned = t.learn(at(1s + i * 10us), stranger(random), flooded);
    if (learned.gone == nullptr) continue;
    ++gone;
    ASSERT_EQ(learned.reason, ExpiredReason::table_full);
    ASSERT_EQ(learned.gone->port, flooded);
    ASSERT_LE(t.count(), 1000U);
  }
  EXPECT_GT(gone, 99000U);
  EXPECT_EQ(there(t, at(2s), 0, 200), 200U);
}

TEST(MacTableFairness, NorFromAnotherVlanOfItsPort) {
  MacTable t{{.max = 1000, .hash_seed = 7}};
  std::mt19937 random{1};
  for (unsigned n = 0; n < 200; ++n) t.learn(at(0s), station(n), flooded);
  for (int i = 0; i < 20000; ++i) {
    auto key = stranger(random);
    key.vid = {5, 0};
    t.learn(at(1s), key, flooded);
  }
  EXPECT_EQ(there(t, at(1s), 0, 200), 200U);
}

// Whoever floods under many VIDs is still one port.
TEST(MacTableFairness, ManyVlansGainNothing) {
  MacTable t{{.max = 1000, .hash_seed = 7}};
  std::mt19937 random{1};
  for (unsigned n = 0; n < 200; ++n) t.learn(at(0s), station(n), quiet);
  for (int i = 0; i < 20000; ++i) {
    auto key = stranger(random);
    key.vid = {static_cast<std::uint16_t>(random() % 4096), 0};
    t.learn(at(1s), key, flooded);
  }
  EXPECT_EQ(there(t, at(1s), 0, 200), 200U);
}

// On the flooded port itself: who was seen again stays.
TEST(MacTableFairness, WhoIsSeenAgainStays) {
  MacTable t{{.max = 1000, .hash_seed = 7}};
  std::mt19937 random{1};
  for (const auto second : {0s, 1s, 2s})
    for (unsigned n = 0; n < 200; ++n) t.learn(at(second), station(n), flooded);
  for (int i = 0; i < 100000; ++i) t.learn(at(3s + i * 10us), stranger(random), flooded);
  EXPECT_EQ(there(t, at(4s), 0, 200), 200U);
}

// All are known; half of them keep speaking, and newcomers stay. Those that are silent go first.
TEST(MacTableFairness, AmongTheKnownTheSilentGoFirst) {
  MacTable t{{.max = 1000, .hash_seed = 7}};
  for (const auto second : {0s, 2s})
    for (unsigned n = 0; n < 1000; ++n) t.learn(at(second), station(n), quiet);
  std::size_t speakers_gone = 0, silent_gone = 0;
  auto now = at(4s);
  for (unsigned n = 0; n < 400; ++n) {
    now += 10ms;
    if (n % 100 == 0) {
      now += 2s;
      for (unsigned m = 0; m < 1000; m += 2) t.learn(now, station(m), quiet);
    }
    const auto learned = t.learn(now, station(5000 + n), quiet);
    if (learned.gone == nullptr || learned.gone->learned > at(3s)) continue;
    const auto octets = learned.gone->key.mac.octets;
    (octets[5] % 2 == 0 ? speakers_gone : silent_gone) += 1;
  }
  EXPECT_GT(silent_gone, 200U);
  EXPECT_LT(speakers_gone, silent_gone / 10);
}

TEST(MacTableFairness, StaticEntriesAreNeverEvicted) {
  MacTable t{{.max = 100, .hash_seed = 7}};
  std::mt19937 random{1};
  for (unsigned n = 0; n < 99; ++n) t.learn_static(at(0s), station(n), flooded);
  for (int i = 0; i < 1000; ++i) t.learn(at(1s), stranger(random), flooded);
  EXPECT_EQ(there(t, at(1s), 0, 99), 99U);
  EXPECT_EQ(t.count(), 100U);
  const auto last = t.learn_static(at(1s), station(99), flooded);
  EXPECT_EQ(last.action, MacAction::added);
  ASSERT_NE(last.gone, nullptr);
  EXPECT_EQ(text(t.learn(at(1s), station(100), quiet)), "refused table_full");
  EXPECT_EQ(text(t.learn(at(1s), station(100), quiet, ip(1))), "refused table_full ip refused");
  EXPECT_EQ(text(t.learn_static(at(1s), station(100), quiet)), "refused table_full");
  EXPECT_EQ(text(t.learn(at(1s), station(0), flooded)), "refreshed");
  EXPECT_EQ(there(t, at(10000h), 0, 101), 100U);
  t.remove(station(50));
  EXPECT_EQ(text(t.learn(at(1s), station(100), quiet)), "added");
}

// A victim that is overdue is told as such.
TEST(MacTableFairness, TheOverdueThatGiveWay) {
  MacTable t{{.max = 2}};
  t.learn(at(0s), station(1), 1);
  t.learn(at(299s), station(2), 1);
  EXPECT_EQ(text(t.learn(at(300s), station(3), 1)), "age 1 added");
  EXPECT_EQ(text(t.learn(at(300s), station(4), 1)), "table_full 2 added");
}

TEST(MacTableFairness, ATableOfOne) {
  MacTable t{{.max = 0}};
  EXPECT_EQ(text(t.learn(at(0s), station(1), 1, ip(1))), "added ip set");
  EXPECT_EQ(text(t.learn(at(0s), station(2), 1, ip(1))), "table_full 1 added ip set");
  EXPECT_EQ(t.lookup_ip(at(0s), address(1))->key, station(2));
  EXPECT_EQ(t.count(), 1U);
}

}  // namespace
}  // namespace netweir::test
