// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <poll.h>

#include <cstdlib>
#include <string>

#include "kit/needs.h"
#include "netlink/link_table.h"

namespace netweir::netlink {
namespace {

void sh(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }

class LinkMonitorTest : public testing::Test {
 protected:
  void SetUp() override { NETWEIR_NEEDS("kernel", test::enter_private_netns()); }

  std::string name(std::uint32_t ifindex) {
    return std::string(table.view(table.scope("").by_index(ifindex)).name);
  }
  LinkTable table;
  InProcess privileged;
};

TEST_F(LinkMonitorTest, KnowsWhatIsThereAtTheStartAndWhatComes) {
  sh("ip link add before index 5 type veth peer name before-peer index 6");
  auto opened = LinkMonitor::open(privileged, "", table);
  ASSERT_TRUE(opened) << opened.error().what;
  auto& monitor = **opened;
  EXPECT_EQ(name(1), "lo");
  EXPECT_EQ(name(5), "before");
  auto drained = monitor.drain();
  ASSERT_TRUE(drained);
  EXPECT_FALSE(*drained) << "nothing changed";

  sh("ip link add after index 8 type veth peer name after-peer index 9");
  pollfd readable{monitor.fd(), POLLIN, 0};
  EXPECT_EQ(::poll(&readable, 1, 1000), 1);
  drained = monitor.drain();
  ASSERT_TRUE(drained);
  EXPECT_TRUE(*drained);
  EXPECT_EQ(name(8), "after");
  const auto id = table.scope("").by_index(8);
  sh("ip link set after name renamed");
  ASSERT_TRUE(monitor.drain());
  EXPECT_EQ(table.scope("").by_index(8), id);
  EXPECT_EQ(name(8), "renamed");
  sh("ip link del renamed");
  ASSERT_TRUE(monitor.drain());
  EXPECT_EQ(table.scope("").by_index(8), 0U);
  EXPECT_EQ(table.scope("").by_index(9), 0U);
  EXPECT_EQ(table.view(id).name, "renamed");
}

TEST_F(LinkMonitorTest, AnOverrunIsMendedByADump) {
  auto opened = LinkMonitor::open(privileged, "", table);
  ASSERT_TRUE(opened) << opened.error().what;
  auto& monitor = **opened;
  ASSERT_TRUE(privileged.receive_buffer(monitor.fd(), 2304));
  // Each change is a message of about 1.5 KiB: far more than fits.
  sh("for i in $(seq 100 2 160); do ip link add v$i index $i type veth peer name p$i index "
     "$((i+1)) || exit 1; done; ip link del v100");
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(monitor.drain());
  EXPECT_EQ(name(160), "v160");
  EXPECT_EQ(name(161), "p160");
  EXPECT_EQ(table.scope("").by_index(100), 0U);
  sh("for i in $(seq 102 2 160); do ip link del v$i || exit 1; done");
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(monitor.drain());
  for (std::uint32_t i = 100; i < 162; ++i) EXPECT_EQ(table.scope("").by_index(i), 0U) << i;
  EXPECT_EQ(name(1), "lo");
}

TEST_F(LinkMonitorTest, KnowsTheAddresses) {
  sh("ip link add eth0 index 5 type veth peer name far index 6; ip addr add 192.0.2.1/24 dev eth0");
  auto opened = LinkMonitor::open(privileged, "", table);
  ASSERT_TRUE(opened) << opened.error().what;
  auto& monitor = **opened;
  const auto eth0 = table.scope("").by_index(5);
  ASSERT_EQ(table.networks(eth0).size(), 1U);
  EXPECT_EQ(table.networks(eth0)[0].network, (IpPrefix{Ip::v4(192, 0, 2, 1), 24}));
  sh("ip addr add 2001:db8::1/64 dev eth0 nodad");
  auto drained = monitor.drain();
  ASSERT_TRUE(drained);
  EXPECT_TRUE(*drained);
  EXPECT_EQ(table.networks(eth0).size(), 2U);
  // Lost messages: a dump tells what is left.
  ASSERT_TRUE(privileged.receive_buffer(monitor.fd(), 2304));
  sh("for i in $(seq 1 100); do ip addr add 198.51.100.$i/32 dev eth0 || exit 1; done; "
     "ip addr flush dev eth0 scope global; ip addr add 203.0.113.1/25 dev eth0");
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(monitor.drain());
  ASSERT_EQ(table.networks(eth0).size(), 1U);
  EXPECT_EQ(table.networks(eth0)[0].network, (IpPrefix{Ip::v4(203, 0, 113, 1), 25}));
}

TEST_F(LinkMonitorTest, ANamespaceThatIsNotThereIsAnError) {
  auto opened = LinkMonitor::open(privileged, "no-such-namespace-of-netweir", table);
  ASSERT_FALSE(opened);
  EXPECT_FALSE(opened.error().mend.empty());
  EXPECT_FALSE(LinkMonitor::open(privileged, std::string(300, 'x'), table));
}

}  // namespace
}  // namespace netweir::netlink
