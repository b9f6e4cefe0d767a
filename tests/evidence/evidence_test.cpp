// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kit/hex.h"
#include "netweir/observation.h"
#include "netweir/packet.h"
#include "wire/describe.h"
#include "wire/frames.h"

namespace netweir::test {
namespace {

std::string word(Evidence evidence) {
  constexpr std::array words{"arp_request",  "arp_reply", "arp_reply_target",
                             "arp_announce", "nd_ns",     "nd_na",
                             "nd_rs",        "nd_ra"};
  return words.at(static_cast<std::size_t>(evidence));
}

std::string describe(const Observations& found) {
  std::string s;
  for (const auto& o : found) {
    if (!s.empty()) s += ", ";
    s += text(o.ip) + " " + text(o.mac).substr(15) + " " + word(o.evidence);
  }
  return s;
}

Packet packet_of(const Made& m, std::size_t captured, std::size_t wire_len) {
  auto octets = hex(m.hex);
  octets.resize(captured);
  octets.shrink_to_fit();
  Frame f;
  f.data = octets;
  f.wire_len = static_cast<std::uint32_t>(wire_len);
  f.link = m.link;
  f.protocol = m.protocol;
  return decode(f);
}
Packet packet_of(const Made& m) {
  const auto size = m.hex.size() / 2;
  return packet_of(m, size, size);
}
const Made& find(std::string_view name) {
  const auto* it =
      std::find_if(made.begin(), made.end(), [&](const Made& m) { return m.name == name; });
  EXPECT_NE(it, made.end()) << name;
  return it == made.end() ? made[0] : *it;
}

struct Case {
  std::string_view name, expected;
};

// Every frame that is not named here is evidence of nothing.
constexpr std::array cases{std::to_array<Case>({
    {"arp_request", "192.0.2.10 0a arp_request"},
    {"arp_reply", "192.0.2.10 0a arp_reply, 192.0.2.11 0b arp_reply_target"},
    {"arp_gratuitous_request", "192.0.2.10 0a arp_announce"},
    {"arp_gratuitous_request_ff", "192.0.2.10 0a arp_announce"},
    {"arp_gratuitous_reply", "192.0.2.10 0a arp_reply"},
    {"arp_gratuitous_reply_ff", "192.0.2.10 0a arp_reply"},
    {"arp_reply_ff", "192.0.2.10 0a arp_reply"},
    {"arp_probe_reply", "192.0.2.10 0a arp_reply"},
    {"arp_reply_sender_zero", "192.0.2.11 0b arp_reply_target"},
    {"arp_proxy_reply", "198.51.100.7 0a arp_reply, 192.0.2.11 0b arp_reply_target"},
    {"arp_sender_not_ethernet_source", "192.0.2.10 0c arp_request"},
    {"arp_class_e_ip", "240.0.0.1 0a arp_request"},
    {"arp_padded", "192.0.2.10 0a arp_request"},
    {"vlan_0_arp", "192.0.2.10 0a arp_request"},
    {"vlan_1_arp", "192.0.2.10 0a arp_request"},
    {"vlan_300_arp", "192.0.2.10 0a arp_request"},
    {"vlan_4095_arp", "192.0.2.10 0a arp_request"},
    {"qinq_arp", "192.0.2.10 0a arp_request"},
    {"qinq_priority_arp", "192.0.2.10 0a arp_request"},
    {"vlan_9100_arp", "192.0.2.10 0a arp_request"},
    {"vlan_eight_arp", "192.0.2.10 0a arp_request"},
    {"snap_arp", "192.0.2.10 0a arp_request"},
    {"snap_arp_padded", "192.0.2.10 0a arp_request"},
    {"vlan_snap_arp", "192.0.2.10 0a arp_request"},
    {"snap_vlan_arp", "192.0.2.10 0a arp_request"},
    {"snap_long_length", "192.0.2.10 0a arp_request"},
    {"raw_arp", "192.0.2.10 0a arp_request"},
    {"raw_vlan_arp", "192.0.2.10 0a arp_request"},
    {"sll_arp", "192.0.2.10 0a arp_request"},
    {"sll_llc_arp", "192.0.2.10 0a arp_request"},
    {"nd_ns", "fe80::a 0a nd_ns"},
    {"nd_na", "2001:db8::a 0a nd_na"},
    {"nd_rs", "fe80::a 0a nd_rs"},
    {"nd_ra", "fe80::a 0a nd_ra"},
    {"nd_na_both_options", "2001:db8::a 0a nd_na"},
    {"nd_na_unknown_option", "2001:db8::a 0a nd_na"},
    {"nd_na_hop_by_hop", "2001:db8::a 0a nd_na"},
    {"nd_na_dest_options", "2001:db8::a 0a nd_na"},
    {"nd_na_routing", "2001:db8::a 0a nd_na"},
    {"nd_na_routing_left", "2001:db8::a 0a nd_na"},
    {"nd_na_segment_left", "2001:db8::a 0a nd_na"},
    {"nd_na_padded", "2001:db8::a 0a nd_na"},
    {"nd_na_vlan", "2001:db8::a 0a nd_na"},
    {"nd_ra_32_options", "fe80::a 0a nd_ra"},
    {"nd_ra_200_options", "fe80::a 0a nd_ra"},
    {"sll2_nd_na", "2001:db8::a 0a nd_na"},
})};

TEST(Evidence, EveryFrame) {
  std::size_t named = 0;
  for (const auto& m : made) {
    std::string_view expected;
    for (const auto& c : cases) {
      if (c.name == m.name) {
        expected = c.expected;
        ++named;
      }
    }
    EXPECT_EQ(describe(observe(packet_of(m))), expected) << m.name;
  }
  EXPECT_EQ(named, cases.size());
}

TEST(Evidence, OnlyWhatIsToBeLearned) {
  const auto arp = packet_of(find("arp_reply")), nd = packet_of(find("nd_na"));
  EXPECT_EQ(observe(arp, learn_arp).count, 2);
  EXPECT_EQ(observe(arp, learn_nd).count, 0);
  EXPECT_EQ(observe(nd, learn_nd).count, 1);
  EXPECT_EQ(observe(nd, learn_arp).count, 0);
  EXPECT_EQ(observe(arp, 0).count + observe(nd, 0).count, 0);
}

// All 28 octets of an ARP must be there, whoever cut it.
TEST(Evidence, ArpAtEveryLength) {
  const auto& m = find("arp_reply");
  for (std::size_t n = 0; n <= 42; ++n) {
    EXPECT_EQ(observe(packet_of(m, n, 42)).count, n == 42 ? 2 : 0) << n;
    EXPECT_EQ(observe(packet_of(m, n, n)).count, n == 42 ? 2 : 0) << n;
    EXPECT_EQ(observe(packet_of(m, n, 0)).count, n == 42 ? 2 : 0) << n;
  }
}

// A message cut by the capture counts from the end of the wanted option on.
TEST(Evidence, NeighborDiscoveryAtEveryLength) {
  const std::size_t icmp = 14 + 40;
  const std::array expected{std::pair{"nd_ns", icmp + 24 + 8}, std::pair{"nd_na", icmp + 24 + 8},
                            std::pair{"nd_rs", icmp + 8 + 8},
                            std::pair{"nd_ra", icmp + 16 + 32 + 8},  // behind a prefix option
                            std::pair{"nd_na_unknown_option", icmp + 24 + 16 + 8}};
  for (const auto& [name, least] : expected) {
    const auto& m = find(name);
    const auto size = m.hex.size() / 2;
    for (std::size_t n = 0; n <= size; ++n) {
      EXPECT_EQ(observe(packet_of(m, n, size)).count, n >= least ? 1 : 0) << name << " at " << n;
      // Where the packet really ends there, its payload length is a lie.
      EXPECT_EQ(observe(packet_of(m, n, n)).count, n == size ? 1 : 0) << name << " at " << n;
    }
  }
}

// Cut away, the wrong checksum cannot be seen any more: the rest counts.
TEST(Evidence, ChecksumOfACutMessage) {
  const auto& m = find("nd_na_unknown_option");
  auto octets = hex(m.hex);
  octets[14 + 40 + 2] ^= 0xffU;
  Frame f;
  f.data = octets;
  f.wire_len = static_cast<std::uint32_t>(octets.size());
  EXPECT_EQ(observe(decode(f)).count, 0);
  const auto& two = find("nd_na_two_options");
  EXPECT_EQ(observe(packet_of(two, two.hex.size() / 2 - 8, two.hex.size() / 2)).count, 1);
}

// One turned bit anywhere in the message, and its checksum is wrong.
TEST(Evidence, NoBitOfTheMessageMayTurn) {
  const auto good = hex(find("nd_na").hex);
  constexpr std::size_t message = 14 + 40;
  for (std::size_t bit = 8 * message; bit < 8 * good.size(); ++bit) {
    auto octets = good;
    octets[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    Frame f;
    f.data = octets;
    f.wire_len = static_cast<std::uint32_t>(octets.size());
    EXPECT_EQ(observe(decode(f)).count, 0) << "bit " << bit;
  }
}

TEST(Evidence, VidsThatCount) {
  const auto list = [](const Packet& p, const std::array<std::uint16_t, 2>& outer = {}) {
    std::string s;
    for (const auto vid : vids(p, outer)) s += (s.empty() ? "" : " ") + std::to_string(vid);
    return s;
  };
  EXPECT_EQ(list(packet_of(find("arp_request"))), "");
  EXPECT_EQ(list(packet_of(find("vlan_0_arp"))), "");
  EXPECT_EQ(list(packet_of(find("vlan_1_arp"))), "1");
  EXPECT_EQ(list(packet_of(find("vlan_4095_arp"))), "4095");
  EXPECT_EQ(list(packet_of(find("qinq_arp"))), "200 300");
  EXPECT_EQ(list(packet_of(find("qinq_priority_arp"))), "100");
  EXPECT_EQ(list(packet_of(find("vlan_udp"))), "5");  // priority bits are no VID
  EXPECT_EQ(list(packet_of(find("vlan_eight_arp"))), "1 2 3 4 5 6 7 8");
  EXPECT_EQ(list(packet_of(find("arp_request")), {300, 0}), "300");
  EXPECT_EQ(list(packet_of(find("vlan_0_arp")), {300, 0}), "300");
  EXPECT_EQ(list(packet_of(find("vlan_eight_arp")), {10, 11}), "10 11 1 2 3 4 5 6 7 8");
  EXPECT_EQ(list(packet_of(find("vlan_1_arp")), {0, 11}), "11 1");
}

// observe() takes a Packet, which anyone can fill: nothing in it may lead outside.
TEST(Evidence, APacketThatNoDecoderMade) {
  Packet p;
  p.tags = 255;
  for (auto& tag : p.vlan) tag.tci = 5;
  EXPECT_EQ(vids(p).count, max_vlan_tags);
  p.has_arp = true;
  p.arp.operation = 9;
  p.arp.sender_ip = Ip::v4(192, 0, 2, 1);
  p.arp.sender_mac = {{2, 0, 0, 0, 0, 1}};
  EXPECT_EQ(observe(p).count, 0);
}

}  // namespace
}  // namespace netweir::test
