// SPDX-License-Identifier: GPL-2.0-or-later
#include "nflog/decode.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "kit/hex.h"
#include "nflog/recorded.h"

namespace netweir::nflog {
namespace {

using test::hex;
using test::payload;
using Octets = std::vector<std::uint8_t>;

constexpr WallTime receipt{std::chrono::seconds{42}};
constexpr std::string_view arp =
    "0001 0800 06 04 0001 | 020000000001 c0000201 | 000000000000 c0000202";
constexpr std::string_view snap = "aaaa03 000000 0806";

struct Logged : Numbers {
  Frame frame{};
  NflogExtra extra{};
};
bool decode(Bytes octets, Logged& l) { return decode(octets, receipt, l.frame, l.extra, l); }

/// Decodes octets that stay, in an allocation of exactly their size.
bool take(Octets octets, Logged& l) {
  static std::deque<Octets> kept;
  octets.shrink_to_fit();
  return decode(kept.emplace_back(std::move(octets)), l);
}

/// What the kernel was made to log by record_corpus.py, and what it told of it.
struct Case {
  std::string_view name;
  std::uint16_t link, protocol;
  std::string_view link_header, data;  // data: how it begins
  VlanTag tag{};                       // TPID 0 = none
  std::uint8_t family = 0, hook = 0;
  std::string_view prefix{};
  std::uint32_t in = 0, out = 0, phys_in = 0, phys_out = 0;
  bool receipt = false;
};
constexpr auto eth = linktype::ethernet;
constexpr auto raw = linktype::raw;
constexpr VlanTag none{};

class Recorded : public testing::TestWithParam<Case> {};

TEST_P(Recorded, Decodes) {
  const auto& c = GetParam();
  const auto message = payload(c.name);
  Logged l;
  ASSERT_TRUE(decode(message, l));
  EXPECT_EQ(l.frame.link, c.link);
  EXPECT_EQ(l.frame.protocol, c.protocol);
  EXPECT_EQ(Octets(l.frame.link_header.begin(), l.frame.link_header.end()), hex(c.link_header));
  const auto begins = hex(c.data);
  ASSERT_GE(l.frame.data.size(), begins.size());
  EXPECT_EQ(Octets(l.frame.data.begin(),
                   l.frame.data.begin() + static_cast<std::ptrdiff_t>(begins.size())),
            begins);
  EXPECT_EQ(l.frame.tagged, c.tag.tpid != 0);
  EXPECT_TRUE(l.frame.tag == c.tag);
  EXPECT_EQ(l.extra.family, c.family);
  EXPECT_EQ(l.extra.hook, c.hook);
  EXPECT_EQ(l.extra.prefix, c.prefix);
  EXPECT_EQ(l.in, c.in);
  EXPECT_EQ(l.out, c.out);
  EXPECT_EQ(l.phys_in, c.phys_in);
  EXPECT_EQ(l.phys_out, c.phys_out);
  EXPECT_EQ(l.frame.at_is_receipt, c.receipt);
  if (c.receipt)
    EXPECT_EQ(l.frame.at, receipt);
  else
    EXPECT_EQ(std::chrono::floor<std::chrono::days>(l.frame.at),
              std::chrono::sys_days{std::chrono::year{2026} / 11 / 20});
  EXPECT_TRUE(l.has_seq);
  EXPECT_EQ(l.seq, 0U);
  EXPECT_EQ(l.frame.wire_len, 0U);
  EXPECT_TRUE(l.frame.grouped);
}

INSTANTIATE_TEST_SUITE_P(
    Kernel, Recorded,
    testing::Values(
        Case{"inet_input_v4", eth, 0x800, "020000000010 020000000001 0800", "45000024", none, 2, 1,
             "in4 ", 3},
        Case{"ip_input_cut_at_20", eth, 0x800, "020000000010 020000000001 0800", "45000024", none,
             2, 1, "", 3},
        Case{"inet_input_v6_loopback", raw, 0x86dd, "", "60", none, 10, 1, "in6", 1},
        Case{"inet_output_uid_gid_mark", raw, 0x800, "", "45000024", none, 2, 3, "", 0, 1, 0, 0,
             true},
        Case{"ip6_input_ns", eth, 0x86dd, "3333ff000002 020000000001 86dd", "6000000000203aff",
             none, 10, 1, "ns", 3},
        Case{"arp_input", eth, 0x806, "ffffffffffff 020000000001 0806", arp, none, 3, 0, "arp", 3},
        Case{"netdev_arp_untagged", eth, 0x806, "020000000099 020000000001 0806", arp, none, 5, 0,
             "netdev", 3},
        Case{"netdev_arp_vlan_0", eth, 0x806, "020000000099 020000000001 0806", arp,
             VlanTag{0x8100, 0}, 5, 0, "netdev", 3},
        Case{"netdev_arp_vlan_1", eth, 0x806, "020000000099 020000000001 0806", arp,
             VlanTag{0x8100, 1}, 5, 0, "netdev", 3},
        Case{"netdev_arp_vlan_300_pcp_5", eth, 0x806, "020000000099 020000000001 0806", arp,
             VlanTag{0x8100, 0xa12c}, 5, 0, "netdev", 3},
        Case{"netdev_arp_vlan_4095", eth, 0x806, "020000000099 020000000001 0806", arp,
             VlanTag{0x8100, 4095}, 5, 0, "netdev", 3},
        Case{"netdev_arp_qinq_100_200", eth, 0x8100, "020000000099 020000000001 8100",
             "00c8 0806 0001", VlanTag{0x88a8, 100}, 5, 0, "netdev", 3},
        Case{"netdev_snap_arp_vlan_300", eth, 4, "020000000099 020000000001 0024", snap,
             VlanTag{0x8100, 300}, 5, 0, "netdev", 3},
        Case{"bridge_prerouting_arp_vlan_300", eth, 0x806, "020000000098 020000000001 0806", arp,
             VlanTag{0x8100, 300}, 7, 0, "bridge", 8, 0, 5},
        Case{"netdev_snap_arp", eth, 4, "020000000099 020000000001 0024", snap, none, 5, 0,
             "netdev", 3},
        Case{"bridge_prerouting_arp", eth, 0x806, "020000000098 020000000001 0806", arp, none, 7, 0,
             "bridge", 8, 0, 5},
        Case{"bridge_forward_v4", eth, 0x800, "020000000097 020000000001 0800", "45000024", none, 7,
             2, "forward", 8, 8, 5, 7}),
    [](const auto& i) { return std::string(i.param.name); });

TEST(Decode, MarkUidAndGid) {
  Logged l;
  ASSERT_TRUE(take(payload("inet_output_uid_gid_mark"), l));
  EXPECT_EQ(l.extra.has, NflogExtra::has_mark | NflogExtra::has_uid | NflogExtra::has_gid);
  EXPECT_EQ(l.extra.mark, 7U);
  EXPECT_EQ(l.extra.uid, 0U);
  EXPECT_EQ(l.extra.gid, 0U);
  EXPECT_EQ(l.frame.group, 3U);
  ASSERT_TRUE(take(payload("inet_input_v4"), l));
  EXPECT_EQ(l.extra.has, 0);
  ASSERT_TRUE(take(payload("ip_input_cut_at_20"), l));
  EXPECT_EQ(l.frame.data.size(), 20U);
}

const std::vector<std::string_view> all = {
    "inet_input_v4",  "inet_output_uid_gid_mark",  "ip6_input_ns",
    "arp_input",      "netdev_arp_vlan_300_pcp_5", "bridge_forward_v4",
    "netdev_snap_arp"};

/// Every view of a frame lies inside the message.
void expect_inside(const Logged& l, const Octets& message) {
  const auto inside = [&](const void* p, std::size_t size) {
    const auto* b = static_cast<const std::uint8_t*>(p);
    return size == 0 || (b >= message.data() && b + size <= message.data() + message.size());
  };
  EXPECT_TRUE(inside(l.frame.data.data(), l.frame.data.size()));
  EXPECT_TRUE(inside(l.frame.link_header.data(), l.frame.link_header.size()));
  EXPECT_TRUE(inside(l.extra.prefix.data(), l.extra.prefix.size()));
}

TEST(Decode, EveryTruncationIsRefusedUnlessItEndsAnAttribute) {
  for (const auto name : all) {
    const auto whole = payload(name);
    std::vector<std::size_t> ends;  // where an attribute ends, its padding or not
    for (std::size_t at = 4; at < whole.size();) {
      std::uint16_t length = 0;
      std::memcpy(&length, whole.data() + at, sizeof length);
      for (std::size_t i = length; i <= ((length + 3U) & ~3U); ++i) ends.push_back(at + i);
      at += (length + 3U) & ~3U;
    }
    for (std::size_t n = 0; n < whole.size(); ++n) {
      Octets part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
      Logged l;
      part.shrink_to_fit();
      const bool taken = decode(part, l);
      EXPECT_EQ(taken, std::find(ends.begin(), ends.end(), n) != ends.end()) << name << " " << n;
      if (taken) expect_inside(l, part);
    }
  }
}

TEST(Decode, EveryLengthOfEveryAttribute) {
  for (const auto name : all) {
    const auto whole = payload(name);
    for (std::size_t at = 4; at < whole.size();) {
      std::uint16_t head[2] = {};
      std::memcpy(head, whole.data() + at, sizeof head);
      for (const auto length :
           std::initializer_list<std::uint16_t>{0, 1, 3, 4, 5, 6, 7, 8, 9, 12, 20, 255, 65535}) {
        auto message = whole;
        std::memcpy(message.data() + at, &length, sizeof length);
        Logged l;
        const bool taken = decode(message, l);
        if (taken) expect_inside(l, message);
        if (length < 4 || length == 65535) {
          EXPECT_FALSE(taken) << name << " " << head[1];
        }
        const auto type = head[1] & 0x3fffU;
        const bool variable = type == 9 || type == 10 || type == 16 || type == 20 || type == 21;
        if (length != head[0] && !variable) {
          EXPECT_FALSE(taken) << name << " " << type << " " << length;
        }
      }
      at += (head[0] + 3U) & ~3U;
    }
  }
}

/// An nfgenmsg and a PACKET_HDR of `protocol`, then these attributes.
Octets built(std::string_view protocol, std::string_view attributes) {
  std::string text = "02 00 0005 | 0800 0100";
  text.append(protocol).append("0100").append(attributes);
  return hex(text);
}

TEST(Decode, NeedsThePacketHeader) {
  Logged l;
  EXPECT_FALSE(take({}, l));
  EXPECT_FALSE(take(hex("02 00 0005"), l));
  EXPECT_FALSE(take(hex("02 00 0005 | 0800 0200 00000001"), l));
  EXPECT_TRUE(take(built("0800", ""), l));
  EXPECT_EQ(l.frame.link, linktype::raw);
  EXPECT_TRUE(l.frame.data.empty());
  EXPECT_FALSE(l.has_seq);
}

TEST(Decode, SkipsWhatItDoesNotKnow) {
  Logged l;
  EXPECT_TRUE(take(built("0800", "0500 ff3f 00 000000 | 0400 1600 | 0800 0cc0 00000007"), l));
  EXPECT_EQ(l.seq, 7U);
}

TEST(Decode, PrefixNeedsNoNulAndIsBounded) {
  Logged l;
  ASSERT_TRUE(take(built("0800", "0700 0a00 616263"), l));
  EXPECT_EQ(l.extra.prefix, "abc");
  ASSERT_TRUE(take(built("0800", "0800 0a00 61006364"), l));
  EXPECT_EQ(l.extra.prefix, "a");
  ASSERT_TRUE(take(built("0800", "0400 0a00"), l));
  EXPECT_EQ(l.extra.prefix, "");
  std::string many;
  for (int i = 0; i < 500; ++i) many += "61";
  ASSERT_TRUE(take(built("0800", "f801 0a00" + many), l));
  EXPECT_EQ(l.extra.prefix.size(), 127U);
}

TEST(Decode, TimeCarriesAndMustFit) {
  Logged l;
  const auto at = [&](std::string_view time) {
    EXPECT_TRUE(take(built("0800", "1400 0300" + std::string(time)), l));
    return l.frame.at.time_since_epoch().count();
  };
  EXPECT_EQ(at("0000000000000001 00000000000f423f"), 1'999'999'000);
  EXPECT_EQ(at("0000000000000001 00000000000f4240"), 2'000'000'000);
  EXPECT_EQ(at("0000000000000000 0000000000000000"), 0);
  EXPECT_FALSE(l.frame.at_is_receipt);
  for (const auto* bad :
       {"ffffffffffffffff 0000000000000000", "0000000300000000 0000000000000000",
        "0000000000000000 ffffffffffffffff", "8000000000000000 ffffffffffffffff"}) {
    EXPECT_EQ(at(bad), receipt.time_since_epoch().count()) << bad;
    EXPECT_TRUE(l.frame.at_is_receipt);
  }
}

TEST(Decode, TrustsALinkHeaderOnlyIfItIsOne) {
  struct Header {
    std::string_view name, protocol, attributes;
    bool ethernet;
    std::size_t octets;
  };
  // HWTYPE 15, HWHEADER 16, HWLEN 17, L2HDR 21
  for (const auto& c : {
           Header{"ethernet", "0800",
                  "0600 0f00 0001 0000 | 0600 1100 000e 0000 |"
                  "1200 1000 020000000001020000000002 0800",
                  true, 14},
           Header{"another_type", "0800",
                  "0600 0f00 0304 0000 | 0600 1100 000e 0000 |"
                  "1200 1000 020000000001020000000002 0800",
                  false, 0},
           Header{"no_type", "0800",
                  "0600 1100 000e 0000 | 1200 1000 020000000001020000000002 0800", false, 0},
           Header{"no_length", "0800",
                  "0600 0f00 0001 0000 | 1200 1000 020000000001020000000002 0800", false, 0},
           Header{"another_length", "0800",
                  "0600 0f00 0001 0000 | 0600 1100 0010 0000 |"
                  "1200 1000 020000000001020000000002 0800",
                  false, 0},
           Header{
               "13_octets", "0800",
               "0600 0f00 0001 0000 | 0600 1100 000d 0000 | 1100 1000 0200000000010200000000 0800",
               false, 0},
           Header{"another_protocol", "0806",
                  "0600 0f00 0001 0000 | 0600 1100 000e 0000 |"
                  "1200 1000 020000000001020000000002 0800",
                  false, 0},
           Header{"room_for_a_tag_on_a_vlan_device", "0800",
                  "0600 0f00 0001 0000 | 0600 1100 0012 0000 |"
                  "1600 1000 020000000001020000000002 0800 45000024",
                  true, 14},
           Header{"tag_in_line_on_a_vlan_device", "0800",
                  "0600 0f00 0001 0000 | 0600 1100 0012 0000 |"
                  "1600 1000 020000000001020000000002 8100012c 0800",
                  false, 0},
           Header{"l2_tag_in_line", "8100", "1600 1500 020000000001020000000002 8100012c 0806",
                  true, 18},
           Header{"l2_empty", "0800", "0400 1500", false, 0},
           Header{"l2_of_a_tunnel", "0800",
                  "0600 0f00 fffe 0000 | 1200 1500 020000000001020000000002 0800", false, 0},
           Header{"l2_llc", "0004", "1200 1500 020000000001020000000002 0026", true, 14},
           Header{"l2_length_but_no_llc", "0800", "1200 1500 020000000001020000000002 0026", false,
                  0},
       }) {
    Logged l;
    ASSERT_TRUE(take(built(c.protocol, c.attributes), l)) << c.name;
    EXPECT_EQ(l.frame.link, c.ethernet ? linktype::ethernet : linktype::raw) << c.name;
    EXPECT_EQ(l.frame.link_header.size(), c.octets) << c.name;
  }
}

TEST(Decode, ATagNeedsBothHalves) {
  Logged l;
  ASSERT_TRUE(take(built("0806", "1400 1480 | 0600 0200 0000 0000 | 0600 0100 8100 0000"), l));
  EXPECT_TRUE(l.frame.tagged);
  ASSERT_TRUE(take(built("0806", "0c00 1480 | 0600 0200 0000 0000"), l));
  EXPECT_FALSE(l.frame.tagged);
  ASSERT_TRUE(take(built("0806", "0400 1480"), l));
  EXPECT_FALSE(l.frame.tagged);
  EXPECT_FALSE(take(built("0806", "0c00 1480 | 0700 0200 000000 00"), l));
  EXPECT_FALSE(take(built("0806", "0800 1480 | 0300 0200"), l));
}

TEST(LostBetween, WrapsAndForgivesLateNumbers) {
  static_assert(lost_between(7, 8) == 0);
  static_assert(lost_between(7, 10) == 2);
  static_assert(lost_between(0xffffffff, 0) == 0);
  static_assert(lost_between(0xfffffffe, 1) == 2);
  static_assert(lost_between(7, 7) == 0);
  static_assert(lost_between(7, 3) == 0);
}

}  // namespace
}  // namespace netweir::nflog
