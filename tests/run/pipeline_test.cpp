// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/pipeline.h"

#include <gtest/gtest.h>

#include "kit/hex.h"
#include "rig.h"

namespace netweir {
namespace {

using run::Pipeline;
using test::hex;

const SourceKind pcap_like{.name = "pcap"};
const SourceKind nflog_like{.name = "nflog"};

// scapy:
// Ether(src="02:00:00:00:00:01",dst="ff:ff:ff:ff:ff:ff")/ARP(op=1,hwsrc=...,psrc="192.0.2.1",pdst="192.0.2.2")
constexpr std::string_view arp =
    "ffffffffffff020000000001 0806 0001080006040001020000000001c0000201000000000000c0000202";
constexpr std::string_view tagged =
    "ffffffffffff020000000001 8100a12c 0806 "
    "0001080006040001020000000001c0000201000000000000c0000202";

SourceConfig source(const SourceKind& kind, std::string name, std::string domain = "default") {
  SourceConfig c{std::move(name), &kind, {}};
  c.values.set("domain", std::move(domain));
  return c;
}

/// A pipeline with one output in memory.
struct Rig {
  explicit Rig(Pipeline::Mode mode = Pipeline::Mode::live, config::Bindings bindings = {},
               bool expire = true,
               std::vector<std::string> events = {"binding", "loss", "source", "alert"})
      : pipeline(mode, {"0", "i", "h", 1}, bindings, expire, links, outputs,
                 [this](Note::Level, std::string_view text) { said.emplace_back(text); }) {
    test::open_memory(outputs, std::move(events));
  }
  void see(SourceId id, std::string_view octets, std::int64_t seconds = 1000, LinkId in = 0) {
    const auto data = hex(octets);
    Frame f{.data = data, .source = id, .in = in, .at = WallTime{std::chrono::seconds{seconds}}};
    f.wire_len = static_cast<std::uint32_t>(data.size());
    pipeline.frames({&f, 1});
  }
  std::vector<nlohmann::json> bindings() {
    std::vector<nlohmann::json> out;
    for (auto& line : test::read_back(outputs)) {
      if (line["event_type"] == "binding") out.push_back(line);
    }
    return out;
  }
  netlink::LinkTable links;
  run::Outputs outputs;
  std::vector<std::string> said;
  Pipeline pipeline;
};

TEST(Pipeline, TwoSourcesOfOneDomainMakeOneNew) {
  Rig r;
  const auto a = r.pipeline.add(source(pcap_like, "a"));
  const auto b = r.pipeline.add(source(nflog_like, "b"));
  const auto c = r.pipeline.add(source(pcap_like, "c", "elsewhere"));
  r.see(a, arp);
  r.see(b, arp);
  r.see(c, arp);
  const auto lines = r.bindings();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["source"]["name"], "a");
  EXPECT_EQ(lines[1]["source"]["name"], "c");
  EXPECT_EQ(lines[1]["binding"]["domain"], "elsewhere");
  EXPECT_EQ(r.pipeline.ledger(b).done, 1U);
}

TEST(Pipeline, InterfaceVlanIsForWhatArrivesUntagged) {
  Rig r;
  auto config = source(pcap_like, "a");
  config.values.set("interface_vlan",
                    std::map<std::string, std::int64_t, std::less<>>{{"eth7", 300}});
  const auto a = r.pipeline.add(config);
  const auto eth7 = r.links.scope("file:x").by_name("eth7");
  const auto eth8 = r.links.scope("file:x").by_name("eth8");
  r.see(a, arp, 1, eth7);
  r.see(a, tagged, 2, eth7);  // VID 300 by its tag: the same key
  r.see(a, arp, 3, eth8);
  r.see(a,
        "ffffffffffff020000000001 81000000 0806 "
        "0001080006040001020000000001c0000201000000000000c0000202",
        4,
        eth7);  // a priority tag is no VLAN
  const auto lines = r.bindings();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["vlan"], nlohmann::json({300}));
  EXPECT_EQ(lines[0]["in_iface"], "eth7");
  EXPECT_FALSE(lines[1].contains("vlan"));
  EXPECT_EQ(lines[1]["in_iface"], "eth8");
}

