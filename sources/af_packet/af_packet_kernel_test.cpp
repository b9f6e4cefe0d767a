// SPDX-License-Identifier: GPL-2.0-or-later
// Packet sockets on veth pairs, each test in a network namespace of its own. Needs root.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "af_packet/ring.h"
#include "kit/collect.h"
#include "kit/contract.h"
#include "kit/hex.h"
#include "kit/needs.h"
#include "kit/sender.h"
#include "kit/veth.h"
#include "netweir/source_kind.h"
#include "os/privileged.h"

namespace netweir::af_packet {
extern const SourceKind kind;
namespace {

using test::Collect;
using test::drain_all;
using test::hex;
using test::pair_of_interfaces;
using test::readable;
using test::Sender;
using test::tagged_arp;
using Octets = std::vector<std::uint8_t>;

void shell(const std::string& command) { EXPECT_EQ(std::system(command.c_str()), 0) << command; }

struct Live {
  InProcess privileged;
  test::FixedLinks links;
  SourceConfig config;

  explicit Live(const std::string& receive, const std::string& interface = "v1") {
    config.name = "wire";
    config.kind = &kind;
    set("interface", interface);
    set("receive", receive);
    set("fanout", std::string("lb"));
    set("timestamps", std::string("software"));
    set("snaplen", std::int64_t{256});
    set("sample_rate", std::int64_t{1});
    set("sockets", std::int64_t{1});
    set("outgoing", true);
    set("promiscuous", false);
  }
  void set(std::string_view key, OptionValue value) { config.values.set(key, std::move(value)); }
  Result<std::unique_ptr<Source>> open() {
    return kind.open(config, SourceContext{4, Now{}, privileged, links});
  }
};

#define OPENED(source, live)                                    \
  auto source##_result = (live).open();                         \
  ASSERT_TRUE(source##_result) << source##_result.error().what; \
  auto& source = **source##_result  // NOLINT(bugprone-macro-parentheses): it declares a name

void send(const Octets& frame, int times = 1, const char* interface = "v0") {
  const Sender sender(interface);
  for (int i = 0; i < times; ++i) sender.send(frame);
}

/// Whatever comes within a while.
void gather(Source& source, Collect& into, std::size_t frames) {
  for (int i = 0; i < 100 && into.kept.size() < frames; ++i) {
    (void)readable(source.fd(), 50);
    drain_all(source, into);
  }
}

class AfPacket : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Ways, AfPacket, testing::Values("ring", "recvmmsg"),
                         [](const auto& way) { return std::string(way.param); });

TEST_P(AfPacket, KeepsTheContract) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  test::check_source_contract([] {
    auto live = std::make_shared<Live>(GetParam());
    auto source = live->open();
    EXPECT_TRUE(source) << (source ? "" : source.error().what);
    test::Rig rig;
    rig.source = *std::move(source);
    rig.keep = live;
    rig.feed = [](std::size_t n) {
      send(tagged_arp(""), static_cast<int>(n));
      std::this_thread::sleep_for(5 * Ring::patience);  // the last block is ours by then
    };
    return rig;
  });
}

TEST_P(AfPacket, TheOuterTagIsMetadata) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  struct Case {
    const char* tags;
    bool tagged;
    VlanTag tag;
    const char* inner;
  };
  const Case cases[] = {
      {"", false, {}, ""},
      {"81000000", true, {0x8100, 0}, ""},
      {"81000001", true, {0x8100, 1}, ""},
      {"8100012c", true, {0x8100, 300}, ""},
      {"8100afff", true, {0x8100, 0xafff}, ""},
      {"88a80064 8100012c", true, {0x88a8, 100}, "8100012c"},
  };
  Live live(GetParam());
  OPENED(source, live);
  const auto before = std::chrono::system_clock::now();
  for (const auto& c : cases) send(tagged_arp(c.tags));
  Collect c;
  gather(source, c, std::size(cases));
  const auto after = std::chrono::system_clock::now();
  ASSERT_EQ(c.kept.size(), std::size(cases));
  for (std::size_t i = 0; i < std::size(cases); ++i) {
    const auto& k = c.kept[i];
    EXPECT_EQ(k.frame.tagged, cases[i].tagged) << cases[i].tags;
    EXPECT_EQ(k.frame.tagged ? k.frame.tag : VlanTag{}, cases[i].tag) << cases[i].tags;
    EXPECT_EQ(k.data, tagged_arp(cases[i].inner)) << cases[i].tags;
    EXPECT_EQ(k.frame.wire_len, k.data.size());
    EXPECT_EQ(k.frame.link, linktype::ethernet);
    EXPECT_EQ(k.frame.source, 4U);
    EXPECT_NE(k.frame.in, 0U);
    EXPECT_EQ(k.frame.out, 0U);
    EXPECT_EQ(k.frame.direction, Direction::ingress);
    EXPECT_FALSE(k.frame.at_is_receipt);
    EXPECT_GE(k.frame.at, before);
    EXPECT_LE(k.frame.at, after);
  }
}

