// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "kit/hex.h"
#include "netlink/link_table.h"

namespace netweir::netlink {

using Octets = std::vector<std::uint8_t>;
using Vid = std::array<std::uint16_t, 2>;

/// A payload of tests/netlink/data.
inline Octets recorded(const std::string& name) {
  std::ifstream in(NETWEIR_ROOT "/tests/netlink/data/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  const std::vector<char> octets{std::istreambuf_iterator<char>(in), {}};
  return {octets.begin(), octets.end()};
}

/// The nest that iproute2 sends for `type vlan id 300` and `type vlan proto 802.1ad id 100`
/// (strace); the kernel puts the same attributes.
inline constexpr std::string_view vlan_300 =
    "08 00 01 00 76 6c 61 6e | 0c 00 02 00 06 00 01 00 2c 01 00 00";
inline constexpr std::string_view vlan_100_8021ad =
    "08 00 01 00 76 6c 61 6e |"
    "14 00 02 00 06 00 05 00 88 a8 00 00 06 00 01 00 64 00 00 00";
inline constexpr std::string_view vlan_0 =
    "08 00 01 00 76 6c 61 6e | 0c 00 02 00 06 00 01 00 00 00 00 00";
/// With the NUL of nla_put_string, and flags after the id.
inline constexpr std::string_view vlan_4095 =
    "09 00 01 00 76 6c 61 6e 00 00 00 00 |"
    "20 00 02 00 06 00 05 00 81 00 00 00 06 00 01 00 ff 0f 00 00"
    "0c 00 02 00 01 00 00 00 ff ff ff ff";
inline constexpr std::string_view veth_info = "08 00 01 00 76 65 74 68";

/// A link message, built with libmnl.
struct Link {
  int ifindex = 0;
  std::string name{};
  std::string_view info{};
  std::uint32_t parent = 0;
  bool elsewhere = false;
  std::uint32_t master = 0;
};
inline Octets built(const Link& link) {
  alignas(nlmsghdr) std::array<char, 512> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  auto* head = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg)));
  head->ifi_index = link.ifindex;
  if (!link.name.empty()) mnl_attr_put_strz(message, IFLA_IFNAME, link.name.c_str());
  if (link.parent != 0) mnl_attr_put_u32(message, IFLA_LINK, link.parent);
  if (link.master != 0) mnl_attr_put_u32(message, IFLA_MASTER, link.master);
  if (link.elsewhere) mnl_attr_put_u32(message, IFLA_LINK_NETNSID, 0);
  if (!link.info.empty()) {
    const auto info = test::hex(link.info);
    mnl_attr_put(message, IFLA_LINKINFO, info.size(), info.data());
  }
  const auto* begin = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message));
  return {begin, begin + mnl_nlmsg_get_payload_len(message)};
}
inline void add(LinkTable& table, const Link& link) {
  EXPECT_TRUE(table.message("", RTM_NEWLINK, built(link))) << link.name;
}
inline void remove(LinkTable& table, int ifindex) {
  EXPECT_TRUE(table.message("", RTM_DELLINK, built({ifindex, "gone"})));
}
inline std::string name(const LinkTable& table, LinkId id) {
  return std::string(table.view(id).name);
}

}  // namespace netweir::netlink
