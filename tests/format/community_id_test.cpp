// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/community_id.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "format/sha1.h"

namespace netweir {
namespace {

Ip ip(const char* text) {
  Ip out;
  const bool v6 = std::string_view(text).find(':') != std::string_view::npos;
  EXPECT_EQ(::inet_pton(v6 ? AF_INET6 : AF_INET, text, out.octets.data()), 1) << text;
  out.version = v6 ? IpVersion::v6 : IpVersion::v4;
  return out;
}

std::string text(const format::Sha1& sum) {
  std::string out;
  for (const auto octet : sum) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += digits[octet >> 4U];
    out += digits[octet & 0xfU];
  }
  return out;
}

// "abc" is the one-block example of FIPS 180-4; the others are what sha1sum(1) says.
TEST(Sha1, of_messages_of_one_block) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
      {"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {"The quick brown fox jumps over the lazy dog", "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"},
      {"01234567890123456789", "88a7b59d2e9172960b72b65f7839b9da2453f3e9"},
      {"0123456789012345678901234567890123456789", "394f28745cc4992d8d43dd5f788c3366535226e3"},
      {"012345678901234567890123456789012345678901234567890123",
       "6d9fbf872b4e22afee77d8c9e95c10ec03bc731d"},
      {"0123456789012345678901234567890123456789012345678901234",
       "9f3a4ce7f66b1b74c34da2c5d732c39f81e0f8df"},
  };
  for (const auto& [message, sum] : cases) {
    const std::string_view m = message;
    ASSERT_LE(m.size(), format::sha1_longest);
    EXPECT_EQ(text(format::sha1(std::vector<std::uint8_t>(m.begin(), m.end()))), sum) << m;
  }
}

struct Case {
  unsigned protocol;
  const char *src, *dst;
  unsigned first, second;  ///< ports, or ICMP type and code
  const char* id;
};

constexpr unsigned none = 65536;

// baseline/baseline_deflt.json of https://github.com/corelight/community-id-spec. Its ICMP "ports"
// are the type and the type that answers it; here stands the code, 0, in place of the latter.
constexpr Case baseline[] = {
    {58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0,
     "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
    {58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 0,
     "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
    {58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 135, 0,
     "1:zavyT/cezQr1fmImYCwYnMXbgck="},
    {58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 136, 0,
     "1:zavyT/cezQr1fmImYCwYnMXbgck="},
    {58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0,
     "1:2ObVBgIn28oZvibYZhZMBgh7WdQ="},
    {58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4,
     "1:hLZd0XGWojozrvxqE0dWB1iM6R0="},
    {58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", 128, 0,
     "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="},
    {58, "3ffe:501:0:1001::2", "3ffe:507:0:1:200:86ff:fe05:80da", 129, 0,
     "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="},
    {58, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 0, "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0="},
    {58, "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 0, "1:pkvHqCL88/tg1k4cPigmZXUtL00="},
    {1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
    {1, "192.168.0.1", "192.168.0.89", 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
    {1, "10.0.0.1", "10.0.0.2", 11, 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM="},
    {6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25,
     "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
    {132, "192.168.170.8", "192.168.170.56", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
    {132, "192.168.170.56", "192.168.170.8", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
    {6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
    {17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
    {46, "10.1.12.1", "10.1.12.2", none, none, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
};

Packet packet_of(const Case& c) {
  Packet p;
  p.src = ip(c.src);
  p.dst = ip(c.dst);
  p.ip_protocol = static_cast<std::uint8_t>(c.protocol);
  if (c.protocol == 1 || c.protocol == 58) {
    p.has_icmp = true;
    p.icmp_type = static_cast<std::uint8_t>(c.first);
    p.icmp_code = static_cast<std::uint8_t>(c.second);
  } else if (c.first != none) {
    p.has_ports = true;
    p.src_port = static_cast<std::uint16_t>(c.first);
    p.dst_port = static_cast<std::uint16_t>(c.second);
  }
  return p;
}

TEST(CommunityId, is_that_of_the_specification) {
  for (const auto& c : baseline) {
    EXPECT_EQ(community_id(packet_of(c)), c.id) << c.protocol << ' ' << c.src << ' ' << c.dst;
  }
}

TEST(CommunityId, is_of_neither_direction) {
  for (const auto& c : baseline) {
    Packet back = packet_of(c);
    if (back.has_icmp) continue;
    std::swap(back.src, back.dst);
    std::swap(back.src_port, back.dst_port);
    EXPECT_EQ(community_id(back), c.id);
  }
  // The ports decide where the addresses are the same.
  Packet p = packet_of({6, "::1", "::1", 80, 5000, ""});
  const auto id = community_id(p);
  std::swap(p.src_port, p.dst_port);
  EXPECT_EQ(community_id(p), id);
  p.src_port = 81;
  EXPECT_NE(community_id(p), id);
}

/// A session tracked from such a packet, and one tracked from its answer.
TEST(CommunityId, of_a_tuple_is_that_of_its_packets) {
  for (const auto& c : baseline) {
    const Packet p = packet_of(c);
    FlowTuple tuple{.src = p.src,
                    .dst = p.dst,
                    .protocol = p.ip_protocol,
                    .has_ports = p.has_ports,
                    .has_icmp = p.has_icmp,
                    .icmp_type = p.icmp_type,
                    .icmp_code = p.icmp_code,
                    .icmp_id = 4711,
                    .src_port = p.src_port,
                    .dst_port = p.dst_port};
    EXPECT_EQ(community_id(tuple), c.id) << c.protocol << ' ' << c.src << ' ' << c.dst;
    if (!tuple.has_icmp || inverse(tuple).icmp_type != tuple.icmp_type) {
      EXPECT_EQ(community_id(inverse(tuple)), c.id);
    }
    tuple.has_ports = tuple.has_icmp = false;
    EXPECT_EQ(community_id(tuple).empty(), c.first != none);
  }
  EXPECT_EQ(community_id(FlowTuple{}), "");
  // Ports that the specification does not count; and no number stands for an extension header here.
  for (const auto protocol : {33, 44, 47, 135, 136}) {
    FlowTuple tuple{
        .src = ip("::1"), .dst = ip("::2"), .protocol = static_cast<std::uint8_t>(protocol)};
    const auto id = community_id(tuple);
    EXPECT_EQ(id.size(), community_id_text);
    tuple.has_ports = true;
    tuple.src_port = 1;
    EXPECT_EQ(community_id(tuple), id);
  }
}

TEST(CommunityId, needs_all_that_it_is_made_of) {
  EXPECT_EQ(community_id(Packet{}), "");
  for (const auto& c : baseline) {
    Packet p = packet_of(c);
    p.has_ports = false;
    p.has_icmp = false;
    EXPECT_EQ(community_id(p).empty(), c.first != none) << c.protocol;
  }
  // Headers of IPv6 in front of the protocol; in IPv4 they are protocols like any other.
  for (const auto extension : {0U, 43U, 44U, 51U, 60U, 135U, 139U, 140U}) {
    Packet p = packet_of({extension, "::1", "::2", none, none, ""});
    EXPECT_EQ(community_id(p), "") << extension;
    p.src = ip("10.0.0.1");
    p.dst = ip("10.0.0.2");
    EXPECT_EQ(community_id(p).size(), community_id_text);
  }
}

}  // namespace
}  // namespace netweir