// The attributes are those of `ip link add link eth0 name eth0.300 type vlan id 300`, as iproute2
// encodes the nest and the kernel the rest (linux/if_link.h).
TEST(Pipeline, WhatIsSampledOnItsWayOutHasTheVlanOfWhereItLeaves) {
  Rig r;
  auto config = source(pcap_like, "a");
  config.values.set("interface_vlan",
                    std::map<std::string, std::int64_t, std::less<>>{{"eth7", 300}, {"eth8", 400}});
  const auto id = r.pipeline.add(config);
  auto& links = r.links.scope("a");
  const auto data = hex(arp);
  for (const auto direction : {Direction::egress, Direction::ingress, Direction::unknown}) {
    Frame f{.data = data, .source = id};
    f.in = links.by_name("eth7");
    f.out = links.by_name("eth8");
    f.direction = direction;
    r.pipeline.frames({&f, 1});
  }
  const auto bindings = r.bindings();
  ASSERT_EQ(bindings.size(), 2U);
  EXPECT_EQ(bindings[0]["vlan"], nlohmann::json({400}));
  EXPECT_EQ(bindings[1]["vlan"], nlohmann::json({300}));
  EXPECT_EQ(bindings[0]["in_iface"], "eth7");
  EXPECT_EQ(bindings[0]["out_iface"], "eth8");
}

TEST(Pipeline, AVlanDeviceAndATagOnItsParentAreOneKey) {
  Rig r;
  const auto a = r.pipeline.add(source(pcap_like, "a"));
  auto& links = r.links.scope("");
  const auto eth0 = hex("00000100 03000000 43100100 00000000  0900 0300 65746830 00 000000");
  const auto device =
      hex("00000100 07000000 43100100 00000000  0d00 0300 65746830 2e333030 00 000000  0800 0500 "
          "03000000"
          "1800 1200 0800 0100 766c616e 0c00 0200 0600 0100 2c01 0000");
  ASSERT_TRUE(r.links.message("", 16, eth0));
  ASSERT_TRUE(r.links.message("", 16, device));
  ASSERT_NE(links.by_index(7), 0U);
  r.see(a, arp, 1, links.by_index(7));     // its tag is gone
  r.see(a, tagged, 2, links.by_index(3));  // in-line on the parent
  const auto lines = r.bindings();
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0]["vlan"], nlohmann::json({300}));
  EXPECT_EQ(lines[0]["in_iface"], "eth0.300");
}

TEST(Pipeline, APacketEventComesBeforeItsBindings) {
  Rig r(Pipeline::Mode::live, {}, true, {"binding", "packet"});
  auto config = source(pcap_like, "a");
  config.values.set("interface_vlan",
                    std::map<std::string, std::int64_t, std::less<>>{{"eth7", 300}});
  const auto a = r.pipeline.add(config);
  auto& links = r.links.scope("file:x");
  const auto eth7 = links.by_name("eth7");
  const auto eth8 = links.by_name("eth8");
  const auto data = hex(arp);
  const PsampleExtra psample{.has = PsampleExtra::has_queue, .out_tc = 2};
  const NflogExtra nflog{.hook = 2,
                         .family = 7,
                         .prefix = "p",
                         .phys_in = links.by_name("swp1"),
                         .phys_out = links.by_name("swp2")};
  Frame f{.data = data,
          .wire_len = 60,
          .source = a,
          .in = eth7,
          .out = eth8,
          .at = WallTime{std::chrono::seconds{9}},
          .one_in = 100,
          .group = 4,
          .grouped = true,
          .direction = Direction::ingress,
          .psample = &psample,
          .nflog = &nflog};
  r.pipeline.frames({&f, 1});
  r.see(a, tagged, 10, eth8);                     // the same address in VLAN 300: known
  r.see(a, "ffffffffffff020000000001 88cc", 11);  // nothing that we decode
  const auto lines = test::read_back(r.outputs);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0]["event_type"], "packet");
  EXPECT_EQ(lines[1]["event_type"], "binding");
  for (const char* key : {"timestamp", "source", "in_iface", "out_iface", "vlan"}) {
    EXPECT_EQ(lines[0][key], lines[1][key]) << key;
  }
  EXPECT_EQ(lines[0]["source"], (nlohmann::json{{"name", "a"}, {"type", "pcap"}, {"group", 4}}));
  EXPECT_EQ(lines[0]["vlan"], nlohmann::json({300}));
  EXPECT_EQ(lines[0]["out_iface"], "eth8");
  EXPECT_EQ(lines[0]["timestamp"], "1970-01-01T00:00:09.000000000Z");
  const auto& packet = lines[0]["packet"];
  EXPECT_EQ(packet["src_ip"], "192.0.2.1");
  EXPECT_EQ(packet["length"], 60);
  EXPECT_EQ(packet["captured"], 42);
  EXPECT_EQ(packet["sample_rate"], 100);
  EXPECT_EQ(lines[1]["binding"]["sample_rate"], 100);
  EXPECT_EQ(packet["direction"], "ingress");
  EXPECT_EQ(packet["psample"], (nlohmann::json{{"queue", 2}}));
  EXPECT_EQ(packet["nflog"],
            (nlohmann::json{
                {"prefix", "p"}, {"hook", "forward"}, {"phys_in", "swp1"}, {"phys_out", "swp2"}}));
  EXPECT_EQ(lines[2]["event_type"], "packet");
  EXPECT_EQ(lines[2]["vlan"], nlohmann::json({300}));
  EXPECT_EQ(lines[3]["packet"]["stop"], "unsupported");
  EXPECT_FALSE(lines[3].contains("vlan"));
}

