// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <string>

#include "kit/hex.h"
#include "netweir/frame_view.h"

namespace netweir {
namespace {

TEST(FrameText, NamesAFrame) {
  auto octets = test::hex("ffffffffffff 02000000000a 0806");
  octets.resize(60);
  EthernetView view;
  view.octets = octets;
  view.ether_type = ethertype::arp;
  EXPECT_EQ(to_string(view), "02:00:00:00:00:0a > ff:ff:ff:ff:ff:ff, ARP, 60 octets");
  view.vlan = {{VlanTag{ethertype::service, 100}, VlanTag{ethertype::vlan, 0xa12c}}, 2};
  EXPECT_EQ(to_string(view),
            "02:00:00:00:00:0a > ff:ff:ff:ff:ff:ff, VLAN 100, VLAN 300, ARP, 60 octets");
  view.vlan = {};
  const auto type = [&view](std::uint16_t ether_type) {
    view.ether_type = ether_type;
    return to_string(view).substr(39);
  };
  EXPECT_EQ(type(ethertype::ipv4), "IPv4, 60 octets");
  EXPECT_EQ(type(ethertype::ipv6), "IPv6, 60 octets");
  EXPECT_EQ(type(0x0900), "type 0x0900, 60 octets");
  EXPECT_EQ(type(0x88b5), "type 0x88b5, 60 octets");
  view.form = EthernetView::Form::llc;
  EXPECT_EQ(type(0), "LLC, 60 octets");
}

}  // namespace
}  // namespace netweir
