// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/frame_builder.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string_view>
#include <vector>

#include "built_frames.h"
#include "frames.h"
#include "kit/hex.h"

namespace netweir {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr Mac mac_a{{2, 0, 0, 0, 0, 0x0a}}, mac_b{{2, 0, 0, 0, 0, 0x0b}};
constexpr Ip ip_a = Ip::v4(192, 0, 2, 10), ip_b = Ip::v4(192, 0, 2, 11);
constexpr Ip six(std::uint8_t last) {
  return {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}, IpVersion::v6};
}
constexpr FrameLimits unpadded{1500, 1522, 0};

Octets scapy(std::string_view name) {
  for (const auto& f : test::built_frames) {
    if (f.name == name) return test::hex(f.hex);
  }
  ADD_FAILURE() << name;
  return {};
}

Bytes bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Each builder, and what scapy makes of the same.
struct Case {
  std::string_view name;
  std::function<Built(Buffer, const FrameLimits&)> build;
};

std::vector<Case> cases() {
  static const auto body =
      test::hex("0806000108000604000102000000000ac000020a000000000000c000020b");
  static const VlanTags two{{VlanTag{ethertype::service, 100}, VlanTag{ethertype::vlan, 0xa12c}},
                            2};
  const EthernetHeader to_b{mac_b, mac_a, 0, {}};
  const IpHeader v4{.src = ip_a, .dst = ip_b, .traffic_class = 0xb8, .id = 7};
  const IpHeader v6{.src = six(10), .dst = six(11), .traffic_class = 0xb8, .flow_label = 0x12345};
  const auto with = [](auto... parts) {
    return [parts...](auto builder) {
      return [=](Buffer out, const FrameLimits& limits) { return builder(out, parts..., limits); };
    };
  };
  static const auto zero = test::hex("77a7");
  static const auto echo = test::hex("0800666700010002 6162636465666768");
  static auto stp = test::hex("424203");
  while (stp.size() < 38) stp.push_back(static_cast<std::uint8_t>(stp.size() - 3));
  static auto snap = test::hex("aaaa03000000");
  if (snap.size() == 6) snap.insert(snap.end(), body.begin(), body.end());
  const auto arp = [](const Arp& a, const VlanTags& vlan = {}) {
    return [=](Buffer out, const FrameLimits& l) { return build_arp(out, a, vlan, l); };
  };
  return {
      {"arp_request", arp(arp_request(mac_a, ip_a, ip_b))},
      {"arp_reply", arp(arp_reply(mac_a, ip_a, mac_b, ip_b))},
      {"arp_announcement", arp(arp_announcement(mac_a, ip_a))},
      {"arp_probe", arp(arp_probe(mac_a, ip_a))},
      {"arp_request_tagged", arp(arp_request(mac_a, ip_a, ip_b), two)},
      {"udp4", with(to_b, v4, UdpPorts{1000, 53}, bytes("netweir"))(build_udp)},
      {"udp6", with(to_b, v6, UdpPorts{1000, 53}, bytes("netweir"))(build_udp)},
      {"udp_sum_of_zero",
       with(to_b, IpHeader{.src = ip_a, .dst = ip_b}, UdpPorts{1000, 53}, Bytes(zero))(build_udp)},
      {"icmp4",
       with(to_b, IpHeader{.src = ip_a, .dst = ip_b, .protocol = 1}, Bytes(echo))(build_ip)},
      {"solicitation",
       [](Buffer out, const FrameLimits& l) {
         return build_solicitation(out, {mac_a, six(10), six(11)}, {}, l);
       }},
      {"detection",
       [](Buffer out, const FrameLimits& l) {
         return build_solicitation(out, {mac_a, {{}, IpVersion::v6}, six(11)}, {}, l);
       }},
      {"advertisement",
       [](Buffer out, const FrameLimits& l) {
         return build_advertisement(
             out,
             {.sender = mac_a, .to = mac_b, .target = six(10), .to_ip = six(11), .router = true},
             {}, l);
       }},
      {"llc",
       with(EthernetHeader{{{1, 0x80, 0xc2, 0, 0, 0}}, mac_a, 0, {}}, Bytes(stp))(build_802_3)},
      {"snap", with(to_b, Bytes(snap))(build_802_3)},
  };
}

TEST(FrameBuilder, MakesWhatScapyMakes) {
  EXPECT_EQ(cases().size() + 6, test::built_frames.size()) << "the echoes are the responder's";
  for (const auto& c : cases()) {
    std::array<std::uint8_t, 200> out{};
    out.fill(0xee);
    const auto built = c.build(out, {});
    ASSERT_TRUE(built) << c.name << ": " << describe(built.fault);
    EXPECT_EQ(Octets(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(built.octets)),
              scapy(c.name))
        << c.name;
    EXPECT_EQ(out[built.octets], 0xee) << c.name << " wrote behind its end";
  }
}

