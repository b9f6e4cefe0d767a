// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/frame_view.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "built_frames.h"
#include "kit/hex.h"
#include "netweir/frame_handlers.h"

namespace netweir {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets scapy(std::string_view name) {
  for (const auto& f : test::built_frames) {
    if (f.name == name) return test::hex(f.hex);
  }
  ADD_FAILURE() << name;
  return {};
}

TEST(EthernetView, ReadsEachForm) {
  using Form = EthernetView::Form;
  struct Case {
    std::string_view name;
    Form form;
    std::uint16_t type;
    std::size_t payload, body, trailer;
    std::uint8_t tags;
  };
  for (const auto& c :
       {Case{"arp_request", Form::ethernet_ii, 0x0806, 46, 46, 0, 0},
        Case{"arp_request_tagged", Form::ethernet_ii, 0x0806, 38, 38, 0, 2},
        Case{"udp6", Form::ethernet_ii, 0x86dd, 55, 55, 0, 0},
        Case{"llc", Form::llc, 0, 38, 38, 8, 0}, Case{"snap", Form::snap, 0x0806, 28, 36, 10, 0}}) {
    const auto octets = scapy(c.name);
    EthernetView v;
    ASSERT_EQ(read_ethernet(octets, v), FrameFault::none) << c.name;
    EXPECT_EQ(v.form, c.form) << c.name;
    EXPECT_EQ(v.ether_type, c.type) << c.name;
    EXPECT_EQ(v.payload().size(), c.payload) << c.name;
    EXPECT_EQ(v.body().size(), c.body) << c.name;
    EXPECT_EQ(v.trailer().size(), c.trailer) << c.name;
    EXPECT_EQ(v.vlan.count, c.tags) << c.name;
    EXPECT_EQ(v.src(), (Mac{{2, 0, 0, 0, 0, 0x0a}})) << c.name;
    EXPECT_EQ(v.octets.size(), octets.size());
  }
}

TEST(EthernetView, RefusesEveryTruncationOfItsHeaders) {
  for (const auto& f : test::built_frames) {
    const auto whole = test::hex(f.hex);
    EthernetView all;
    ASSERT_EQ(read_ethernet(whole, all), FrameFault::none);
    const std::size_t header = 14 + all.vlan.count * 4U;
    const std::size_t least =
        all.form == EthernetView::Form::ethernet_ii ? header : header + all.body().size();
    for (std::size_t n = 0; n <= whole.size(); ++n) {
      const Octets part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
      EthernetView v;
      v.ether_type = 0x1234;
      const auto fault = read_ethernet(part, v);
      EXPECT_EQ(fault, n >= least    ? FrameFault::none
                       : n >= header ? FrameFault::bad_length
                                     : FrameFault::too_short)
          << f.name << n;
      const auto unchanged = fault == FrameFault::none || v.ether_type == 0x1234;
      EXPECT_TRUE(unchanged) << f.name << n;
    }
  }
}

TEST(EthernetView, RefusesWhatIsTooLongHere) {
  auto octets = scapy("arp_request");
  octets.resize(1522);
  EthernetView v;
  EXPECT_EQ(read_ethernet(octets, v), FrameFault::none);
  octets.push_back(0);
  EXPECT_EQ(read_ethernet(octets, v), FrameFault::too_long);
  EXPECT_EQ(read_ethernet(octets, v, FrameLimits::jumbo(9000)), FrameFault::none);
  octets[12] = 0x05;  // 1501 to 1535 are neither a length nor an EtherType
  octets[13] = 0xdd;
  EXPECT_EQ(read_ethernet(octets, v, FrameLimits::jumbo(9000)), FrameFault::bad_type);
}

TEST(EthernetView, KnowsWhomAFrameIsFor) {
  const auto kind = [](std::string_view dst) {
    auto octets = scapy("udp4");
    const auto to = test::hex(dst);
    std::copy(to.begin(), to.end(), octets.begin());
    EthernetView v;
    EXPECT_EQ(read_ethernet(octets, v), FrameFault::none);
    return std::string(v.is_broadcast() ? "broadcast " : "") +
           (v.is_multicast() ? "multicast " : "") + (v.is_unicast() ? "unicast" : "");
  };
  EXPECT_EQ(kind("ffffffffffff"), "broadcast ");
  EXPECT_EQ(kind("01005e000001"), "multicast ");
  EXPECT_EQ(kind("fffffffffffe"), "multicast ");
  EXPECT_EQ(kind("02000000000b"), "unicast");
}

TEST(EthernetView, KnowsItsProtocol) {
  const auto protocol = [](std::string_view name) {
    const auto octets = scapy(name);
    EthernetView v;
    EXPECT_EQ(read_ethernet(octets, v), FrameFault::none);
    return std::string(v.is_arp() ? "arp" : "") + (v.is_ipv4() ? "ipv4" : "") +
           (v.is_ipv6() ? "ipv6" : "") + (v.is_ip() ? " ip" : "");
  };
  EXPECT_EQ(protocol("arp_request_tagged"), "arp");
  EXPECT_EQ(protocol("snap"), "arp");
  EXPECT_EQ(protocol("udp4"), "ipv4 ip");
  EXPECT_EQ(protocol("udp6"), "ipv6 ip");
  EXPECT_EQ(protocol("llc"), "");
}

TEST(ReadArp, ReadsAndRefuses) {
  const auto frame = scapy("arp_reply");
  const Octets payload(frame.begin() + 14, frame.end());
  Arp arp;
  ASSERT_EQ(read_arp(payload, arp), FrameFault::none);
  EXPECT_EQ(arp.operation, 2);
  EXPECT_EQ(arp.sender_mac, (Mac{{2, 0, 0, 0, 0, 0x0a}}));
  EXPECT_EQ(arp.sender_ip, Ip::v4(192, 0, 2, 10));
  EXPECT_EQ(arp.target_mac, (Mac{{2, 0, 0, 0, 0, 0x0b}}));
  EXPECT_EQ(arp.target_ip, Ip::v4(192, 0, 2, 11));
  for (std::size_t n = 0; n < 28; ++n)
    EXPECT_EQ(read_arp(Bytes(payload).first(n), arp), FrameFault::too_short) << n;
  for (const std::size_t at : {0U, 1U, 2U, 3U, 4U, 5U}) {  // hardware, protocol, lengths
    auto other = payload;
    other[at] ^= 0x10;
    EXPECT_EQ(read_arp(other, arp), FrameFault::bad_type) << at;
  }
}

TEST(ReadIpAddresses, ReadsAndRefuses) {
  for (const auto* name : {"udp4", "udp6"}) {
    auto octets = scapy(name);
    EthernetView v;
    ASSERT_EQ(read_ethernet(octets, v), FrameFault::none);
    IpAddresses a;
    a.src = {{9, 9, 9, 9, 9, 9, 9, 9}, IpVersion::v6};
    ASSERT_EQ(read_ip_addresses(v, a), FrameFault::none);
    const std::uint8_t last = name[3] == '4' ? a.src.octets[3] : a.src.octets[15];
    EXPECT_EQ(last, 10);
    EXPECT_EQ(a.dst.version, name[3] == '4' ? IpVersion::v4 : IpVersion::v6);
    EXPECT_TRUE(name[3] == '6' || a.src == Ip::v4(192, 0, 2, 10)) << "something is left of before";
    const std::size_t least = 14U + (name[3] == '4' ? 20U : 40U);
    for (std::size_t n = 14; n < least; ++n) {
      ASSERT_EQ(read_ethernet(Bytes(octets).first(n), v), FrameFault::none);
      EXPECT_EQ(read_ip_addresses(v, a), FrameFault::too_short) << name << n;
    }
    octets[14] ^= 0x20;  // 4 becomes 6, 6 becomes 4
    ASSERT_EQ(read_ethernet(octets, v), FrameFault::none);
    EXPECT_EQ(read_ip_addresses(v, a), FrameFault::wrong_family);
  }
  const auto arp = scapy("arp_request");
  EthernetView v;
  ASSERT_EQ(read_ethernet(arp, v), FrameFault::none);
  IpAddresses a;
  EXPECT_EQ(read_ip_addresses(v, a), FrameFault::bad_type);
}

TEST(FrameHandlers, AFrameGoesToTheHandlerOfItsType) {
  FrameHandlers handlers;
  std::vector<std::string> seen;
  const auto note = [&seen](std::string text) {
    return [&seen, text](const EthernetView& f) {
      seen.push_back(text + " " + std::to_string(f.payload().size()));
    };
  };
  constexpr std::uint16_t experimental = 0x88b5;  // IEEE 802, local experimental
  handlers.on(ethertype::arp, note("arp"));
  handlers.on(experimental, note("ours"));
  auto frame = scapy("arp_request_tagged");
  bool handled = false;
  EXPECT_EQ(handlers.handle(frame, handled), FrameFault::none);
  EXPECT_TRUE(handled);
  EXPECT_EQ(handlers.handle(scapy("udp4"), handled), FrameFault::none);
  EXPECT_FALSE(handled);
  frame = scapy("udp4");
  frame[12] = 0x88;
  frame[13] = 0xb5;
  EXPECT_EQ(handlers.handle(frame, handled), FrameFault::none);
  EXPECT_TRUE(handled);
  handlers.on(experimental, note("another"));
  EXPECT_EQ(handlers.handle(frame, handled), FrameFault::none);
  EXPECT_EQ(seen, (std::vector<std::string>{"arp 38", "ours 46", "another 46"}));
  EXPECT_TRUE(handlers.off(experimental));
  EXPECT_FALSE(handlers.off(experimental));
  EXPECT_EQ(handlers.handle(frame, handled), FrameFault::none);
  EXPECT_FALSE(handled);
  handled = true;
  EXPECT_EQ(handlers.handle(Bytes(frame).first(13), handled), FrameFault::too_short);
  EXPECT_FALSE(handled);
  handlers.on(0, note("llc"));
  EXPECT_EQ(handlers.handle(scapy("llc"), handled), FrameFault::none);
  EXPECT_EQ(seen.back(), "llc 38");
}

}  // namespace
}  // namespace netweir
