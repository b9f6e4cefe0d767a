// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <linux/rtnetlink.h>
#include <sys/resource.h>

#include <string>
#include <string_view>
#include <vector>

#include "kit/hex.h"
#include "netlink/link_messages.h"
#include "rig.h"
#include "run/pipeline.h"

namespace netweir {
namespace {

using run::Pipeline;
using namespace std::chrono_literals;
using Told = std::vector<std::string>;

const SourceKind kind{.name = "pcap"};

struct Rig {
  explicit Rig(config::Stations settings = {}, std::vector<std::string> events = {"station"},
               Pipeline::Mode mode = Pipeline::Mode::live, bool guarded = true)
      : pipeline(mode, {"0", "i", "h", 1}, {}, true, links, outputs,
                 [this](Note::Level, std::string_view text) { said.emplace_back(text); }) {
    test::open_memory(outputs, std::move(events));
    pipeline.set_stations(settings, guarded);
    id = pipeline.add({"a", &kind, {}});
    for (const int index : {3, 4})
      netlink::add(links, {.ifindex = index, .name = "swp" + std::to_string(index)});
  }
  LinkId link(std::uint32_t index) { return links.scope("").by_index(index); }
  /// A frame of the station 02:00:00:00:00:NN, in what way `change` says.
  template <class Change>
  void see(std::chrono::nanoseconds when, std::string_view last, std::uint32_t index,
           Change change) {
    const auto data = test::hex(
        "ffffffffffff"
        "0200000000" +
        std::string(last) + "88b5" + std::string(92, '0'));
    const AgeTime age{1h + when};
    if (age > now) now = age;
    pipeline.begin({now, WallTime{500000h + when}});
    Frame f{.data = data, .source = id, .at = WallTime{500000h + when}};
    f.in = link(index);
    f.wire_len = static_cast<std::uint32_t>(data.size());
    change(f);
    pipeline.frames({&f, 1});
  }
  void see(std::chrono::nanoseconds when, std::string_view last, std::uint32_t index) {
    see(when, last, index, [](Frame&) {});
  }
  void wait(std::chrono::nanoseconds when) {
    now = AgeTime{1h + when};
    pipeline.begin({now, WallTime{500000h + when}});
    pipeline.age();
  }
  Told told() {
    Told out;
    for (auto& line : test::read_back(outputs)) {
      if (line["event_type"] != "station") continue;
      const auto& s = line["station"];
      auto text = std::string(s["action"]) + " " + std::string(s["mac"]).substr(15) + " " +
                  line.value("in_iface", "?");
      for (const auto* key : {"reason", "previous_iface"})
        if (s.contains(key)) text += " " + std::string(s[key]);
      for (const auto* key : {"duration", "idle", "sample_rate"})
        if (s.contains(key)) text += " " + s[key].dump();
      if (line.contains("vlan")) text += " " + line["vlan"].dump();
      out.push_back(text);
    }
    return out;
  }
  netlink::LinkTable links;
  run::Outputs outputs;
  std::vector<std::string> said;
  Pipeline pipeline;
  SourceId id = 0;
  AgeTime now{};
};

TEST(PipelineStations, AreNewThenMovedThenExpired) {
  Rig r;
  r.see(0s, "01", 3);
  r.see(10s, "01", 3);
  r.see(20s, "01", 4, [](Frame& f) { f.one_in = 100; });
  r.see(25s, "02", 3);
  r.wait(320s);
  r.wait(324s);
  r.wait(330s);
  EXPECT_EQ(r.told(), (Told{"NEW 01 swp3", "MOVED 01 swp4 swp3 100", "NEW 02 swp3",
                            "EXPIRED 01 swp4 age 20.0 300.0", "EXPIRED 02 swp3 age 0.0 305.0"}));
}

TEST(PipelineStations, AreOfTheirVlanAndDomain) {
  Rig r;
  const auto tagged = [](Frame& f) {
    f.tag = {0x8100, 300};
    f.tagged = true;
  };
  r.see(0s, "01", 3);
  r.see(1s, "01", 4, tagged);
  r.see(2s, "01", 3);
  Values values;
  values.set("domain", std::string("other"));
  r.id = r.pipeline.add({"b", &kind, values});
  r.see(3s, "01", 4);
  EXPECT_EQ(r.told(), (Told{"NEW 01 swp3", "NEW 01 swp4 [300]", "NEW 01 swp4"}));
}

TEST(PipelineStations, AreNotLearnedFromWhatSaysNothing) {
  Rig r;
  r.see(0s, "01", 3, [](Frame& f) { f.direction = Direction::egress; });
  r.see(0s, "01", 0);
  r.see(0s, "01", 3, [](Frame& f) { f.link = linktype::raw; });
  r.see(0s, "01", 3, [](Frame& f) { f.data = f.data.first(11); });
  const auto from = [&](std::string_view sender) {
    const auto data = test::hex("ffffffffffff" + std::string(sender) + "88b5");
    r.see(0s, "01", 3, [&](Frame& f) { f.data = data; });
  };
  from("000000000000");
  from("010000000001");
  from("ffffffffffff");
  EXPECT_EQ(r.told(), Told{});
  EXPECT_EQ(r.pipeline.ledger(r.id).received(), 7U);
}

TEST(PipelineStations, AreBehindThePortOfABridge) {
  Rig r;
  NflogExtra extra;
  extra.phys_in = r.link(4);
  r.see(0s, "01", 3, [&](Frame& f) { f.nflog = &extra; });
  extra.phys_in = 0;
  r.see(1s, "02", 3, [&](Frame& f) { f.nflog = &extra; });
  EXPECT_EQ(r.told(), (Told{"NEW 01 swp4", "NEW 02 swp3"}));
}

TEST(PipelineStations, WhatTheLimitHoldsBackIsToldByALaterFrame) {
  Rig r({.rate = 1, .burst = 2});
  for (const auto* station : {"01", "02", "03"}) r.see(0s, station, 3);
  r.see(0s, "04", 4);  // another interface has its own
  r.see(0s, "01", 3);
  r.see(500ms, "03", 3);
  r.see(1s, "03", 3);
  r.see(1s, "01", 4);
  r.see(1s, "03", 4);
  r.see(1s, "02", 4);  // over the limit: stays where it was
  r.see(1s, "02", 3);
  r.see(2s, "02", 4);
  r.wait(400s);
  const auto told = r.told();
  ASSERT_EQ(told.size(), 11U);
  EXPECT_EQ(Told(told.begin(), told.begin() + 7),
            (Told{"NEW 01 swp3", "NEW 02 swp3", "NEW 04 swp4", "NEW 03 swp3", "MOVED 01 swp4 swp3",
                  "MOVED 03 swp4 swp3", "MOVED 02 swp4 swp3"}));
  for (std::size_t i = 7; i < told.size(); ++i)
    EXPECT_EQ(told[i].substr(0, 8), "EXPIRED ") << told[i];
}

TEST(PipelineStations, AFullTableTellsWhoMadeRoom) {
  Rig r({.max = 2}, {"station", "alert", "stats"});
  r.pipeline.set_stats(10s);
  r.wait(0s);
  for (const auto* station : {"01", "02", "03", "04"}) r.see(1s, station, 3);
  r.wait(11s);
  std::size_t news = 0, gone = 0, alerts = 0;
  nlohmann::json stats;
  for (const auto& line : test::read_back(r.outputs)) {
    if (line["event_type"] == "alert") {
      ++alerts;
      EXPECT_EQ(line["alert"]["kind"], "table_full");
      EXPECT_EQ(std::string(line["alert"]["message"]).substr(0, 12), "stations.max");
    } else if (line["event_type"] == "stats") {
      stats = line["stats"]["stations"];
    } else if (line["station"]["action"] == "NEW") {
      ++news;
    } else {
      ++gone;
      EXPECT_EQ(line["station"]["reason"], "table_full");
    }
  }
  EXPECT_EQ(news, 4U);
  EXPECT_EQ(gone, 2U);
  EXPECT_EQ(alerts, 1U);
  EXPECT_EQ(stats.dump(), R"({"count":2,"evicted":2,"max":2,"suppressed":0})");
  ASSERT_EQ(r.said.size(), 1U);
  EXPECT_EQ(r.said.front().substr(0, 55),
            "the table of stations is full (stations.max 2): those o");
}

TEST(PipelineStations, AreNotThereWhereNobodyAsks) {
  Rig r({}, {"stats"});
  r.pipeline.set_stats(10s);
  r.wait(0s);
  r.see(1s, "01", 3);
  r.wait(11s);
  const auto lines = test::read_back(r.outputs);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_FALSE(lines.front()["stats"].contains("stations"));
  EXPECT_EQ(r.pipeline.next_due(), AgeTime{1h + 21s});
}

TEST(PipelineStations, WhatTheSystemDoesNotGiveIsRefused) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the sanitizer ends the program where memory is refused";
#endif
  Rig r({.max = std::size_t{1} << 24U}, {"station", "alert"});
  rlimit usual{};
  ASSERT_EQ(::getrlimit(RLIMIT_AS, &usual), 0);
  const rlimit tight{.rlim_cur = rlim_t{1} << 30U, .rlim_max = usual.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &tight), 0);
  r.see(0s, "01", 3);
  r.see(1s, "02", 3);
  ASSERT_EQ(::setrlimit(RLIMIT_AS, &usual), 0);
  const auto lines = test::read_back(r.outputs);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["alert"]["message"],
            "no memory for the table of stations: there are no station events");
  ASSERT_EQ(r.said.size(), 1U);
  EXPECT_EQ(r.said[0], std::string(lines[0]["alert"]["message"]) + "; lower stations.max");
}

