// SPDX-License-Identifier: GPL-2.0-or-later
// A program at the tc hooks of a veth pair, in a network namespace of the test's own. Needs root.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "kit/collect.h"
#include "kit/contract.h"
#include "kit/hex.h"
#include "kit/needs.h"
#include "kit/sender.h"
#include "netweir/source_kind.h"
#include "os/privileged.h"
#include "tc_bpf/owner.h"
#include "tc_bpf/route.h"

namespace netweir::tc_bpf {
extern const SourceKind kind;
namespace {

using test::hex;
using test::Sender;

std::string own_namespace() {
  if (::geteuid() != 0) return "needs root";
  InProcess privileged;
  if (auto trouble = kind.trouble(Values{}, privileged)) return trouble->what;
  if (auto why = test::enter_private_netns(); !why.empty()) return why;
  std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << 1;
  return std::system(
             "ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up") == 0
             ? ""
             : "ip link add v0 type veth";
}

struct Live {
  InProcess privileged;
  test::FixedLinks links;
  SourceConfig config;
  explicit Live(const char* attach = "auto") {
    config.name = "t";
    config.kind = &kind;
    config.values.set("interfaces", std::vector<std::string>{"v0"});
    config.values.set("direction", std::string("ingress"));
    config.values.set("attach", std::string(attach));
    config.values.set("snaplen", std::int64_t{256});
    config.values.set("sample_rate", std::int64_t{1});
    config.values.set("receive_buffer", std::int64_t{65536});
  }
  Result<std::unique_ptr<Source>> open(Now now = {}) {
    return kind.open(config, SourceContext{4, now, privileged, links});
  }
};

const auto frame = hex("ffffffffffff 020000000001 88b5 " + std::string(92, '0'));

TEST(TcBpf, KeepsTheContract) {
  NETWEIR_NEEDS("kernel", own_namespace());
  for (const char* attach : {"tcx", "clsact"}) {
    // Not in Rig::keep, which goes before the source: one that is dropped still detaches.
    std::vector<std::shared_ptr<Live>> lives;
    test::check_source_contract([attach, &lives] {
      auto live = lives.emplace_back(std::make_shared<Live>(attach));
      auto source = live->open();
      EXPECT_TRUE(source) << (source ? "" : source.error().what);
      test::Rig rig;
      rig.source = *std::move(source);
      rig.feed = [](std::size_t n) {
        const Sender sender("v1");
        for (std::size_t i = 0; i < n; ++i) sender.send(frame);
      };
      return rig;
    });
  }
}

TEST(TcBpf, WhatTheRingDoesNotTakeIsLost) {
  NETWEIR_NEEDS("kernel", own_namespace());
  Live live;
  auto source = live.open();
  ASSERT_TRUE(source) << source.error().what;
  const Sender sender("v1");
  for (int i = 0; i < 5000; ++i) sender.send(frame);
  test::Collect c;
  (*source)->stop(Now{}, c);
  EXPECT_EQ(test::all(c) + c.lost, 5000U);
  // 120 octets each, with 112 of record and 8 of header, in 65536.
  EXPECT_EQ(c.kept.size(), 65536U / 120U);
  ASSERT_EQ(c.losses.size(), 1U);
  EXPECT_EQ(c.losses[0].cause, "receive_buffer");
  EXPECT_EQ(c.losses[0].after, c.kept.size());
  EXPECT_TRUE(c.exact);
  ASSERT_EQ(c.overloads.size(), 1U);
  EXPECT_TRUE(c.overloads[0].state.is);
}

TEST(TcBpf, UnderLoadItLooksByTheClockAndNothingWakesIt) {
  NETWEIR_NEEDS("kernel", own_namespace());
  Live live;
  live.config.values.set("receive_buffer", std::int64_t{8} << 20);
  auto source = live.open();
  ASSERT_TRUE(source) << source.error().what;
  const Sender sender("v1");
  const auto is_readable = [&] {
    pollfd p{.fd = (*source)->fd(), .events = POLLIN, .revents = 0};
    return ::poll(&p, 1, 0) == 1;
  };
  test::Collect c;
  Now now{AgeTime{std::chrono::seconds{1}}, WallTime{std::chrono::seconds{1}}};
  const auto feed = [&](int n) {
    for (int i = 0; i < n; ++i) sender.send(frame);
  };
  (void)(*source)->drain(now, 4096, c);  // the interfaces that came before it
  EXPECT_FALSE(is_readable());
  feed(100);
  EXPECT_TRUE(is_readable());
  ASSERT_TRUE((*source)->drain(now, 4096, c));
  const auto due = (*source)->deadline();
  ASSERT_TRUE(due);
  EXPECT_GT(*due, now.age);
  EXPECT_LE(*due, now.age + std::chrono::milliseconds{2});
  feed(100);
  EXPECT_FALSE(is_readable());
  now.age = *due;
  ASSERT_TRUE((*source)->drain(now, 4096, c));
  EXPECT_EQ(c.kept.size(), 200U);
  // Nothing for some time: it waits for the ring again, and is woken.
  feed(1);
  now.age += std::chrono::milliseconds{5};
  ASSERT_TRUE((*source)->drain(now, 4096, c));
  EXPECT_GT(*(*source)->deadline(), now.age + std::chrono::milliseconds{10});
  EXPECT_FALSE(is_readable());
  feed(1);
  EXPECT_TRUE(is_readable());
  (*source)->stop(now, c);
  EXPECT_EQ(c.kept.size(), 202U);
  EXPECT_EQ(c.lost, 0U);
}

TEST(TcBpf, AFrameIsAllThatTheKernelKnows) {
  NETWEIR_NEEDS("kernel", own_namespace());
  Live live;
  live.config.values.set("interfaces", std::vector<std::string>{"v*"});
  live.config.values.set("direction", std::string("both"));
  timespec age{}, wall{};
  ASSERT_EQ(::clock_gettime(CLOCK_BOOTTIME, &age), 0);
  ASSERT_EQ(::clock_gettime(CLOCK_REALTIME, &wall), 0);
  const auto of = [](timespec t) {
    return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
  };
  const Now now{AgeTime{of(age)}, WallTime{of(wall)}};
  auto source = live.open(now);
  ASSERT_TRUE(source) << source.error().what;
  const auto tagged = hex("ffffffffffff 020000000001 8100 e12c 88b5 " + std::string(92, '0'));
  Sender("v1").send(tagged);
  test::Collect c;
  (*source)->stop(now, c);
  ASSERT_EQ(c.kept.size(), 2U);
  const auto& out = c.kept[0].frame;
  const auto& in = c.kept[1].frame;
  EXPECT_EQ(out.direction, Direction::egress);
  EXPECT_EQ(out.out, live.links.by_index(::if_nametoindex("v1")));
  EXPECT_EQ(out.in, 0U);
  EXPECT_EQ(in.direction, Direction::ingress);
  EXPECT_EQ(in.in, live.links.by_index(::if_nametoindex("v0")));
  ASSERT_TRUE(in.tagged);
  EXPECT_EQ(in.tag, (VlanTag{0x8100, 0xe12c}));
  EXPECT_EQ(c.kept[1].data, hex("ffffffffffff 020000000001 88b5 " + std::string(92, '0')));
  EXPECT_EQ(in.wire_len, 60U);
  EXPECT_EQ(in.protocol, 0x88b5);
  EXPECT_EQ(in.source, 4U);
  EXPECT_EQ(in.link, linktype::ethernet);
  EXPECT_FALSE(in.at_is_receipt);
  EXPECT_EQ(in.one_in, 1);
  EXPECT_GT(in.at, now.wall);
  EXPECT_LT(in.at, now.wall + std::chrono::seconds{5});
}

TEST(TcBpf, OneRateForEachInterface) {
  NETWEIR_NEEDS("kernel", own_namespace());
  Live live;
  live.config.values.set("sample_rate", std::int64_t{1000000000});
  live.config.values.set("interface_sample_rate",
                         std::map<std::string, std::int64_t, std::less<>>{{"v?", 4}});
  auto source = live.open();
  ASSERT_TRUE(source) << source.error().what;
  const Sender sender("v1");
  for (int i = 0; i < 1000; ++i) sender.send(frame);
  test::Collect c;
  (*source)->stop(Now{}, c);
  EXPECT_GT(c.kept.size() + c.lost, 150U);
  EXPECT_LT(c.kept.size() + c.lost, 350U);
  ASSERT_FALSE(c.kept.empty());
  EXPECT_EQ(c.kept[0].frame.one_in, 4);
}

TEST(TcBpf, APatternThatMatchesNothingYetIsNoError) {
  NETWEIR_NEEDS("kernel", own_namespace());
  Live live;
  live.config.values.set("interfaces", std::vector<std::string>{"late*", "v0", "absent"});
  auto source = live.open();
  ASSERT_TRUE(source) << source.error().what;
  test::Collect c;
  test::drain_all(**source, c);
  EXPECT_EQ(c.notes.size(), 2U);
  live.config.values.set("interfaces", std::vector<std::string>{"absent"});
  const auto refused = live.open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ENODEV);
}

TEST(TcBpf, AnIngressQdiscHasNoEgress) {
  NETWEIR_NEEDS("kernel", own_namespace());
  ASSERT_EQ(std::system("tc qdisc add dev v0 ingress"), 0);
  Live live("clsact");
  live.config.values.set("direction", std::string("both"));
  const auto refused = live.open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, EBUSY);
  live.config.values.set("direction", std::string("ingress"));
  auto source = live.open();
  ASSERT_TRUE(source) << source.error().what;
  Sender("v1").send(frame);
  test::Collect c;
  (*source)->stop(Now{}, c);
  EXPECT_EQ(c.kept.size(), 1U);
  EXPECT_EQ(std::system("tc qdisc show dev v0 | grep -q 'qdisc ingress'"), 0);
  EXPECT_NE(std::system("tc filter show dev v0 ingress | grep -q netweir"), 0);
}

TEST(TcBpf, AnOwnerIsGoneWhenItsSocketIs) {
  NETWEIR_NEEDS("kernel", own_namespace());
  std::string token;
  {
    auto owner = Owner::claim();
    ASSERT_TRUE(owner);
    const auto name = owner->filter_name(true);
    const auto read = read_filter_name(name);
    ASSERT_TRUE(read) << name;
    EXPECT_TRUE(read->made);
    token = read->token;
    EXPECT_FALSE(is_gone(token));
  }
  EXPECT_TRUE(is_gone(token));
}

}  // namespace
}  // namespace netweir::tc_bpf
