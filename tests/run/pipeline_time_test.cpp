// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>

#include "kit/hex.h"
#include "rig.h"
#include "run/pipeline.h"

namespace netweir {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using run::Pipeline;

const SourceKind file_like{.name = "pcap", .finite = [](const Values&) { return true; }};
const SourceKind live_like{.name = "nflog"};
constexpr std::int64_t base = 1'700'000'000;
constexpr std::int64_t years = std::int64_t{365} * 86400;

config::Traffic total(std::chrono::nanoseconds interval) {
  config::Traffic t;
  t.name = "t";
  t.interval = interval;
  t.totals.key = bit(Dimension::src_ip);
  t.totals.max = 64;
  return t;
}

struct Rig {
  explicit Rig(Pipeline::Mode mode, const SourceKind& kind = file_like, bool guarded = true,
               std::chrono::nanoseconds expire_after = 10min)
      : pipeline(mode, {"0", "i", "h", 1}, bindings(expire_after), guarded, links, outputs,
                 [this](Note::Level, std::string_view text) { said.emplace_back(text); }) {
    test::open_memory(outputs, {"binding", "alert", "traffic"});
    pipeline.set_traffic({total(60s), total(24h)});
    SourceConfig config{"s", &kind, {}};
    config.values.set("domain", std::string("default"));
    source = pipeline.add(config);
  }
  static config::Bindings bindings(std::chrono::nanoseconds expire_after) {
    config::Bindings b;
    b.expire_after = expire_after;
    return b;
  }
  // scapy: Ether(src="02:00:00:00:00:01",dst="ff:ff:ff:ff:ff:ff")/ARP(op=1,hwsrc=...,
  // psrc="192.0.2.1",pdst="192.0.2.2"), with another host's number in the three places
  void see(std::chrono::nanoseconds at, std::uint8_t host = 1) {
    auto data = test::hex(
        "ffffffffffff020000000001 0806 0001080006040001020000000001c0000201000000000000c0000202");
    data[11] = data[27] = data[31] = host;
    Frame f{.data = data, .source = source, .at = WallTime{at}};
    f.wire_len = static_cast<std::uint32_t>(data.size());
    pipeline.frames({&f, 1});
  }
  void see(std::int64_t seconds, std::uint8_t host = 1) {
    see(std::chrono::nanoseconds{std::chrono::seconds{seconds}}, host);
  }
  void hosts(std::int64_t seconds) {
    for (std::uint8_t host = 1; host <= 100; ++host) see(seconds, host);
  }
  void clock(std::chrono::nanoseconds age, std::chrono::nanoseconds wall) {
    pipeline.begin({AgeTime{age}, WallTime{wall}});
    pipeline.age();
  }
  const std::vector<json>& lines() {
    if (read.empty()) {
      pipeline.finish();
      read = test::read_back(outputs);
    }
    return read;
  }
  std::vector<json> alerts() {
    std::vector<json> out;
    for (const auto& line : lines()) {
      if (line["event_type"] != "alert") continue;
      EXPECT_EQ(line["alert"]["kind"], "time_jump");
      out.push_back(line);
    }
    return out;
  }
  std::int64_t actions(const char* action) {
    return std::count_if(lines().begin(), lines().end(), [&](const json& line) {
      return line["event_type"] == "binding" && line["binding"]["action"] == action;
    });
  }
  netlink::LinkTable links;
  run::Outputs outputs;
  std::vector<std::string> said;
  std::vector<json> read;
  Pipeline pipeline;
  SourceId source = 0;
};

TEST(PipelineTime, AWildStampAgesNothing) {
  for (const auto wild : {base + 80 * years, base - years, base + 3602, base - 3600}) {
    Rig r(Pipeline::Mode::replay);
    r.hosts(base);
    r.see(wild, 1);
    r.hosts(base + 1);
    const auto alerts = r.alerts();
    ASSERT_EQ(alerts.size(), wild == base - 3600 ? 0U : 1U) << wild;
    EXPECT_EQ(r.actions("NEW"), 100);
    EXPECT_EQ(r.actions("EXPIRED"), 0);
    EXPECT_EQ(r.said.size(), alerts.size());
  }
}

TEST(PipelineTime, AnAlertHasTheTimesAndTheSource) {
  Rig r(Pipeline::Mode::replay);
  r.see(base);
  r.see(base + 80 * years);
  const auto alerts = r.alerts();
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_EQ(alerts[0]["source"]["name"], "s");
  EXPECT_EQ(alerts[0]["alert"]["count"], 1);
  EXPECT_EQ(alerts[0]["alert"]["from"], "2023-11-14T22:13:20.000000000Z");
  EXPECT_EQ(alerts[0]["alert"]["to"], "2103-10-26T22:13:20.000000000Z");
  EXPECT_EQ(alerts[0]["timestamp"], alerts[0]["alert"]["to"]);
}

// `expire_after` counts the time in which somebody watched.
TEST(PipelineTime, APauseOfTwoHoursAgesNothing) {
  for (const auto pause : {std::int64_t{7200}, 80 * years, -80 * years}) {
    Rig r(Pipeline::Mode::replay);
    r.hosts(base);
    r.see(base + 300, 1);
    for (const auto later : {0, 1, 2, 299}) r.see(base + 300 + pause + later, 1);
    EXPECT_EQ(r.pipeline.tracker().size(), 100U);
    r.see(base + 300 + pause + 303, 1);  // 10 minutes watched without the other 99
    EXPECT_EQ(r.actions("EXPIRED"), 99) << pause;
    EXPECT_EQ(r.alerts().size(), 1U) << pause;
  }
}

TEST(PipelineTime, StampsThatJumpWithEveryPacketAreOneAlertAMinute) {
  Rig r(Pipeline::Mode::replay);
  std::uint64_t jumps = 0;
  for (int i = 0; i < 1000; ++i) {
    r.see(base + i / 5, 1);  // 200 s
    r.see(base + (i % 7 - 3) * 9 * years + 7200, static_cast<std::uint8_t>(2 + i % 90));
    ++jumps;
  }
  const auto alerts = r.alerts();
  EXPECT_EQ(alerts.size(), 4U);
  std::uint64_t told = 0;
  for (const auto& line : alerts) told += line["alert"]["count"].get<std::uint64_t>();
  EXPECT_LE(told, jumps);
  EXPECT_GT(told, jumps * 3 / 4);
  EXPECT_EQ(r.actions("EXPIRED"), 0);
}

TEST(PipelineTime, TotalsDoNotStepOverDecades) {
  Rig r(Pipeline::Mode::replay);
  for (const std::int64_t at :
       {std::int64_t{0}, std::int64_t{1}, 80 * years, 80 * years + 1, 80 * years + 2,
        80 * years + 90, std::int64_t{7}, std::int64_t{8}, std::int64_t{9}})
    r.see(base + at);
  std::vector<std::pair<std::string, std::uint64_t>> minutes;
  std::uint64_t packets = 0;
  for (const auto& line : r.lines()) {
    if (line["event_type"] != "traffic") continue;
    packets += line["traffic"]["packets"].get<std::uint64_t>();
    const std::string from = line["traffic"]["from"], to = line["traffic"]["to"];
    EXPECT_LE(from, to);
    minutes.emplace_back(from.substr(0, 19), line["traffic"]["packets"]);
  }
  EXPECT_EQ(packets, 18U) << "each in both totals";
  ASSERT_EQ(minutes.size(), 7U);
  EXPECT_EQ(std::count(minutes.begin(), minutes.end(),
                       std::pair(std::string("2023-11-14T22:13:00"), std::uint64_t{4})),
            1)
      << "the doubtful are of the interval that is open";
}

// An interval that holds both times goes on, and ends when it is over.
TEST(PipelineTime, APauseInsideAnInterval) {
  Rig r(Pipeline::Mode::replay);
  const std::int64_t midnight = base / 86400 * 86400;
  for (const std::int64_t hour : {1, 4, 4, 4, 5, 6, 7}) r.see(midnight + hour * 3600);
  for (std::int64_t hour = 8; hour <= 25; ++hour) r.see(midnight + hour * 3600);
  std::vector<std::uint64_t> days;
  for (const auto& line : r.lines()) {
    if (line["event_type"] != "traffic") continue;
    const std::string from = line["traffic"]["from"];
    if (from.substr(11, 8) == "00:00:00" && line["traffic"]["packets"] != 1)
      days.push_back(line["traffic"]["packets"]);
  }
  EXPECT_EQ(days, (std::vector<std::uint64_t>{23, 2}));
}

TEST(PipelineTime, TimesAtTheirEnds) {
  constexpr auto least = std::chrono::nanoseconds::min(), most = std::chrono::nanoseconds::max();
  Rig r(Pipeline::Mode::replay, file_like, true, 10s);
  std::uint8_t host = 1;
  for (const auto at : {most, least, most, most, most, most, least, least, least, least + 1s,
                        least + 30s, std::chrono::nanoseconds{0s}, most - 1min, most - 1min,
                        most - 1min, most - 30s, most, most})
    r.see(at, host++);
  EXPECT_GT(r.actions("EXPIRED"), 0);
  for (const auto& line : r.lines()) {
    if (line["event_type"] != "binding") continue;
    EXPECT_LE(line["binding"]["first_seen"], line["binding"]["last_seen"]);
  }
}

TEST(PipelineTime, AReplayWithoutAConfigurationSaysNothing) {
  Rig r(Pipeline::Mode::replay, file_like, false);
  r.see(base);
  for (int i = 0; i < 5; ++i) r.see(base + 80 * years);
  EXPECT_TRUE(r.alerts().empty());
  EXPECT_TRUE(r.said.empty());
}

TEST(PipelineTime, ACaptureInARunHasATimeOfItsOwn) {
  Rig r(Pipeline::Mode::live);
  r.clock(5s, 1'800'000'000s);
  r.hosts(base);
  r.see(base + 80 * years, 1);
  r.see(base - years, 2);
  r.hosts(base + 300);
  EXPECT_EQ(r.pipeline.tracker().size(), 100U);
  r.clock(70s, 1'800'000'065s);
  r.see(base + 80 * years, 1);
  const auto alerts = r.alerts();
  ASSERT_EQ(alerts.size(), 2U);
  EXPECT_EQ(alerts[0]["alert"]["count"], 1);
  EXPECT_EQ(alerts[1]["alert"]["count"], 2);
  EXPECT_EQ(r.actions("NEW"), 100);
  EXPECT_EQ(r.actions("EXPIRED"), 0);
}

TEST(PipelineTime, ACaptureThatIsReadAgainBeginsAnew) {
  Rig r(Pipeline::Mode::live);
  r.clock(5s, 1'800'000'000s);
  for (int life = 0; life < 2; ++life) {
    SourceConfig config{"s", &file_like, {}};
    config.values.set("domain", std::string("default"));
    EXPECT_EQ(r.pipeline.add(config), r.source);
    for (const std::int64_t later : {std::int64_t{0}, 9 * years, std::int64_t{1}, 8 * years})
      r.see(base + later);
  }
  const auto alerts = r.alerts();
  ASSERT_EQ(alerts.size(), 2U);
  for (const auto& line : alerts) EXPECT_EQ(line["alert"]["count"], 1);
}

TEST(PipelineTime, ASetClockIsOneAlertOfNoSourceAndAgesNothing) {
  for (const std::int64_t by : {std::int64_t{86400}, std::int64_t{-86400}, 80 * years}) {
    Rig r(Pipeline::Mode::live, live_like);
    r.clock(1s, std::chrono::seconds{base});
    r.hosts(base);
    for (int i = 2; i < 300; ++i) {
      r.clock(std::chrono::seconds{i}, std::chrono::seconds{base + i - 1 + by});
      r.see(base + i - 1 + by, 1);  // its time is that of the clock
    }
    r.hosts(base + by + 299);
    const auto alerts = r.alerts();
    ASSERT_EQ(alerts.size(), 1U) << by;
    EXPECT_FALSE(alerts[0].contains("source"));
    EXPECT_EQ(alerts[0]["alert"]["from"], "2023-11-14T22:13:22.000000000Z");
    EXPECT_EQ(r.actions("EXPIRED"), 0);
    for (const auto& line : r.lines()) {
      if (line["event_type"] != "binding") continue;
      EXPECT_LE(line["binding"]["first_seen"], line["binding"]["last_seen"]);
    }
  }
}

TEST(PipelineTime, AClockThatIsSetAllTheTimeIsOneAlertAMinute) {
  Rig r(Pipeline::Mode::live, live_like);
  for (int i = 1; i <= 240; ++i)
    r.clock(std::chrono::seconds{i}, std::chrono::seconds{base + i + (i / 4 % 2) * 86400});
  std::uint64_t told = 0;
  for (const auto& line : r.alerts()) told += line["alert"]["count"].get<std::uint64_t>();
  EXPECT_EQ(r.alerts().size(), 4U);
  EXPECT_GE(told, 45U);
  EXPECT_LE(told, 60U);
}

}  // namespace
}  // namespace netweir