TEST(Pipeline, PacketsAreNotShownUnlessAsked) {
  Rig r;
  const auto a = r.pipeline.add(source(pcap_like, "a"));
  r.see(a, arp);
  r.see(a, "ffffffffffff020000000001 88cc");
  EXPECT_EQ(r.pipeline.events(), 1U);
  EXPECT_EQ(test::read_back(r.outputs).size(), 1U);
}

TEST(Pipeline, ExpiredComesBeforeThePacketsOfItsTime) {
  config::Bindings b;
  b.expire_after = std::chrono::seconds{60};
  Rig r(Pipeline::Mode::replay, b, true, {"binding", "packet"});
  const auto a = r.pipeline.add(source(pcap_like, "a"));
  r.see(a, arp, 100);
  r.see(a, "ffffffffffff020000000001 88cc", 160);
  std::vector<std::string> types;
  for (const auto& line : test::read_back(r.outputs)) types.push_back(line["event_type"]);
  EXPECT_EQ(types, (std::vector<std::string>{"hello", "packet", "binding", "binding", "packet"}));
}

TEST(Pipeline, ReplayBeginsWithTheFirstPacketsTime) {
  Rig r(Pipeline::Mode::replay);
  const auto a = r.pipeline.add(source(pcap_like, "a"));
  r.pipeline.state(a, SourceState::up, {});
  r.see(a, arp, 5);
  r.see(a, arp, 3);
  const Event last = r.pipeline.goodbye_event("finished");
  const auto lines = test::read_back(r.outputs, &last);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0]["event_type"], "hello");
  EXPECT_EQ(lines[0]["timestamp"], "1970-01-01T00:00:05.000000000Z");
  EXPECT_EQ(lines[1]["event_type"], "source");
  EXPECT_EQ(lines[2]["event_type"], "binding");
  EXPECT_EQ(lines[3]["event_type"], "goodbye");
  EXPECT_EQ(lines[3]["timestamp"], "1970-01-01T00:00:03.000000000Z");
}

TEST(Pipeline, AReplayOfNothingIsFramed) {
  Rig r(Pipeline::Mode::replay);
  r.pipeline.state(r.pipeline.add(source(pcap_like, "a")), SourceState::up, {});
  const Event last = r.pipeline.goodbye_event("finished");
  const auto lines = test::read_back(r.outputs, &last);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0]["event_type"], "hello");
  EXPECT_EQ(lines[2]["goodbye"]["sources"][0]["received"], 0);
}

TEST(Pipeline, ExpiredComesBeforeThePacketThatAdvancedTheTime) {
  config::Bindings b;
  b.expire_after = std::chrono::seconds{60};
  Rig r(Pipeline::Mode::replay, b);
  const auto a = r.pipeline.add(source(pcap_like, "a"));
  r.see(a, arp, 100);
  r.see(a, "ffffffffffff020000000002 0806 0001080006040001020000000002c0000203000000000000c0000202",
        160);
  const auto lines = r.bindings();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1]["binding"]["action"], "EXPIRED");
  EXPECT_EQ(lines[1]["timestamp"], "1970-01-01T00:02:40.000000000Z");
  EXPECT_FALSE(lines[1].contains("source"));
  EXPECT_EQ(lines[2]["binding"]["ip"], "192.0.2.3");
}

TEST(Pipeline, AFullTableIsOneAlertAMinute) {
  config::Bindings b;
  b.max = 1;
  Rig r(Pipeline::Mode::replay, b, false);
  const auto a = r.pipeline.add(source(pcap_like, "a"));
  for (int i = 0; i < 130; ++i) {
    std::string octets(arp);
    const char digits[] = "0123456789abcdef";
    octets.replace(octets.find("c0000201"), 8,
                   std::string("c00003") + digits[i / 16 % 16] + digits[i % 16]);
    r.see(a, octets, 1000 + i);
  }
  std::vector<std::uint64_t> counts;
  for (const auto& line : test::read_back(r.outputs)) {
    if (line["event_type"] == "alert") counts.push_back(line["alert"]["count"]);
  }
  EXPECT_EQ(counts, (std::vector<std::uint64_t>{1, 60, 60}));
  EXPECT_EQ(r.said.size(), 3U);
}