TEST_P(AfPacket, OutgoingPacketsAreToldOrLeftOut) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  for (const bool outgoing : {true, false}) {
    Live live(GetParam());
    live.set("outgoing", outgoing);
    OPENED(source, live);
    send(tagged_arp(""), 1, "v1");
    send(tagged_arp("8100012c"));
    Collect c;
    gather(source, c, outgoing ? 2 : 1);
    ASSERT_EQ(c.kept.size(), outgoing ? 2U : 1U);
    EXPECT_EQ(c.kept.back().frame.direction, Direction::ingress);
    if (!outgoing) continue;
    EXPECT_EQ(c.kept[0].frame.direction, Direction::egress);
    EXPECT_NE(c.kept[0].frame.out, 0U);
    EXPECT_EQ(c.kept[0].frame.in, 0U);
  }
}

TEST_P(AfPacket, SnaplenAndFilter) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  Live live(GetParam());
  live.set("snaplen", std::int64_t{64});
  live.set("filter", std::string("vlan 300"));
  OPENED(source, live);
  auto frame = tagged_arp("8100012c");
  frame.resize(1004);
  send(tagged_arp(""));
  send(frame);
  send(tagged_arp("8100012d"));
  Collect c;
  gather(source, c, 1);
  source.stop(Now{}, c);
  ASSERT_EQ(c.kept.size(), 1U);
  EXPECT_EQ(c.kept[0].data.size(), 64U);
  EXPECT_EQ(c.kept[0].frame.wire_len, 1000U) << "without the tag, which is metadata";
}

TEST_P(AfPacket, EverythingIsReceivedOrLost) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  for (const std::int64_t sockets : {1, 3}) {
    Live live(GetParam());
    live.set("receive_buffer", std::int64_t{32768});
    live.set("sockets", sockets);
    OPENED(source, live);
    Collect c;
    send(tagged_arp(""), 3000);
    drain_all(source, c);
    send(tagged_arp(""), 2000);
    source.stop(Now{}, c);
    EXPECT_EQ(c.kept.size() + c.lost, 5000U) << sockets << ": lost " << c.lost;
    EXPECT_GT(c.lost, 0U);
    EXPECT_GT(c.kept.size(), 0U);
    EXPECT_TRUE(c.exact);
  }
}

TEST_P(AfPacket, SeveralSocketsHaveEachPacketOnce) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  Live live(GetParam());
  live.set("sockets", std::int64_t{4});
  OPENED(source, live);
  send(tagged_arp(""), 100);
  Collect c;
  gather(source, c, 100);
  source.stop(Now{}, c);
  EXPECT_EQ(c.kept.size(), 100U);
  EXPECT_EQ(c.lost, 0U);
}

