// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/time_jumps.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace netweir::run {
namespace {

using namespace std::chrono_literals;

WallTime wall(std::chrono::nanoseconds since) { return WallTime{since}; }

/// A letter a packet: on, departs, doubtful, jumps.
std::string steps(PacketTime& time, const std::vector<std::chrono::nanoseconds>& packets) {
  std::string out;
  for (const auto at : packets) out += "odDj"[static_cast<std::size_t>(time.take(wall(at)).step)];
  return out;
}

TEST(PacketTime, OneWildStampIsNoTime) {
  PacketTime t;
  EXPECT_EQ(steps(t, {1000s, 1001s, 700000h, 1002s, -700000h, 1003s}), "oododo");
  EXPECT_EQ(t.now(), wall(1003s));
  EXPECT_EQ(t.departures(), 2U);
}

TEST(PacketTime, TheThirdInARowIsBelieved) {
  PacketTime t;
  EXPECT_EQ(steps(t, {0s, 2h, 2h + 1s, 2h + 2s, 2h + 3s}), "odDjo");
  EXPECT_EQ(t.now(), wall(2h + 3s));
  EXPECT_EQ(steps(t, {1s, 3s, 2s, 4s}), "dDjo") << "back, and not in order";
  EXPECT_EQ(t.now(), wall(4s));
  EXPECT_EQ(t.departures(), 2U);
}

TEST(PacketTime, AnHourIsNoJump) {
  PacketTime t;
  EXPECT_EQ(steps(t, {0s, 1h, 0s, 2h, 3h + 1ns, 1h, 1h - 1ns}), "oooodod");
}

TEST(PacketTime, WitnessesAgree) {
  PacketTime t;
  EXPECT_EQ(steps(t, {0s, 20h, 10h, -10h, 10h, 0s, 10h, 11h}), "oddddodD");
  PacketTime rare;  // a packet now and then: each is later than the one before
  EXPECT_EQ(steps(rare, {0s, 2h, 4h, 6h, 8h}), "odDjd");
}

TEST(PacketTime, HowFarItGoes) {
  PacketTime t;
  EXPECT_EQ(t.take(wall(500h)).by, 0ns) << "the first";
  EXPECT_EQ(t.take(wall(501h)).by, 1h);
  EXPECT_EQ(t.take(wall(500h)).by, 0ns);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(t.take(wall(900h)).by, 0ns);
  EXPECT_EQ(t.take(wall(900h + 1ns)).by, 1ns);
}

TEST(PacketTime, TimesAtTheirEnds) {
  PacketTime t;
  constexpr auto least = std::chrono::nanoseconds::min(), most = std::chrono::nanoseconds::max();
  EXPECT_EQ(steps(t, {most, least, least + 1ns, least, most, most - 1ns, most, least}), "odDjdDjd");
  EXPECT_EQ(steps(t, {most, 0s}), "od");
}

/// How the two clocks are read, in seconds; what it says of the steps.
std::vector<std::pair<std::int64_t, std::int64_t>> seen(
    const std::vector<std::pair<std::int64_t, std::int64_t>>& readings) {
  ClockSteps clock;
  std::vector<std::pair<std::int64_t, std::int64_t>> out;
  for (const auto& [age, at] : readings) {
    const auto jump =
        clock.look({AgeTime{std::chrono::seconds{age}}, wall(std::chrono::seconds{at})});
    if (jump)
      out.emplace_back(jump->from.time_since_epoch() / 1s, jump->to.time_since_epoch() / 1s);
  }
  return out;
}

TEST(ClockSteps, ASetClockIsSeenOnce) {
  using Steps = std::vector<std::pair<std::int64_t, std::int64_t>>;
  EXPECT_EQ(seen({{1, 1001}, {2, 1002}, {3, 87403}, {4, 87404}, {5, 87405}}),
            (Steps{{1004, 87404}}));
  EXPECT_EQ(seen({{1, 90000}, {2, 3601}, {3, 3602}, {4, 3603}}), (Steps{{90002, 3602}}));
}

TEST(ClockSteps, WhatIsNone) {
  EXPECT_TRUE(seen({{1, 90000}, {2, 90010}, {3, 90002}, {4, 90003}}).empty()) << "below 10 s";
  EXPECT_TRUE(seen({{1, 1001}, {86401, 87401}, {86402, 87402}}).empty()) << "it slept";
  EXPECT_TRUE(seen({{1, 1001}, {2, 1062}, {62, 1062}, {63, 1063}}).empty())
      << "stopped between the two readings";
  EXPECT_TRUE(seen({{1, 1001}, {2, 1062}, {2, 1062}, {2, 1062}, {63, 1063}}).empty())
      << "one reading, looked at again";
  EXPECT_TRUE(seen({{1, 1001}, {2, 1011}, {3, 1021}, {4, 1031}}).empty()) << "it is slow, or fast";
}

}  // namespace
}  // namespace netweir::run
