// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/responder.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <vector>

#include "built_frames.h"
#include "frames.h"
#include "kit/hex.h"

namespace netweir {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr Mac us{{2, 0, 0, 0, 0, 0x99}};
constexpr Mac host{{2, 0, 0, 0, 0, 0x0a}};
constexpr Ip v4 = Ip::v4(192, 0, 2, 11);
constexpr Ip six(std::uint8_t last) {
  return {{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}, IpVersion::v6};
}

/// Of scapy's making; 192.0.2.10 and 2001:db8::a ask for 192.0.2.11 and 2001:db8::b.
Octets scapy(std::string_view name) {
  for (const auto& f : test::built_frames) {
    if (f.name == name) return test::hex(f.hex);
  }
  for (const auto& m : test::made) {
    if (m.name == name) return test::hex(m.hex);
  }
  ADD_FAILURE() << name;
  return {};
}

Responder one(std::uint32_t rate = 100) {
  return Responder({us, {six(0x0b), v4, six(0x0a)}, rate});
}

Packet answered(const Octets& question) {
  auto responder = one();
  std::array<std::uint8_t, 86> out{};
  const auto built = responder.answer(question, AgeTime{}, out);
  EXPECT_TRUE(built) << describe(built.fault);
  Packet packet;
  if (built.octets == 0) return packet;
  Frame frame{.data = Bytes(out).first(built.octets)};
  frame.wire_len = static_cast<std::uint32_t>(built.octets);
  decode(frame, packet);
  return packet;
}

TEST(Responder, AnswersWhoHas) {
  for (const auto* name : {"arp_request", "arp_request_tagged"}) {
    const auto p = answered(scapy(name));
    ASSERT_TRUE(p.has_arp) << name;
    EXPECT_EQ(p.arp.operation, 2);
    EXPECT_EQ(p.arp.sender_mac, us);
    EXPECT_EQ(p.arp.sender_ip, v4);
    EXPECT_EQ(p.arp.target_mac, host);
    EXPECT_EQ(p.arp.target_ip, Ip::v4(192, 0, 2, 10));
    EXPECT_EQ(p.dst_mac, host);
    EXPECT_EQ(p.src_mac, us);
    EXPECT_EQ(p.tags, name[11] == '_' ? 2 : 0) << "the VLAN of the question";
  }
}

TEST(Responder, AnswersAProbe) {
  auto question = scapy("arp_probe");  // for 192.0.2.10
  question[41] = 11;
  const auto p = answered(question);
  ASSERT_TRUE(p.has_arp);
  EXPECT_EQ(p.arp.sender_ip, v4);
  EXPECT_EQ(p.arp.target_ip, Ip::v4(0, 0, 0, 0));
}

TEST(Responder, AnswersSolicitations) {
  auto p = answered(scapy("solicitation"));
  ASSERT_TRUE(p.has_nd);
  EXPECT_EQ(p.nd.type, 136);
  EXPECT_EQ(p.nd.checksum, Checksum::right);
  EXPECT_EQ(p.nd.target, six(0x0b));
  EXPECT_EQ(p.nd.target_link, us);
  EXPECT_EQ(p.src, six(0x0b));
  EXPECT_EQ(p.dst, six(0x0a));
  EXPECT_EQ(p.dst_mac, host);
  EXPECT_EQ(p.hop_limit, 255);
  p = answered(scapy("detection"));
  ASSERT_TRUE(p.has_nd);
  EXPECT_EQ(p.dst.octets[0], 0xff) << "to all nodes: the asker has no address";
  EXPECT_EQ(p.dst_mac, (Mac{{0x33, 0x33, 0, 0, 0, 1}}));
}

TEST(Responder, AnswersAnEcho) {
  for (const auto* name : {"echo4", "echo6", "echo6_tagged"}) {
    const auto question = scapy(name);
    auto responder = Responder({us, {six(0x0b), v4}, 100});
    std::array<std::uint8_t, 1522> out{};
    const auto built = responder.answer(question, AgeTime{}, out);
    ASSERT_NE(built.octets, 0U) << name;
    const Octets said(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(built.octets));
    EXPECT_EQ(said, scapy(std::string(name) + "_reply")) << name;
    for (std::size_t n = 0; n < question.size(); ++n) {
      if (name[4] == '4' && n >= 50) break;  // padding
      EXPECT_EQ(responder.answer(Bytes(question).first(n), AgeTime{}, out).octets, 0U) << n;
    }
  }
}

/// Whether the frame, changed at one place, is still answered.
bool still(Octets frame, std::size_t at, std::uint8_t octet) {
  frame[at] = octet;
  auto responder = one();
  std::array<std::uint8_t, 86> out{};
  return responder.answer(frame, AgeTime{}, out).octets != 0;
}

TEST(Responder, IsSilentOtherwise) {
  const auto arp = scapy("arp_request");
  EXPECT_TRUE(still(arp, 0, 0xff));
  EXPECT_FALSE(still(arp, 41, 12)) << "for another";
  EXPECT_FALSE(still(arp, 21, 2)) << "a reply";
  EXPECT_FALSE(still(arp, 27, 0x0c)) << "of another MAC than the frame's";
  EXPECT_FALSE(still(arp, 0, 0x02)) << "to another host";
  EXPECT_FALSE(still(arp, 31, 11)) << "a claim of our address";
  EXPECT_FALSE(still(arp, 11, 0x99)) << "our own";
  EXPECT_FALSE(still(arp, 6, 0x03)) << "from a group";
  EXPECT_FALSE(still(arp, 12, 0x09)) << "no ARP";
  const auto ns = scapy("solicitation");
  EXPECT_TRUE(still(ns, 0, 0x33));
  EXPECT_FALSE(still(ns, 21, 64)) << "the hop limit";
  EXPECT_FALSE(still(ns, 57, 0)) << "the checksum";
  EXPECT_FALSE(still(ns, 77, 0x0c)) << "for another, with a wrong checksum besides";
  const auto echo = scapy("echo6");
  EXPECT_TRUE(still(echo, 0, 0x02));
  EXPECT_FALSE(still(echo, 0, 0x06)) << "to another MAC";
  EXPECT_FALSE(still(echo, 0, 0x33)) << "to a group";
  EXPECT_FALSE(still(echo, 53, 0x0c)) << "to another address";
  EXPECT_FALSE(still(echo, 62, 0x01)) << "the checksum";
  EXPECT_FALSE(still(echo, 54, 0x81)) << "a reply";
  for (const auto& m : test::made) {  // whatever else there is: of these, none asks for ours
    if (m.link != linktype::ethernet) continue;
    const auto octets = test::hex(m.hex);
    auto responder = Responder({us, {Ip::v4(203, 0, 113, 1)}, 100});
    std::array<std::uint8_t, 86> out{};
    EXPECT_EQ(responder.answer(octets, AgeTime{}, out).octets, 0U) << m.name;
    EXPECT_EQ(responder.counts().asked, 0U) << m.name;
  }
}

TEST(Responder, EveryTruncationIsSilent) {
  for (const auto* name : {"arp_request", "solicitation", "detection"}) {
    const auto whole = scapy(name);
    const std::size_t least = name[0] == 'a' ? 42 : whole.size();
    for (std::size_t n = 0; n < whole.size(); ++n) {
      const Octets part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
      auto responder = one();
      std::array<std::uint8_t, 86> out{};
      EXPECT_EQ(responder.answer(part, AgeTime{}, out).octets != 0, n >= least) << name << n;
    }
  }
}

TEST(Responder, IsRateLimited) {
  auto responder = one(10);
  const auto question = scapy("arp_request");
  std::array<std::uint8_t, 86> out{};
  const auto ask = [&](int milliseconds) {
    return responder.answer(question, AgeTime{std::chrono::milliseconds{milliseconds}}, out)
               .octets != 0;
  };
  int answers = 0;
  for (int i = 0; i < 100; ++i) answers += ask(0) ? 1 : 0;
  EXPECT_EQ(answers, 10);
  for (int i = 0; i < 1000; ++i) answers += ask(i) ? 1 : 0;  // a second of it
  EXPECT_GE(answers, 19);
  EXPECT_LE(answers, 20);
  EXPECT_EQ(responder.counts().asked, 1100U);
  EXPECT_EQ(responder.counts().answered + responder.counts().limited, 1100U);
}

TEST(Responder, ASmallBufferIsAFault) {
  auto responder = one();
  std::array<std::uint8_t, 59> out{};
  EXPECT_EQ(responder.answer(scapy("arp_request"), AgeTime{}, out).fault, FrameFault::no_room);
}

}  // namespace
}  // namespace netweir
