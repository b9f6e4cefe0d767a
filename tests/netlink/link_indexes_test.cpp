// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <array>
#include <string>
#include <vector>

#include "kit/recorded.h"
#include "netlink/link_table.h"

namespace netweir::netlink {
namespace {

using Vid = std::array<std::uint16_t, 2>;

TEST(LinkTableRecorded, VlanDevicesOfTheKernel) {
  for (const auto& kernel : test::recorded_kernels) {
    LinkTable table;
    auto& links = table.scope("");
    for (const auto& m : test::recorded_messages(kernel, "links.nl"))
      (void)table.message("", m.type, m.payload);
    EXPECT_EQ(table.view(links.by_index(2)).name, "v1") << kernel;
    EXPECT_EQ(table.view(links.by_index(3)).name, "v0") << kernel;
    const auto device = table.view(links.by_index(4));
    EXPECT_EQ(device.name, "renamed0") << kernel;
    EXPECT_EQ(device.vid, (Vid{100, 0})) << kernel;
  }
}

TEST(LinkTableRecorded, MadeRenamedAndRemoved) {
  for (const auto& kernel : test::recorded_kernels) {
    LinkTable table;
    auto& links = table.scope("");
    LinkId device = 0;
    for (const auto& m : test::recorded_messages(kernel, "link.nl")) {
      (void)table.message("", m.type, m.payload);
      if (device == 0) device = links.by_name("v1.100");
    }
    ASSERT_NE(device, 0U) << kernel;
    EXPECT_EQ(table.view(device).name, "renamed0") << "the same interface";
    EXPECT_EQ(table.view(device).vid, (Vid{100, 0}));
    EXPECT_EQ(links.by_name("v1.ad"), 0U) << "removed";
  }
}

void add(LinkTable& table, int ifindex, const std::string& name, std::uint16_t type) {
  alignas(nlmsghdr) std::array<char, 256> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  auto* head = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg)));
  head->ifi_index = ifindex;
  mnl_attr_put_strz(message, IFLA_IFNAME, name.c_str());
  const auto* begin = reinterpret_cast<const std::uint8_t*>(storage.data());
  ASSERT_TRUE(table.message("", type, {begin + 16, begin + message->nlmsg_len}));
}

TEST(LinkTableLowIndex, IsAmbiguousWhereSeveralInterfacesShareIt) {
  LinkTable table;
  auto& links = table.scope("");
  const auto name = [&](std::uint16_t low) {
    bool ambiguous = true;
    const auto id = links.by_low_index(low, ambiguous);
    return ambiguous ? std::string("?") : std::string(table.view(id).name);
  };
  add(table, 5, "five", RTM_NEWLINK);
  EXPECT_EQ(name(5), "five");
  EXPECT_EQ(name(6), "");
  add(table, 65536 + 5, "other", RTM_NEWLINK);
  EXPECT_EQ(name(5), "?");
  add(table, 65536 + 6, "six", RTM_NEWLINK);
  EXPECT_EQ(name(6), "six") << "the only one there is";
  add(table, 2 * 65536 + 6, "sixth", RTM_NEWLINK);
  EXPECT_EQ(name(6), "?");
  add(table, 65536, "zero", RTM_NEWLINK);
  EXPECT_EQ(name(0), "zero");
  add(table, 65536 + 6, "six", RTM_DELLINK);
  EXPECT_EQ(name(6), "sixth");
  add(table, 5, "five", RTM_DELLINK);
  EXPECT_EQ(name(5), "other");
  add(table, 65536 + 5, "other", RTM_NEWLINK);
  add(table, 65536 + 5, "renamed", RTM_NEWLINK);
  EXPECT_EQ(name(5), "renamed");
}

}  // namespace
}  // namespace netweir::netlink
