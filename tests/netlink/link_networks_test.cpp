// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "link_messages.h"
#include "netlink/link_address.h"

namespace netweir::netlink {
namespace {

using Texts = std::vector<std::string>;

/// As "192.0.2.1/24", after a VLAN "300: 192.0.2.1/24", in QinQ "100.300: ...".
Texts networks(const LinkTable& table, LinkId id) {
  Texts out;
  for (const auto& n : table.networks(id)) {
    std::string text;
    if (n.vid[0] != 0) text = std::to_string(n.vid[0]);
    if (n.vid[1] != 0) text += "." + std::to_string(n.vid[1]);
    if (!text.empty()) text += ": ";
    std::array<char, INET6_ADDRSTRLEN> ip{};
    const int family = n.network.ip.version == IpVersion::v4 ? AF_INET : AF_INET6;
    text += ::inet_ntop(family, n.network.ip.octets.data(), ip.data(), ip.size());
    out.push_back(text + "/" + std::to_string(n.network.bits));
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// RTM_NEWADDR and RTM_DELADDR of 192.0.2.1/24 but for what is said.
Octets address(std::uint32_t ifindex, std::uint8_t third = 2, std::uint8_t fourth = 1,
               std::uint8_t bits = 24) {
  auto octets = recorded("newaddr_veth0");
  const auto* raw = reinterpret_cast<const std::uint8_t*>(&ifindex);
  std::copy(raw, raw + sizeof ifindex, octets.begin() + 4);
  octets[1] = bits;
  octets[14] = third;
  octets[15] = fourth;
  return octets;
}
void give(LinkTable& table, const Octets& octets) {
  ASSERT_TRUE(table.message("", RTM_NEWADDR, octets));
}

TEST(LinkNetworks, ReadsWhatTheKernelWrites) {
  LinkTable t;
  ASSERT_TRUE(t.message("", RTM_NEWLINK, recorded("newlink_port")));
  const auto veth0 = t.scope("").by_index(10);
  ASSERT_NE(veth0, 0U);
  EXPECT_EQ(networks(t, veth0), Texts{});
  const auto version = t.version();
  give(t, recorded("newaddr_veth0"));
  EXPECT_GT(t.version(), version);
  give(t, recorded("newaddr_veth0_6"));
  give(t, recorded("newaddr_veth0_peer"));
  const Texts all{"192.0.2.1/24", "2001:db8::1/64", "203.0.113.0/25"};
  EXPECT_EQ(networks(t, veth0), all);
  const auto before = t.version();
  give(t, recorded("newaddr_veth0"));
  EXPECT_EQ(t.version(), before) << "nothing changed";
  ASSERT_TRUE(t.message("", RTM_DELADDR, recorded("deladdr_veth0")));
  EXPECT_GT(t.version(), before);
  EXPECT_EQ(networks(t, veth0), (Texts{"2001:db8::1/64", "203.0.113.0/25"}));
  // The master that the message names.
  add(t, {12, "br0"});
  give(t, address(12));
  EXPECT_EQ(networks(t, veth0), all);
}

TEST(LinkNetworks, RefusesEveryTruncation) {
  for (const auto* file : {"newaddr_veth0", "newaddr_veth0_6", "newaddr_veth0_peer"}) {
    const auto whole = recorded(file);
    ASSERT_TRUE(read_link_address(whole)) << file;
    for (std::size_t n = 0; n < whole.size(); ++n) {
      const Octets part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
      const auto read = read_link_address(part);
      if (!read) continue;
      // Cut between two attributes.
      EXPECT_EQ(read->network, read_link_address(whole)->network) << file << n;
    }
  }
}

TEST(LinkNetworks, RefusesWhatIsNoAddress) {
  struct Case {
    std::string_view name;
    std::size_t at;
    std::uint8_t octet;
  };
  for (const auto& c :
       {Case{"another_family", 0, 7}, Case{"too_many_bits", 1, 33}, Case{"no_interface", 4, 0},
        Case{"of_8_octets", 8, 12}, Case{"an_empty_one", 8, 4}, Case{"beyond_the_end", 9, 1}}) {
    auto octets = recorded("newaddr_veth0");
    octets[c.at] = c.octet;
    LinkTable t;
    add(t, {10, "veth0"});
    const auto version = t.version();
    EXPECT_FALSE(t.message("", RTM_NEWADDR, octets)) << c.name;
    EXPECT_EQ(t.version(), version) << c.name;
  }
  LinkTable t;
  EXPECT_TRUE(t.message("", RTM_NEWADDR, address(99))) << "an interface that is not known";
  EXPECT_TRUE(t.message("", RTM_DELADDR, address(99)));
  EXPECT_EQ(t.networks(0), std::vector<OnLink>{});
  EXPECT_EQ(t.networks(1234), std::vector<OnLink>{});
}

TEST(LinkNetworks, AreThoseBehindThePort) {
  LinkTable t;
  add(t, {2, "br0"});
  add(t, {3, "swp1", veth_info, 0, false, 2});
  add(t, {4, "br0.300", vlan_300, 2});
  add(t, {5, "swp1.100", vlan_100_8021ad, 3});
  add(t, {6, "swp1.100.300", vlan_300, 5});
  add(t, {7, "br100"});
  add(t, {8, "eth1"});
  for (const auto& [ifindex, third] : {std::pair{2, 2}, {4, 4}, {5, 5}, {6, 6}, {7, 7}, {8, 8}})
    give(t, address(static_cast<std::uint32_t>(ifindex), static_cast<std::uint8_t>(third)));
  const auto of = [&](std::uint32_t i) { return networks(t, t.scope("").by_index(i)); };
  EXPECT_EQ(of(3), (Texts{"100.300: 192.0.6.1/24", "100: 192.0.5.1/24", "192.0.2.1/24",
                          "300: 192.0.4.1/24"}));
  EXPECT_EQ(of(2), (Texts{"192.0.2.1/24", "300: 192.0.4.1/24"}));
  EXPECT_EQ(of(6), (Texts{"100.300: 192.0.6.1/24"})) << "its frames are in its VLANs";
  EXPECT_EQ(of(8), (Texts{"192.0.8.1/24"}));
  add(t, {5, "swp1.100", vlan_100_8021ad, 3, false, 7});
  EXPECT_EQ(of(5), (Texts{"100.300: 192.0.6.1/24", "100: 192.0.5.1/24", "100: 192.0.7.1/24"}));
  add(t, {3, "swp1", veth_info});
  EXPECT_EQ(of(3), (Texts{"100.300: 192.0.6.1/24", "100: 192.0.5.1/24", "100: 192.0.7.1/24"}))
      << "no port any more";
  remove(t, 5);
  EXPECT_EQ(of(3), Texts{});
  const auto gone = t.scope("").by_index(8);
  remove(t, 8);
  EXPECT_EQ(t.networks(gone), std::vector<OnLink>{});
  add(t, {8, "eth1"});
  EXPECT_EQ(of(8), Texts{}) << "another interface";
}

// `ip link add wlan0`: a message of a driver's event names neither master nor kind.
TEST(LinkNetworks, AnEventOfADriverLeavesTheBridge) {
  LinkTable t;
  add(t, {2, "br0"});
  add(t, {3, "wlan0", veth_info, 0, false, 2});
  give(t, address(2));
  auto octets = built({3, "wlan0"});
  const auto wireless = test::hex("08 00 0b 00 00 00 00 00");  // IFLA_WIRELESS
  octets.insert(octets.end(), wireless.begin(), wireless.end());
  ASSERT_TRUE(t.message("", RTM_NEWLINK, octets));
  EXPECT_EQ(networks(t, t.scope("").by_index(3)), Texts{"192.0.2.1/24"});
}

TEST(LinkNetworks, ADumpEndsWhatItDoesNotName) {
  LinkTable t;
  add(t, {3, "eth0"});
  give(t, address(3, 2));
  give(t, address(3, 3));
  t.begin_address_dump("");
  give(t, address(3, 3));
  give(t, address(3, 4));
  EXPECT_EQ(networks(t, t.scope("").by_index(3)).size(), 3U);
  const auto version = t.version();
  t.end_address_dump("");
  EXPECT_GT(t.version(), version);
  EXPECT_EQ(networks(t, t.scope("").by_index(3)), (Texts{"192.0.3.1/24", "192.0.4.1/24"}));
}

TEST(LinkNetworks, AreBounded) {
  LinkTable t;
  add(t, {3, "eth0"});
  for (int i = 0; i < 2000; ++i)
    give(t, address(3, static_cast<std::uint8_t>(i / 200), static_cast<std::uint8_t>(i % 200)));
  EXPECT_EQ(networks(t, t.scope("").by_index(3)).size(), 2U) << "of 256 addresses";
  // A ring of masters and VLAN devices ends.
  add(t, {5, "a", vlan_300, 6, false, 6});
  add(t, {6, "b", vlan_300, 5, false, 5});
  give(t, address(5, 5));
  EXPECT_LE(networks(t, t.scope("").by_index(5)).size(), 4U);
  for (int i = 100; i < 3000; ++i) {
    add(t, {i, "v" + std::to_string(i), vlan_300, 3});
    give(t, address(static_cast<std::uint32_t>(i), static_cast<std::uint8_t>(i / 250),
                    static_cast<std::uint8_t>(i % 250), 32));
  }
  EXPECT_LE(t.networks(t.scope("").by_index(3)).size(), 256U);
}

}  // namespace
}  // namespace netweir::netlink
