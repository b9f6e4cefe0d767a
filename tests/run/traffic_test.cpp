// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/traffic.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace netweir {
namespace {

using namespace std::chrono_literals;
using run::Traffic;

struct Line {
  SourceId source = 0;
  std::string name, prefix;
  std::int64_t from = 0, to = 0;  // seconds
  bool rest = false, estimated = false;
  std::uint64_t keys = 0;
  TrafficTotal total;
};

/// Totals whose clock, sources and ledgers are the test's.
struct Rig {
  explicit Rig(std::vector<config::Traffic> settings, std::size_t most_keys = 1U << 20U,
               std::vector<Traffic::Count> begun = {})
      : traffic(std::move(settings), 1, std::move(begun),
                {.count = [this](SourceId id) { return counts[id]; },
                 .emit = [this](SourceId id, const TrafficEvent& e) { tell(id, e); },
                 .refuse =
                     [this](SourceId id, const config::Traffic& total) {
                       refused.push_back(total.name + ' ' + std::to_string(id));
                     },
                 .most_keys = most_keys}) {}

  void tell(SourceId id, const TrafficEvent& e) {
    const auto seconds = [](WallTime at) {
      return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
    };
    lines.push_back({id, std::string(e.name), std::string(e.prefix), seconds(e.from), seconds(e.to),
                     e.rest, e.estimated, e.keys, *e.total});
  }
  /// A packet of a host, received and counted as the pipeline does it.
  void see(SourceId id, std::uint8_t host, double one_in = 1, std::string_view prefix = {}) {
    Packet packet;
    packet.src = Ip::v4(192, 0, 2, host);
    packet.dst = Ip::v4(198, 51, 100, 1);
    packet.ip_protocol = 17;
    NflogExtra nflog;
    nflog.prefix = prefix;
    Frame frame{.wire_len = 100, .source = id, .one_in = one_in};
    if (!prefix.empty()) frame.nflog = &nflog;
    traffic.age(now);
    ++counts[id].received;
    traffic.add(now, "source " + std::to_string(id), frame, packet, {});
  }
  void pass(std::chrono::nanoseconds by) {
    now.age += by;
    now.wall += by;
  }
  void finish() { traffic.finish(now); }
  std::vector<Line> take() { return std::exchange(lines, {}); }

