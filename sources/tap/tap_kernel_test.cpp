// SPDX-License-Identifier: GPL-2.0-or-later
// A TAP device in a network namespace of the test's own. Needs root.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include "kit/collect.h"
#include "kit/contract.h"
#include "kit/hex.h"
#include "kit/needs.h"
#include "kit/sender.h"
#include "netweir/source_kind.h"
#include "os/privileged.h"

namespace netweir::tap {
extern const SourceKind kind;
namespace {

using test::hex;
using test::Sender;

std::string own_namespace() {
  if (::geteuid() != 0) return "needs root";
  if (::access("/dev/net/tun", R_OK | W_OK) != 0) return "no /dev/net/tun";
  if (auto why = test::enter_private_netns(); !why.empty()) return why;
  std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << 1;
  return {};
}

struct Live {
  InProcess privileged;
  test::FixedLinks links;
  SourceConfig config;
  Live() {
    config.name = "mirror";
    config.kind = &kind;
    config.values.set("interface", std::string("tap0"));
    config.values.set("up", true);
    config.values.set("respond_rate", std::int64_t{100});
  }
  Result<std::unique_ptr<Source>> open() {
    return kind.open(config, SourceContext{4, Now{}, privileged, links});
  }
};

const auto frame = hex("ffffffffffff 020000000001 88b5 " + std::string(92, '0'));

TEST(Tap, KeepsTheContract) {
  NETWEIR_NEEDS("kernel", own_namespace());
  test::check_source_contract([] {
    auto live = std::make_shared<Live>();
    auto source = live->open();
    EXPECT_TRUE(source) << (source ? "" : source.error().what);
    test::Rig rig;
    rig.source = *std::move(source);
    rig.keep = live;
    rig.feed = [](std::size_t n) {
      const Sender sender("tap0");
      for (std::size_t i = 0; i < n; ++i) sender.send(frame);
    };
    return rig;
  });
}

TEST(Tap, WhatItsQueueDoesNotTakeIsLost) {
  NETWEIR_NEEDS("kernel", own_namespace());
  ASSERT_EQ(std::system("ip tuntap add tap0 mode tap && ip link set tap0 txqueuelen 10"), 0);
  Live live;
  auto source = live.open();
  ASSERT_TRUE(source) << source.error().what;
  const Sender sender("tap0");
  for (int i = 0; i < 100; ++i) sender.send(frame);
  test::Collect c;
  (*source)->stop(Now{}, c);
  EXPECT_EQ(test::all(c) + c.lost, 100U);
  EXPECT_GE(c.lost, 80U);
  ASSERT_FALSE(c.kept.empty());
  EXPECT_EQ(c.kept.front().data, frame);
  EXPECT_EQ(c.kept.front().frame.wire_len, frame.size());
}

TEST(Tap, ADeviceOfAnotherKindIsRefused) {
  NETWEIR_NEEDS("kernel", own_namespace());
  ASSERT_EQ(std::system("ip link add tap0 type veth peer name tap1"), 0);
  Live live;
  const auto source = live.open();
  ASSERT_FALSE(source);
  EXPECT_NE(source.error().what.find("tap0"), std::string::npos) << source.error().what;
}

}  // namespace
}  // namespace netweir::tap