TEST_P(AfPacket, OneInTenIsARandomOne) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  Live live(GetParam());
  live.set("sample_rate", std::int64_t{10});
  OPENED(source, live);
  Collect c;
  for (int i = 0; i < 100; ++i) {
    send(tagged_arp(""), 100);
    drain_all(source, c);
  }
  source.stop(Now{}, c);
  // 10,000 packets, each with probability 0.1: deviation 30, here six of it.
  EXPECT_GT(c.kept.size(), 820U);
  EXPECT_LT(c.kept.size(), 1180U);
  for (const auto& k : c.kept) ASSERT_EQ(k.frame.one_in, 10);
  EXPECT_EQ(c.lost, 0U);
}

TEST_P(AfPacket, AnInterfaceThatGoesDownComesBackAndOneThatIsDeletedIsTheEnd) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  Live live(GetParam());
  OPENED(source, live);
  shell("ip link set v1 down");
  Collect c;
  EXPECT_EQ(drain_all(source, c), Drained::idle);
  EXPECT_FALSE(readable(source.fd(), 0)) << "the error is still there: the loop would spin";
  shell("ip link set v1 up");
  for (int i = 0; i < 100 && c.kept.empty(); ++i) {
    send(tagged_arp(""));
    gather(source, c, 1);
  }
  EXPECT_FALSE(c.kept.empty());
  shell("ip link del v0");
  const auto gone = source.drain(Now{}, 8, c);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ENODEV);
  EXPECT_NE(gone.error().what.find("v1"), std::string::npos) << gone.error().what;
}

TEST_P(AfPacket, WhatCannotBeCapturedIsRefused) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  Live none(GetParam(), "nosuch");
  const auto absent = none.open();
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ENODEV);
  EXPECT_EQ(absent.error().mend, "ip link");
  shell("ip tuntap add tun0 mode tun");
  Live raw(GetParam(), "tun0");
  const auto refused = raw.open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EPROTONOSUPPORT);
  EXPECT_NE(refused.error().mend.find("pcap"), std::string::npos);
  Live away(GetParam());
  away.set("netns", std::string("nosuch"));
  EXPECT_FALSE(away.open());
}

TEST_P(AfPacket, ALoopbackDeviceShowsEachPacketOnce) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  shell("ip link set lo up");
  Live live(GetParam(), "lo");
  OPENED(source, live);
  send(tagged_arp(""), 10, "lo");
  Collect c;
  gather(source, c, 10);
  source.stop(Now{}, c);
  EXPECT_EQ(c.kept.size(), 10U);
}

TEST(AfPacketTimes, BothOfThemWhereTheDeviceHasNone) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  Live live("recvmmsg");
  live.set("timestamps", std::string("both"));
  OPENED(source, live);
  const auto before = std::chrono::system_clock::now();
  send(tagged_arp(""));
  Collect c;
  gather(source, c, 1);
  ASSERT_EQ(c.kept.size(), 1U);
  EXPECT_GE(c.kept[0].frame.at, before);
  EXPECT_FALSE(c.kept[0].frame.at_is_receipt);
  EXPECT_EQ(c.kept[0].frame.hardware_at, WallTime{}) << "a veth has no clock";
}

TEST(AfPacketRing, Geometry) {
  struct Case {
    std::uint32_t octets, snaplen, block, blocks;
  };
  const Case cases[] = {
      {8 << 20, 256, 256 << 10, 32}, {2 << 20, 256, 256 << 10, 8},
      {65536, 256, 8192, 8},         {1, 256, 4096, 2},
      {4096, 65535, 131072, 2},      {0x7fffffff, 64, 256 << 10, 8191},
  };
  for (const auto& c : cases) {
    const auto g = geometry(c.octets, c.snaplen, 4096);
    EXPECT_EQ(g.block, c.block) << c.octets;
    EXPECT_EQ(g.blocks, c.blocks) << c.octets;
  }
}

}  // namespace
}  // namespace netweir::af_packet