  Now now{AgeTime{1h}, WallTime{1'700'000'025s}};  // 45 s after a minute
  std::map<SourceId, Traffic::Count> counts;
  std::vector<Line> lines;
  std::vector<std::string> refused;
  Traffic traffic;
};

config::Traffic total(std::string name, std::chrono::nanoseconds interval = 60s,
                      DimensionSet key = bit(Dimension::src_ip)) {
  config::Traffic t;
  t.name = std::move(name);
  t.interval = interval;
  t.totals.key = key;
  t.totals.max = 1024;
  return t;
}

TEST(TrafficIntervals, BeginAtMultiplesOfTheirLengthByTheWallClock) {
  Rig r({total("a")});
  r.see(0, 1);
  EXPECT_EQ(r.traffic.next(), AgeTime{1h} + 15s);
  r.pass(14'999'999'999ns);
  r.see(0, 1);
  EXPECT_TRUE(r.take().empty());
  r.pass(1ns);
  r.traffic.age(r.now);
  auto lines = r.take();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].from, 1'699'999'980);
  EXPECT_EQ(lines[0].to, 1'700'000'040);
  EXPECT_EQ(lines[0].total.packets, 2U);
  EXPECT_EQ(r.traffic.next(), AgeTime::max());  // nothing is open until a packet comes
  r.pass(1s);
  r.see(0, 1);
  EXPECT_EQ(r.traffic.next(), AgeTime{1h} + 75s);
  r.pass(59s);
  r.see(0, 1);  // of the next
  lines = r.take();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].from, 1'700'000'040);
  EXPECT_EQ(lines[0].total.packets, 1U);
}

TEST(TrafficIntervals, AJumpOfDecadesEndsOneInterval) {
  Rig r({total("a", 1s)});
  r.see(0, 1);
  r.pass(std::chrono::hours{24 * 365 * 90});
  r.see(0, 2);
  EXPECT_EQ(r.take().size(), 1U);
  EXPECT_EQ(r.traffic.next(), r.now.age + 1s);
  r.finish();
  EXPECT_EQ(r.take().size(), 1U);
}

TEST(TrafficIntervals, NoTimeIsTooFar) {
  constexpr auto most = std::chrono::nanoseconds::max();
  for (const auto wall : {WallTime::min(), WallTime{-1ns}, WallTime{}, WallTime::max()}) {
    for (const auto age : {AgeTime{}, AgeTime{most} - 1ns, AgeTime{most}}) {
      for (const auto interval : {1s, 86400s}) {
        Rig r({total("a", interval)});
        r.now = {age, wall};
        r.see(0, 1);
        r.finish();
        const auto lines = r.take();
        ASSERT_EQ(lines.size(), 1U);
        EXPECT_LE(lines[0].from, lines[0].to);
      }
    }
  }
}

TEST(TrafficIntervals, AWallClockThatIsSetDoesNotChangeHowLongTheyAre) {
  for (const auto by : {std::chrono::hours{-1000}, std::chrono::hours{1000}}) {
    Rig r({total("a")});
    r.see(0, 1);
    r.now.wall += by;
    r.now.age += 14s;
    r.see(0, 1);
    EXPECT_TRUE(r.take().empty());
    r.now.wall += 1s;
    r.now.age += 1s;
    r.see(0, 1);
    const auto lines = r.take();
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].from, 1'699'999'980);
    EXPECT_EQ(lines[0].to, 1'700'000'040);
    EXPECT_EQ(lines[0].total.packets, 2U);
    r.finish();
    const auto last = r.take();
    ASSERT_EQ(last.size(), 1U);
    EXPECT_EQ(last[0].from, 1'699'999'980 + std::chrono::seconds(by).count());
  }
}

TEST(TrafficIntervals, AnUnfinishedOneEndsWhereItIsFinished) {
  Rig r({total("a"), total("b", 1h)});
  r.see(0, 1);
  r.pass(5s);
  r.finish();
  auto lines = r.take();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].to, 1'700'000'030);
  EXPECT_EQ(lines[1].from, 1'699'999'200);
  r.finish();  // once
  EXPECT_TRUE(r.take().empty());
  // A clock that was set meanwhile does not make it longer, nor end before it began.
  r.see(0, 1);
  r.now.wall += 1000h;
  r.finish();
  lines = r.take();
  EXPECT_EQ(lines[0].to, 1'700'000'040);
  r.see(0, 1);
  r.now.wall -= 2000h;
  r.finish();
  lines = r.take();
  EXPECT_EQ(lines[0].from, lines[0].to);
}

TEST(TrafficIntervals, SeveralTotalsHaveTheirOwn) {
  Rig r({total("short", 10s), total("long", 60s), total("by port", 60s, bit(Dimension::src_port))});
  for (int i = 0; i < 15; ++i) {
    r.see(0, static_cast<std::uint8_t>(i % 3));
    r.pass(1s);
  }
  r.traffic.age(r.now);
  std::map<std::string, std::uint64_t> packets, lines;
  for (const auto& line : r.take()) {
    packets[line.name] += line.total.packets;
    ++lines[line.name];
  }
  EXPECT_EQ(packets,
            (std::map<std::string, std::uint64_t>{{"by port", 15}, {"long", 15}, {"short", 15}}));
  EXPECT_EQ(lines["short"], 6U);  // 5 s and 10 s
  EXPECT_EQ(lines["long"], 3U);
  EXPECT_EQ(lines["by port"], 1U);  // none has ports: one key of nothing
}

TEST(TrafficSources, OnlyThoseThatAreNamed) {
  auto some = total("some");
  some.sources = {"source 1", "source 3"};
  Rig r({some, total("all")});
  for (SourceId id = 0; id < 4; ++id) r.see(id, 1);
  r.finish();
  std::map<std::string, std::vector<SourceId>> of;
  for (const auto& line : r.take()) of[line.name].push_back(line.source);
  EXPECT_EQ(of["some"], (std::vector<SourceId>{1, 3}));
  EXPECT_EQ(of["all"], (std::vector<SourceId>{0, 1, 2, 3}));
}

TEST(TrafficLoss, ScalesTheEstimateOfItsInterval) {
  Rig r({total("a")});
  for (int i = 0; i < 100; ++i) r.see(0, i < 80 ? 1 : 2);
  r.counts[0].lost += 300;
  r.see(1, 1);  // another source lost nothing
  r.pass(15s);
  r.see(0, 1);
  auto lines = r.take();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].total.packets, 80U);
  EXPECT_DOUBLE_EQ(lines[0].total.all_packets.value, 320);
  EXPECT_DOUBLE_EQ(lines[1].total.all_packets.value, 80);
  EXPECT_TRUE(lines[0].estimated);
  EXPECT_FALSE(lines[2].estimated);
  r.finish();
  lines = r.take();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_FALSE(lines[0].estimated);
  EXPECT_EQ(lines[0].total.all_packets.value, 1);
}

TEST(TrafficLoss, BeforeTheFirstPacketOfASourceCounts) {
  Rig r({total("a")});
  r.counts[0].lost = 9;  // a first sequence number of 9
  r.see(0, 1);
  r.finish();
  const auto lines = r.take();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_DOUBLE_EQ(lines[0].total.all_packets.value, 10);
}

TEST(TrafficLoss, BeforeTheTotalsBeganDoesNot) {
  Rig r({total("a")}, 1U << 20U, {{1000, 500}});
  r.counts[0] = {1000, 500};
  r.see(0, 1);
  r.counts[0].lost += 1;
  r.finish();
  const auto lines = r.take();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_DOUBLE_EQ(lines[0].total.all_packets.value, 2);
}

// All of an interval was lost, or it was told after its end: the next line of the source has it, so
// that the estimates of all intervals add up to what there was.
TEST(TrafficLoss, OfASourceWithoutPacketsWaitsForItsNextLine) {
  Rig r({total("a")});
  r.see(0, 1);
  r.pass(60s);
  r.see(1, 1);
  r.counts[0].lost += 4;
  r.pass(60s);
  r.see(1, 1);
  r.see(0, 1);
  r.finish();
  double all = 0;
  for (const auto& line : r.take()) {
    if (line.source == 0) all += line.total.all_packets.value;
  }
  EXPECT_DOUBLE_EQ(all, 6);
}

TEST(TrafficRest, IsAllThatHasNoLine) {
  auto one = total("a");
  one.top = 1;
  one.totals.key = bit(Dimension::src_port);
  one.totals.max = 64;
  Rig r({one});
  for (std::uint32_t i = 0; i < 5000; ++i) {
    Packet packet;
    packet.src = Ip::v4(192, 0, 2, 1);
    packet.has_ports = true;
    packet.src_port = static_cast<std::uint16_t>(i % 4 == 0 ? 7 : i);
    ++r.counts[0].received;
    r.traffic.add(r.now, "s", Frame{.wire_len = 60}, packet, {});
  }
  r.finish();
  const auto lines = r.take();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].total.key.src_port, 7);
  EXPECT_GE(lines[0].total.packets, 1250U - 2 * 5000 / 64);
  EXPECT_TRUE(lines[1].rest);
  EXPECT_GE(lines[1].keys, 3749U);
  EXPECT_EQ(lines[0].total.packets + lines[1].total.packets, 5000U);
  EXPECT_EQ(lines[0].total.octets + lines[1].total.octets, 300'000U);
}

TEST(TrafficMemory, IsBoundedOverAllSourcesAndTotals) {
  Rig r({total("a"), total("b")}, 3072);  // three tables
  for (SourceId id = 0; id < 100; ++id) {
    r.see(id, 1);
    r.see(id, 1);
  }
  EXPECT_EQ(r.refused.size(), 197U);  // each is said once
  EXPECT_EQ(r.refused.front(), "b 1");
  r.finish();
  EXPECT_EQ(r.take().size(), 3U);
  // A source without packets for an interval gives its memory back.
  const std::pair<SourceId, std::size_t> intervals[] = {{0, 2}, {50, 1}, {50, 2}};
  for (const auto& [id, tables] : intervals) {
    r.see(id, 1);
    r.finish();
    EXPECT_EQ(r.take().size(), tables);
  }
}

TEST(TrafficMemory, ATableWithLatenciesCountsForFive) {
  auto with = total("a");
  with.totals.latency = true;
  Rig r({with}, 5120 + 1024);
  r.see(0, 1);
  r.see(1, 1);
  EXPECT_EQ(r.refused, std::vector<std::string>{"a 1"});
}

TEST(TrafficMemory, WhatTheSystemDoesNotGiveIsRefused) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer ends the program where memory is refused";
#endif
  auto large = total("a");
  large.totals.max = std::size_t{1} << 31U;
  large.totals.latency = true;
  Rig r({large}, std::numeric_limits<std::size_t>::max());
  r.see(0, 1);
  EXPECT_EQ(r.refused, std::vector<std::string>{"a 0"});
  r.finish();
  EXPECT_TRUE(r.take().empty());
}

TEST(TrafficPrefix, HasANumberForAnIntervalOnly) {
  Rig r({total("a", 60s, bit(Dimension::prefix))});
  for (int round = 0; round < 3; ++round) {
    const auto of = [round](int i) { return std::to_string(round) + " rule " + std::to_string(i); };
    for (int i = 0; i < 1000; ++i) r.see(0, 1, 1, of(i));
    for (int i = 0; i < 1000; ++i) r.see(0, 1, 1, of(i));
    r.see(0, 1);
    r.pass(60s);
    r.traffic.age(r.now);
    std::map<std::string, std::uint64_t> packets;
    for (const auto& line : r.take())
      packets[line.rest ? "rest" : line.prefix] += line.total.packets;
    ASSERT_EQ(packets.size(), 101U);
    EXPECT_EQ(packets["rest"], 2001U - 200);
    EXPECT_EQ(packets[of(0)], 2U);
  }
}

TEST(TrafficPrefix, ThoseBeyondTheBoundHaveNone) {
  auto many = total("a", 60s, bit(Dimension::prefix));
  many.totals.max = 8192;
  many.top = 8192;
  Rig r({many});
  for (int i = 0; i < 5000; ++i) r.see(0, 1, 1, "rule " + std::to_string(i));
  r.finish();
  std::uint64_t without = 0, with = 0;
  for (const auto& line : r.take()) (line.prefix.empty() ? without : with) += line.total.packets;
  EXPECT_EQ(with, 4096U);
  EXPECT_EQ(without, 904U);
}

}  // namespace
}  // namespace netweir