TEST(FrameBuilder, ABufferThatIsTooSmallStaysAsItWas) {
  for (const auto& c : cases()) {
    const auto size = scapy(c.name).size();
    for (std::size_t n = 0; n < size; ++n) {
      Octets out(n, 0xee);
      const auto built = c.build(out, {});
      EXPECT_EQ(built.fault, FrameFault::no_room) << c.name << n;
      EXPECT_EQ(built.octets, 0U);
      EXPECT_EQ(out, Octets(n, 0xee)) << c.name << n;
    }
    Octets out(200, 0xee);
    EXPECT_EQ(c.build(out, {.mtu = 1500, .longest = size - 1, .shortest = 0}).fault,
              size > 60 ? FrameFault::too_long : FrameFault::none)
        << c.name;
    EXPECT_EQ(c.build(out, {.mtu = 20, .longest = 1522, .shortest = 60}).fault,
              FrameFault::payload_too_large)
        << c.name;
  }
}

// Every frame that scapy made for the decoder's tests, where it is one of Ethernet.
TEST(FrameBuilder, RebuildsWhatItReads) {
  std::size_t rebuilt = 0;
  for (const auto& m : test::made) {
    if (m.link != linktype::ethernet) continue;
    const auto octets = test::hex(m.hex);
    EthernetView view;
    if (read_ethernet(octets, view, FrameLimits::jumbo(9000)) != FrameFault::none) continue;
    if (view.src().is_group() || !view.trailer().empty()) continue;
    Octets out(octets.size());
    const auto built = build(out, view, {.mtu = 9000, .longest = 9022, .shortest = 0});
    EXPECT_TRUE(built) << m.name << ": " << describe(built.fault);
    EXPECT_EQ(built.octets, octets.size()) << m.name;
    EXPECT_EQ(out, octets) << m.name;
    ++rebuilt;
  }
  EXPECT_GT(rebuilt, test::made.size() / 2);
  for (const auto& f : test::built_frames) {  // padded, also behind an 802.3 length
    const auto octets = test::hex(f.hex);
    EthernetView view;
    ASSERT_EQ(read_ethernet(octets, view), FrameFault::none) << f.name;
    Octets out(octets.size());
    EXPECT_TRUE(build(out, view)) << f.name;
    EXPECT_EQ(out, octets) << f.name;
  }
}

TEST(FrameBuilder, ThePayloadMayLieInTheBuffer) {
  const auto wanted = scapy("udp4");
  Octets out(200);
  const auto text = bytes("netweir");
  std::copy(text.begin(), text.end(), out.begin() + 30);  // not where it belongs
  const auto built = build_udp(out, {mac_b, mac_a, 0, {}},
                               {.src = ip_a, .dst = ip_b, .traffic_class = 0xb8, .id = 7},
                               {1000, 53}, Bytes(out).subspan(30, text.size()));
  ASSERT_TRUE(built);
  out.resize(built.octets);
  EXPECT_EQ(out, wanted);
}

TEST(FrameBuilder, RefusesWhatIsNoFrame) {
  std::array<std::uint8_t, 2000> out{};
  const EthernetHeader good{mac_b, mac_a, ethertype::ipv4, {}};
  const auto header = [&](auto change) {
    auto h = good;
    change(h);
    return build_ethernet(out, h, {}).fault;
  };
  EXPECT_EQ(header([](auto&) {}), FrameFault::none);
  EXPECT_EQ(header([](auto& h) { h.ether_type = 0x05ff; }), FrameFault::bad_type);
  EXPECT_EQ(header([](auto& h) { h.src.octets[0] = 1; }), FrameFault::group_source);
  EXPECT_EQ(header([](auto& h) { h.vlan.count = 3; }), FrameFault::bad_tags);
  const Octets large(1501);
  EXPECT_EQ(build_ethernet(out, good, large).fault, FrameFault::payload_too_large);
  EXPECT_TRUE(build_ethernet(out, good, large, FrameLimits::jumbo(9000)));
  EXPECT_EQ(build_802_3(out, good, large, FrameLimits::jumbo(9000)).fault,
            FrameFault::payload_too_large);
  const IpHeader mixed{.src = ip_a, .dst = six(1)};
  EXPECT_EQ(build_ip(out, good, mixed, {}).fault, FrameFault::wrong_family);
  EXPECT_EQ(build_udp(out, good, mixed, {}, {}).fault, FrameFault::wrong_family);
  EXPECT_EQ(build_udp(out, good, {}, {}, {}).fault, FrameFault::wrong_family);
  EXPECT_EQ(build_arp(out, arp_request(mac_a, six(1), ip_b)).fault, FrameFault::wrong_family);
  EXPECT_EQ(build_arp(out, arp_request(mac_a, ip_a, six(1))).fault, FrameFault::wrong_family);
  EXPECT_EQ(build_solicitation(out, {mac_a, ip_a, six(1)}).fault, FrameFault::wrong_family);
  EXPECT_EQ(build_advertisement(out, {.sender = mac_a, .target = ip_a, .to_ip = six(1)}).fault,
            FrameFault::wrong_family);
  const Octets huge(70000);
  EXPECT_EQ(
      build_udp(out, good, {.src = ip_a, .dst = ip_b}, {}, huge, FrameLimits::jumbo(80000)).fault,
      FrameFault::payload_too_large);
}