TEST(Pipeline, LossesAddUpAndAreSaidOnceInTenSeconds) {
  Rig r;
  const auto a = r.pipeline.add(source(nflog_like, "a"));
  Now now{AgeTime{std::chrono::hours{1}}, WallTime{std::chrono::hours{400000}}};
  for (int i = 0; i < 100; ++i) {
    now.age += std::chrono::milliseconds{250};
    r.pipeline.begin(now);
    r.pipeline.loss({.source = a, .count = 3, .exact = i % 2 == 1, .cause = "receive_buffer"});
    r.pipeline.age();
  }
  r.pipeline.loss({.source = a, .count = 0, .exact = true});
  EXPECT_EQ(r.pipeline.ledger(a).lost, 300U);
  EXPECT_TRUE(r.pipeline.ledger(a).lost_exact);
  EXPECT_EQ(r.said.size(), 3U);
  std::uint64_t sum = 0;
  for (const auto& line : test::read_back(r.outputs))
    sum += line["loss"]["count"].get<std::uint64_t>();
  EXPECT_EQ(sum, 300U);
  // What came after the last line is said when ten seconds are over, without another loss.
  const auto due = r.pipeline.next_due();
  EXPECT_GT(due, now.age);
  EXPECT_LT(due, now.age + std::chrono::seconds{10});
  now.age = due;
  r.pipeline.begin(now);
  r.pipeline.age();
  ASSERT_EQ(r.said.size(), 4U);
  EXPECT_NE(r.said[3].find(" 300 so far"), std::string::npos) << r.said[3];
  EXPECT_GT(r.pipeline.next_due(), now.age);
}

TEST(Pipeline, ALossAtTheEndOfTimeIsSaid) {
  Rig r;
  const auto a = r.pipeline.add(source(nflog_like, "a"));
  r.pipeline.begin({AgeTime::max() - std::chrono::seconds{1}, WallTime{}});
  for (int i = 0; i < 2; ++i) {
    r.pipeline.loss({.source = a, .count = 3, .cause = "receive_buffer"});
    r.pipeline.age();
  }
  EXPECT_EQ(r.said.size(), 1U);
  EXPECT_EQ(r.pipeline.ledger(a).lost, 6U);
}

TEST(Pipeline, ATailThatNobodyKnowsAnyMoreIsNeverExact) {
  Rig r;
  const auto a = r.pipeline.add(source(nflog_like, "a"));
  const auto b = r.pipeline.add(source(nflog_like, "b"));
  for (const auto id : {a, b}) r.pipeline.state(id, SourceState::up, {});
  r.pipeline.loss({.source = a, .count = 3, .exact = false, .cause = "receive_buffer"});
  r.pipeline.loss({.source = b, .count = 3, .exact = false, .cause = "receive_buffer"});
  r.pipeline.loss({.source = b, .count = 0, .exact = true});
  EXPECT_FALSE(r.pipeline.ledger(a).lost_exact);
  EXPECT_TRUE(r.pipeline.ledger(b).lost_exact);
  for (const auto id : {a, b}) {
    r.pipeline.state(id, SourceState::down, "reload");
    r.pipeline.state(id, SourceState::up, {});
    r.pipeline.loss({.source = id, .count = 5, .exact = true, .cause = "receive_buffer"});
  }
  EXPECT_FALSE(r.pipeline.ledger(a).lost_exact) << "what the first life lost at its end";
  EXPECT_TRUE(r.pipeline.ledger(b).lost_exact);
  EXPECT_EQ(r.pipeline.ledger(a).lost, 8U);
}

TEST(Pipeline, ALedgerGoesOnOverTheLivesOfASource) {
  Rig r;
  const auto a = r.pipeline.add(source(pcap_like, "a"));
  r.see(a, arp);
  EXPECT_EQ(r.pipeline.add(source(pcap_like, "a")), a);
  r.see(a, arp);
  EXPECT_EQ(r.pipeline.ledger(a).received(), 2U);
  EXPECT_NE(r.pipeline.add(source(nflog_like, "a")), a);
}

}  // namespace
}  // namespace netweir
