// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/link_table.h"

#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include <string>

#include "link_messages.h"

namespace netweir::netlink {
namespace {

TEST(LinkTable, ReadsWhatTheKernelWrites) {
  LinkTable t;
  auto& links = t.scope("");
  EXPECT_EQ(links.by_index(3), 0U);
  ASSERT_TRUE(t.message("", RTM_NEWLINK, recorded("newlink_veth0")));
  const auto veth0 = links.by_index(3);
  ASSERT_NE(veth0, 0U);
  EXPECT_EQ(name(t, veth0), "veth0");
  EXPECT_EQ(t.view(veth0).vid, (Vid{}));
  EXPECT_EQ(links.by_name("veth0"), veth0);
  EXPECT_EQ(links.by_index(2), 0U);
  ASSERT_TRUE(t.message("", RTM_NEWLINK, recorded("newlink_longest_name")));
  EXPECT_EQ(name(t, links.by_index(2)), "longest-name-15");
  ASSERT_TRUE(t.message("", RTM_DELLINK, recorded("dellink_veth0")));
  EXPECT_EQ(links.by_index(3), 0U);
  EXPECT_EQ(links.by_name("veth0"), 0U);
  EXPECT_EQ(name(t, veth0), "veth0") << "what an index meant keeps its name";
}

TEST(LinkTable, APortThatLeavesItsBridgeIsNotGone) {
  LinkTable t;
  ASSERT_TRUE(t.message("", RTM_NEWLINK, recorded("newlink_veth0")));
  const auto version = t.version();
  EXPECT_FALSE(t.message("", RTM_NEWLINK, recorded("newlink_bridge_port")));
  EXPECT_FALSE(t.message("", RTM_DELLINK, recorded("dellink_bridge_port")));
  EXPECT_NE(t.scope("").by_index(3), 0U);
  EXPECT_EQ(t.version(), version);
}

TEST(LinkTable, RefusesEveryTruncationAndChangesNothing) {
  for (const auto* file : {"newlink_veth0", "newlink_longest_name"}) {
    const auto whole = recorded(file);
    std::size_t taken = 0;
    for (std::size_t n = 0; n < whole.size(); ++n) {
      LinkTable t;
      const Octets part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
      if (t.message("", RTM_NEWLINK, part)) {
        ++taken;  // cut between two attributes
        EXPECT_FALSE(name(t, t.scope("").by_index(file[8] == 'v' ? 3 : 2)).empty()) << n;
      } else {
        EXPECT_EQ(t.version(), 0U) << n;
      }
    }
    EXPECT_LT(taken, whole.size() / 2);
  }
  LinkTable t;
  EXPECT_FALSE(t.message("", RTM_NEWADDR, recorded("newlink_veth0")));
}

TEST(LinkTable, RefusesImpossibleAttributes) {
  struct Case {
    std::string_view name, attributes;
  };
  constexpr std::string_view head = "00 00 01 00 03 00 00 00 00 00 00 00 00 00 00 00";
  for (const auto& c : {
           Case{"no_name", ""},
           Case{"length_0", "00 00 03 00 61 00 00 00"},
           Case{"length_3", "03 00 03 00 61 00 00 00"},
           Case{"length_beyond", "ff ff 03 00 61 00 00 00"},
           Case{"empty_name", "05 00 03 00 00 00 00 00"},
           Case{"long_name", "14 00 03 00 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61 61"},
           Case{"short_link", "06 00 03 00 61 00 00 00 06 00 05 00 01 00 00 00"},
           Case{"info_cut", "06 00 03 00 61 00 00 00 08 00 12 00 09 00 01 00"},
           Case{"vid_of_4",
                "06 00 03 00 61 00 00 00 18 00 12 00 08 00 01 00 76 6c 61 6e"
                "0c 00 02 00 08 00 01 00 2c 01 00 00"},
       }) {
    LinkTable t;
    auto message = test::hex(head);
    const auto tail = test::hex(c.attributes);
    message.insert(message.end(), tail.begin(), tail.end());
    EXPECT_FALSE(t.message("", RTM_NEWLINK, message)) << c.name;
    EXPECT_EQ(t.scope("").by_index(3), 0U) << c.name;
  }
  LinkTable t;
  EXPECT_FALSE(t.message("", RTM_NEWLINK, built({0, "zero"})));
  EXPECT_FALSE(t.message("", RTM_NEWLINK, built({-1, "negative"})));
}

TEST(LinkTable, ARenamedInterfaceIsTheSameOne) {
  LinkTable t;
  add(t, {7, "eth0"});
  const auto id = t.scope("").by_index(7);
  const auto version = t.version();
  add(t, {7, "eth0"});
  EXPECT_EQ(t.version(), version) << "nothing changed";
  add(t, {7, "uplink"});
  EXPECT_GT(t.version(), version);
  EXPECT_EQ(t.scope("").by_index(7), id);
  EXPECT_EQ(name(t, id), "uplink");
  EXPECT_EQ(t.scope("").by_name("uplink"), id);
  EXPECT_EQ(t.scope("").by_name("eth0"), 0U);
}

TEST(LinkTable, AReusedIndexIsAnotherInterface) {
  LinkTable t;
  add(t, {7, "eth0"});
  const auto first = t.scope("").by_index(7);
  remove(t, 7);
  add(t, {7, "tun0"});
  const auto second = t.scope("").by_index(7);
  EXPECT_NE(first, second);
  EXPECT_EQ(name(t, first), "eth0");
  EXPECT_EQ(name(t, second), "tun0");
  remove(t, 99);  // never seen
}

TEST(LinkTable, NamespacesAreApart) {
  LinkTable t;
  add(t, {1, "lo"});
  ASSERT_TRUE(t.message("blue", RTM_NEWLINK, built({1, "lo"})));
  EXPECT_NE(t.scope("").by_index(1), t.scope("blue").by_index(1));
  EXPECT_EQ(t.scope("red").by_index(1), 0U);
  ASSERT_TRUE(t.message("blue", RTM_DELLINK, built({1, "lo"})));
  EXPECT_NE(t.scope("").by_index(1), 0U);
}

TEST(LinkTable, LargeIndexesCostNoMemory) {
  LinkTable t;
  add(t, {2147483647, "far"});
  add(t, {65535, "edge"});
  add(t, {65536, "beyond"});
  EXPECT_EQ(name(t, t.scope("").by_index(2147483647)), "far");
  EXPECT_EQ(name(t, t.scope("").by_index(65535)), "edge");
  EXPECT_EQ(name(t, t.scope("").by_index(65536)), "beyond");
  EXPECT_EQ(t.scope("").by_index(0xffffffffU), 0U);
  EXPECT_EQ(t.scope("").by_index(0), 0U);
  remove(t, 2147483647);
  EXPECT_EQ(t.scope("").by_index(2147483647), 0U);
}

TEST(LinkTable, ADumpEndsWhatItDoesNotName) {
  LinkTable t;
  add(t, {1, "lo"});
  add(t, {7, "eth0"});
  add(t, {70000, "far"});
  const auto eth0 = t.scope("").by_index(7);
  t.begin_dump("");
  add(t, {1, "lo"});
  add(t, {9, "new"});
  t.end_dump("");
  EXPECT_NE(t.scope("").by_index(1), 0U);
  EXPECT_NE(t.scope("").by_index(9), 0U);
  EXPECT_EQ(t.scope("").by_index(7), 0U);
  EXPECT_EQ(t.scope("").by_index(70000), 0U);
  EXPECT_EQ(name(t, eth0), "eth0");
}

TEST(LinkTable, VlanDevicesHaveTheirVids) {
  LinkTable t;
  add(t, {3, "eth0", veth_info});
  add(t, {4, "eth0.300", vlan_300, 3});
  add(t, {5, "eth0.100", vlan_100_8021ad, 3});
  add(t, {6, "eth0.100.300", vlan_300, 5});
  add(t, {7, "prio", vlan_0, 6});
  add(t, {8, "deep", vlan_4095, 6});
  add(t, {9, "moved", vlan_300, 5, true});
  const auto vid = [&](std::uint32_t i) { return t.view(t.scope("").by_index(i)).vid; };
  EXPECT_EQ(vid(3), (Vid{}));
  EXPECT_EQ(vid(4), (Vid{300, 0}));
  EXPECT_EQ(vid(5), (Vid{100, 0}));
  EXPECT_EQ(vid(6), (Vid{100, 300})) << "outermost first";
  EXPECT_EQ(vid(7), (Vid{100, 300})) << "a priority tag is no VLAN";
  EXPECT_EQ(vid(8), (Vid{100, 300})) << "the first two";
  EXPECT_EQ(vid(9), (Vid{300, 0})) << "an index of another namespace is not ours";
  remove(t, 5);
  EXPECT_EQ(vid(6), (Vid{100, 300})) << "known is known";
}

TEST(LinkTable, ParentsMayComeLater) {
  LinkTable t;
  add(t, {6, "inner", vlan_300, 5});
  const auto id = t.scope("").by_index(6);
  EXPECT_EQ(t.view(id).vid, (Vid{300, 0}));
  const auto version = t.version();
  add(t, {5, "outer", vlan_100_8021ad, 3});
  EXPECT_EQ(t.view(id).vid, (Vid{100, 300}));
  EXPECT_GT(t.version(), version);
  add(t, {3, "eth0"});
  EXPECT_EQ(t.view(id).vid, (Vid{100, 300}));
  add(t, {6, "renamed"});  // a message without IFLA_LINKINFO (wireless events) takes nothing away
  EXPECT_EQ(t.view(id).vid, (Vid{100, 300}));
}

TEST(LinkTable, VlanDevicesInACircleEnd) {
  LinkTable t;
  add(t, {5, "a", vlan_0, 6});
  add(t, {6, "b", vlan_0, 5});
  add(t, {7, "c", vlan_300, 7});
  EXPECT_EQ(t.view(t.scope("").by_index(5)).vid, (Vid{}));
  EXPECT_EQ(t.view(t.scope("").by_index(7)).vid, (Vid{300, 300}));
}

TEST(LinkTable, AFileEntersItsNames) {
  LinkTable t;
  auto& file = t.scope("file 1");
  const auto eth0 = file.by_name("eth0");
  ASSERT_NE(eth0, 0U);
  EXPECT_EQ(file.by_name("eth0"), eth0);
  EXPECT_EQ(name(t, eth0), "eth0");
  EXPECT_EQ(file.by_name(""), 0U);
  EXPECT_EQ(file.by_index(1), 0U);
  t.begin_dump("namespace");
  EXPECT_EQ(t.scope("namespace").by_name("eth0"), 0U);
}

TEST(LinkTable, IsBoundedAndForgetsTheLongestGone) {
  LinkTable t;
  add(t, {1, "stays"});
  const auto stays = t.scope("").by_index(1);
  add(t, {2, "first"});
  const auto first = t.scope("").by_index(2);
  remove(t, 2);
  LinkId before = 0;
  for (int i = 0; i < 70000; ++i) {
    add(t, {2, "if" + std::to_string(i)});
    const auto id = t.scope("").by_index(2);
    ASSERT_NE(id, 0U);
    ASSERT_NE(id, before);
    before = id;
    remove(t, 2);
  }
  EXPECT_EQ(name(t, stays), "stays");
  EXPECT_EQ(name(t, first), "") << "forgotten, never another's name";
  EXPECT_EQ(name(t, before), "if69999");
}

TEST(LinkTable, IsFullAt65535Alive) {
  LinkTable t;
  for (int i = 1; i <= 65535; ++i) add(t, {i, "if" + std::to_string(i)});
  EXPECT_NE(t.scope("").by_index(65535), 0U);
  add(t, {70000, "more"});
  EXPECT_EQ(t.scope("").by_index(70000), 0U);
  EXPECT_EQ(t.scope("file").by_name("more"), 0U);
  remove(t, 5);
  add(t, {70000, "more"});
  EXPECT_EQ(name(t, t.scope("").by_index(70000)), "more");
}

TEST(LinkTable, OddIdsHaveNoName) {
  LinkTable t;
  add(t, {1, "lo"});
  for (const LinkId id : {0U, 2U, 65536U, 65537U, 0xffffffffU}) EXPECT_EQ(name(t, id), "") << id;
}

}  // namespace
}  // namespace netweir::netlink