TEST(FrameBuilder, TagsArePushedAndPopped) {
  auto frame = scapy("arp_request");
  frame.resize(200);
  auto n = push_vlan(frame, 60, {ethertype::vlan, 0xa12c});
  ASSERT_EQ(n.octets, 64U);
  n = push_vlan(frame, n.octets, {ethertype::service, 100});
  ASSERT_EQ(n.octets, 68U);
  EthernetView view;
  ASSERT_EQ(read_ethernet(Bytes(frame).first(n.octets), view), FrameFault::none);
  EXPECT_EQ(view.vlan,
            (VlanTags{{VlanTag{ethertype::service, 100}, VlanTag{ethertype::vlan, 0xa12c}}, 2}));
  EXPECT_TRUE(view.is_arp());
  // Scapy's frame has less padding: a pushed tag adds to 60 octets.
  const auto tagged = scapy("arp_request_tagged");
  EXPECT_TRUE(std::equal(tagged.begin(), tagged.end(), frame.begin()));

  VlanTag tag;
  n = pop_vlan(frame, n.octets, tag);
  EXPECT_EQ(tag, (VlanTag{ethertype::service, 100}));
  n = pop_vlan(frame, n.octets, tag);
  EXPECT_EQ(tag, (VlanTag{ethertype::vlan, 0xa12c}));
  ASSERT_EQ(n.octets, 60U);
  EXPECT_EQ(Octets(frame.begin(), frame.begin() + 60), scapy("arp_request"));
  EXPECT_EQ(pop_vlan(frame, 60, tag).fault, FrameFault::bad_tags);

  // A tagged frame of 60 octets is padded again.
  auto short_one = tagged;
  n = pop_vlan(short_one, 60, tag);
  EXPECT_EQ(n.octets, 60U);
  EXPECT_EQ(push_vlan(frame, 60, {0x0800, 1}).fault, FrameFault::bad_type);
  EXPECT_EQ(push_vlan(frame, 13, {ethertype::vlan, 1}).fault, FrameFault::too_short);
  EXPECT_EQ(push_vlan(frame, 201, {ethertype::vlan, 1}).fault, FrameFault::too_short);
  EXPECT_EQ(push_vlan(frame, 198, {ethertype::vlan, 1}).fault, FrameFault::no_room);
  EXPECT_EQ(push_vlan(frame, 60, {ethertype::vlan, 1}, {1500, 63, 0}).fault, FrameFault::too_long);
  EXPECT_EQ(pop_vlan(frame, 13, tag).fault, FrameFault::too_short);
  auto cut = scapy("arp_request_tagged");
  EXPECT_EQ(pop_vlan(cut, 17, tag, unpadded).fault, FrameFault::too_short);
  EXPECT_EQ(pop_vlan(cut, 18, tag, unpadded).octets, 14U);
}

TEST(FrameBuilder, DecodesAsItWasBuilt) {
  for (const auto& c : cases()) {
    std::array<std::uint8_t, 200> out{};
    const auto built = c.build(out, {});
    Frame frame{.data = Bytes(out).first(built.octets)};
    frame.wire_len = static_cast<std::uint32_t>(built.octets);
    const auto packet = decode(frame);
    if (c.name == "llc") continue;
    EXPECT_EQ(packet.stop, Stop::done) << c.name;
    const auto checksum = packet.has_nd ? packet.nd.checksum : Checksum::right;
    EXPECT_EQ(checksum, Checksum::right) << c.name;
  }
}

}  // namespace
}  // namespace netweir