TEST(PipelineStations, ALargeTableIsSweptInParts) {
  Rig r({.rate = 0, .burst = 0});
  constexpr int all = 200;
  for (int i = 0; i < all; ++i) {
    const char digits[] = "0123456789abcdef";
    r.see(0s, std::string{digits[i / 16], digits[i % 16]}, 3);
  }
  const auto due = r.pipeline.next_due();
  EXPECT_GT(due, AgeTime{1h});
  r.wait(301s);
  EXPECT_EQ(r.pipeline.next_due(), AgeTime{1h + 301s});  // at once, in the next turn
  for (int turn = 0; turn < 64 && r.pipeline.next_due() == AgeTime{1h + 301s}; ++turn) r.wait(301s);
  EXPECT_EQ(r.pipeline.next_due(), AgeTime::max());
  EXPECT_EQ(r.told().size(), std::size_t{2} * all);
}

TEST(PipelineStations, InAReplayNothingAgesUnlessAsked) {
  for (const bool guarded : {false, true}) {
    Rig r({}, {"station"}, Pipeline::Mode::replay, guarded);
    for (int minute = 0; minute < 20; ++minute)
      r.see(std::chrono::minutes{minute}, minute == 0 ? "01" : "02", 3);
    const auto told = r.told();
    EXPECT_EQ(told.size(), guarded ? 3U : 2U);
  }
}

TEST(PipelineStations, HostileTimesEndNothing) {
  for (const auto mode : {Pipeline::Mode::live, Pipeline::Mode::replay}) {
    Rig r({}, {"station"}, mode);
    const auto at = [](WallTime time) { return [time](Frame& f) { f.at = time; }; };
    r.see(0s, "01", 3);
    r.see(0s, "02", 3, at(WallTime::max()));
    r.see(0s, "03", 3, at(WallTime::min()));
    r.see(0s, "04", 3, at(WallTime::max()));
    EXPECT_EQ(r.told().size(), 4U);
  }
  Rig r;
  r.see(0s, "01", 3);
  r.pipeline.begin({AgeTime::max(), WallTime::max()});
  r.pipeline.age();
  EXPECT_EQ(r.told().size(), 2U);
}

}  // namespace
}  // namespace netweir
