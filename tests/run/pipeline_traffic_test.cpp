// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "kit/hex.h"
#include "rig.h"
#include "run/pipeline.h"

namespace netweir {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using run::Pipeline;
using test::hex;

const SourceKind pcap_like{.name = "pcap"};

constexpr std::string_view arp =
    "ffffffffffff020000000001 0806 0001080006040001020000000001c0000201000000000000c0000202";

config::Traffic total(std::string name, DimensionSet key, std::chrono::nanoseconds interval = 60s) {
  config::Traffic t;
  t.name = std::move(name);
  t.interval = interval;
  t.totals.key = key;
  t.totals.max = 4096;
  return t;
}

struct Rig {
  explicit Rig(Pipeline::Mode mode, const std::vector<config::Traffic>& totals)
      : pipeline(mode, {"0", "i", "h", 1}, {}, false, links, outputs,
                 [](Note::Level, std::string_view) {}) {
    test::open_memory(outputs, {"traffic"});
    pipeline.set_traffic(totals);
    SourceConfig config{"s", &pcap_like, {}};
    config.values.set("domain", std::string("default"));
    source = pipeline.add(config);
  }
  void at(std::chrono::nanoseconds seconds) {
    pipeline.begin({AgeTime{seconds}, WallTime{1'700'000'000s + seconds}});
  }
  void see(std::int64_t seconds = 0, std::string_view octets = arp) {
    const auto data = hex(octets);
    Frame f{.data = data, .source = source, .at = WallTime{std::chrono::seconds{seconds}}};
    f.wire_len = static_cast<std::uint32_t>(data.size());
    pipeline.frames({&f, 1});
  }
  void lose(std::uint64_t count) {
    pipeline.loss({.source = source, .count = count, .cause = "test"});
  }
  /// The lines of all that is over, and of what is open.
  std::vector<json> lines() {
    pipeline.finish();
    std::vector<json> out;
    for (auto& line : test::read_back(outputs)) {
      if (line["event_type"] == "traffic") out.push_back(line);
    }
    return out;
  }
  netlink::LinkTable links;
  run::Outputs outputs;
  Pipeline pipeline;
  SourceId source = 0;
};

// What begins a turn ends the intervals that are over: the packet that comes next, and a loss that
// is told before it, belong to the next one.
TEST(PipelineTraffic, APacketAndItsLossAreOfOneInterval) {
  Rig r(Pipeline::Mode::live, {total("a", bit(Dimension::src_ip))});
  r.at(0s);
  r.lose(2);
  r.see();
  r.at(100s);
  r.lose(4);
  r.see();
  r.at(200s);
  r.see();
  std::vector<std::uint64_t> estimates, seen;
  for (const auto& line : r.lines()) {
    seen.push_back(line["traffic"]["packets"]);
    estimates.push_back(line["traffic"].value("est_packets", std::uint64_t{0}));
  }
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{1, 1, 1}));
  EXPECT_EQ(estimates, (std::vector<std::uint64_t>{3, 5, 0}));
}

TEST(PipelineTraffic, AReplayGoesByThePacketsTimeWhichNeverGoesBack) {
  Rig r(Pipeline::Mode::replay, {total("a", bit(Dimension::src_ip))});
  for (const std::int64_t seconds :
       std::initializer_list<std::int64_t>{30, 59, 10, 60, 5, 61, 4000000000, 7})
    r.see(seconds);
  const auto lines = r.lines();
  ASSERT_EQ(lines.size(), 3U);
  const auto text = [&](std::size_t i, const char* key) {
    return lines.at(i)["traffic"][key].get<std::string>();
  };
  EXPECT_EQ(lines[0]["traffic"]["packets"], 3);
  EXPECT_EQ(text(0, "from"), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(text(0, "to"), "1970-01-01T00:01:00.000000000Z");
  EXPECT_EQ(lines[0]["timestamp"], lines[0]["traffic"]["to"]);
  EXPECT_EQ(lines[1]["traffic"]["packets"], 3);
  EXPECT_EQ(lines[2]["traffic"]["packets"], 2);
  EXPECT_EQ(text(2, "to"), "2096-10-02T07:06:40.000000000Z");  // where the last packet is
}

TEST(PipelineTraffic, AReloadEndsTheOldAndBeginsTheNew) {
  Rig r(Pipeline::Mode::live, {total("old", bit(Dimension::src_ip))});
  r.at(0s);
  for (int i = 0; i < 5; ++i) r.see();
  r.lose(5);
  r.at(1s);
  r.pipeline.set_traffic({total("new", bit(Dimension::proto))});
  r.lose(3);
  for (int i = 0; i < 3; ++i) r.see();
  r.at(2s);
  r.pipeline.set_traffic({});
  r.see();
  const auto lines = r.lines();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["traffic"]["name"], "old");
  EXPECT_EQ(lines[0]["traffic"]["packets"], 5);
  EXPECT_EQ(lines[0]["traffic"]["est_packets"], 10);
  EXPECT_EQ(lines[1]["traffic"]["name"], "new");
  EXPECT_EQ(lines[1]["traffic"]["proto"], "ARP");
  EXPECT_EQ(lines[1]["traffic"]["packets"], 3);
  EXPECT_EQ(lines[1]["traffic"]["est_packets"], 6);
}

TEST(PipelineTraffic, NothingIsKeptThatNoOutputWants) {
  Rig r(Pipeline::Mode::live, {});
  r.at(0s);
  r.see();
  EXPECT_TRUE(r.lines().empty());
}

std::vector<std::vector<std::uint8_t>> corpus() {
  std::vector<std::string> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(NETWEIR_ROOT "/tests/wire/corpus/decode"))
    paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  std::vector<std::vector<std::uint8_t>> all;
  for (const auto& path : paths) {
    std::ifstream in(path, std::ios::binary);
    all.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return all;
}

// Frames that anybody may send, of any link type: each total of them adds up to what the ledger
// has, less what was filtered and rejected, of which there was no packet.
TEST(PipelineTraffic, LinesBalanceWhateverIsSent) {
  std::vector<config::Traffic> totals;
  for (std::size_t d = 0; d < dimensions; ++d)
    totals.push_back(total(std::to_string(d), DimensionSet{1} << d, 1s * (1 + d)));
  totals.push_back(total("all", (1U << dimensions) - 1));
  totals.push_back(total("one line", (1U << dimensions) - 1));
  totals.back().top = 1;
  totals.back().totals.max = 16;
  for (auto& t : totals) {
    if (t.name != "one line") t.top = 4096;
  }
  Rig r(Pipeline::Mode::replay, totals);
  const auto seeds = corpus();
  ASSERT_GT(seeds.size(), 20U);
  std::mt19937 random{5};  // NOLINT(cert-msc51-cpp): the same each time
  std::uint64_t packets = 0, octets = 0;
  for (int i = 0; i < 4000; ++i) {
    auto data = seeds[random() % seeds.size()];
    for (auto changes = random() % 4; changes > 0 && !data.empty(); --changes)
      data[random() % data.size()] = static_cast<std::uint8_t>(random());
    data.resize(data.size() - random() % (data.size() + 1) / 4);
    constexpr std::uint16_t links[] = {linktype::ethernet, linktype::raw, linktype::linux_sll2,
                                       999};
    PsampleExtra psample;
    psample.has = static_cast<std::uint8_t>(random());
    psample.out_tc = static_cast<std::uint16_t>(random());
    psample.latency_ns = random();
    Frame f{.data = data,
            .wire_len = random() % 3 == 0 ? 0 : static_cast<std::uint32_t>(random()),
            .link = links[random() % 4],
            .source = r.source,
            .tag = {0x8100, static_cast<std::uint16_t>(random())},
            .tagged = random() % 2 == 0,
            .in = static_cast<LinkId>(random() % 3),
            .at = WallTime{1ms * (i * 20 - static_cast<int>(random() % 1000))},
            .one_in = random() % 2 == 0 ? 1.0 : static_cast<double>(random()),
            .group = static_cast<std::uint32_t>(random() % 5),
            .grouped = random() % 2 == 0,
            .psample = random() % 2 == 0 ? &psample : nullptr};
    octets += run::traffic_octets(f, decode(f));
    ++packets;
    r.pipeline.frames({&f, 1});
    if (i % 100 == 0) r.lose(random() % 10);
    if (i % 50 == 0) r.pipeline.count({.source = r.source, .filtered = 3, .rejected = 2});
  }
  const auto lines = r.lines();
  const auto& ledger = r.pipeline.ledger(r.source);
  EXPECT_EQ(ledger.received() - ledger.filtered - ledger.rejected, packets);
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> sums;
  std::map<std::string, std::map<std::string, int>> of_interval;
  for (const auto& line : lines) {
    const auto& t = line["traffic"];
    auto& sum = sums[t["name"]];
    sum.first += t["packets"].get<std::uint64_t>();
    sum.second += t["bytes"].get<std::uint64_t>();
    ++of_interval[t["name"]][t["from"]];
  }
  ASSERT_EQ(sums.size(), totals.size());
  for (const auto& [name, sum] : sums) {
    EXPECT_EQ(sum.first, packets) << name;
    EXPECT_EQ(sum.second, octets) << name;
  }
  for (const auto& [from, count] : of_interval["one line"]) EXPECT_EQ(count, 2) << from;
}

}  // namespace
}  // namespace netweir
