// SPDX-License-Identifier: GPL-2.0-or-later
// From the octets of a packet to its line: decode() and the native format together.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "format/native.h"
#include "kit/hex.h"
#include "kit/json.h"
#include "netweir/community_id.h"

namespace netweir {
namespace {

using test::hex;

/// The object of the packet alone.
std::string object(const Event& event) {
  const format::Native native("h");
  std::string text;
  native.append(event, 1, text);
  const auto at = text.find(",\"packet\":");
  EXPECT_NE(at, std::string::npos) << text;
  return text.substr(at + 10, text.size() - at - 12);
}

// Packets by scapy: Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / ...
TEST(PacketLine, of_packets) {
  struct Case {
    const char* octets;
    std::uint16_t link;
    std::uint32_t wire;
    const char* object;
  };
  const Case cases[] = {
      {"ffffffffffff02000000000108060001080006040001020000000001c0000201000000000000c0000202", 1,
       42,
       R"({"src_mac":"02:00:00:00:00:01","dest_mac":"ff:ff:ff:ff:ff:ff","ether_type":2054,"proto":"ARP","src_ip":"192.0.2.1","dest_ip":"192.0.2.2","length":42,"captured":42})"},
      {"02000000000202000000000108004500001c00010000400166de0a0000010a0000020800f7f800070000", 1,
       42,
       R"({"src_mac":"02:00:00:00:00:01","dest_mac":"02:00:00:00:00:02","ether_type":2048,"proto":"ICMP","src_ip":"10.0.0.1","dest_ip":"10.0.0.2","icmp_type":8,"icmp_code":0,"length":42,"captured":42,"community_id":"1:YcMyyWJfhc95EW1GfXt6jlZ3DiQ="})"},
      {"02000000000202000000000108004500002400010000400166d60a0000010a00000203012c2a000000003132333"
       "435363738",
       1, 50,
       R"({"src_mac":"02:00:00:00:00:01","dest_mac":"02:00:00:00:00:02","ether_type":2048,"proto":"ICMP","src_ip":"10.0.0.1","dest_ip":"10.0.0.2","icmp_type":3,"icmp_code":1,"length":50,"captured":50,"community_id":"1:gkoOC4ouXvyYq0Ek/WqwbLoqcxM="})"},
      {"0200000000020200000000018100006486dd6000000000083a4020010db800000000000000000000000120010db"
       "80000000000000000000000028000244500030000",
       1, 66,
       R"({"src_mac":"02:00:00:00:00:01","dest_mac":"02:00:00:00:00:02","ether_type":34525,"proto":"IPv6-ICMP","src_ip":"2001:db8::1","dest_ip":"2001:db8::2","icmp_type":128,"icmp_code":0,"length":66,"captured":66,"community_id":"1:u2vMS3HiWth2lIMKHB1fjELshpQ="})"},
      {"600000000009114020010db800000000000000000000000120010db800000000000000000000000214e90035000"
       "9164979",
       101, 0,
       R"({"proto":"UDP","src_ip":"2001:db8::1","src_port":5353,"dest_ip":"2001:db8::2","dest_port":53,"captured":49,"community_id":"1:sEzqFsMvqwEs2PgSeOAwGpzkZJo="})"},
      {"02000000000202000000000108004500001c000100b9401166150a0000010a0000023132333435363738", 1,
       42,
       R"({"src_mac":"02:00:00:00:00:01","dest_mac":"02:00:00:00:00:02","ether_type":2048,"proto":"UDP","src_ip":"10.0.0.1","dest_ip":"10.0.0.2","length":42,"captured":42})"},
      {"02000000000202000000000108004500001c00010000405966860a0000010a0000023132333435363738", 1,
       42,
       R"({"src_mac":"02:00:00:00:00:01","dest_mac":"02:00:00:00:00:02","ether_type":2048,"proto":89,"src_ip":"10.0.0.1","dest_ip":"10.0.0.2","length":42,"captured":42,"stop":"unsupported","community_id":"1:1sy+G8MJZzhzFatLbi6+YD245wo="})"},
      {"0180c200000e02000000000188cc0207", 1, 16,
       R"({"src_mac":"02:00:00:00:00:01","dest_mac":"01:80:c2:00:00:0e","ether_type":35020,"length":16,"captured":16,"stop":"unsupported"})"},
      {"", 1, 0, R"({"captured":0,"stop":"cut"})"},
  };
  for (const auto& c : cases) {
    const auto data = hex(c.octets);
    const Frame frame{.data = data, .wire_len = c.wire, .link = c.link};
    const Packet packet = decode(frame);
    Event event;
    event.body = PacketEvent{&frame, &packet, {}, {}};
    EXPECT_EQ(object(event), c.object) << c.octets;
  }
}

/// At every length there is one line of JSON, with no more than was captured.
TEST(PacketLine, of_a_part_of_a_packet) {
  const auto data =
      hex("020000000002020000000001 8100a064 86dd 6000000000140640"
          "20010db8000000000000000000000001 20010db8000000000000000000000002"
          "0001ffff0000000000000000500220000bf70000");
  std::string known;
  for (std::size_t n = 0; n <= data.size(); ++n) {
    const std::vector<std::uint8_t> part(data.begin(),
                                         data.begin() + static_cast<std::ptrdiff_t>(n));
    const Frame frame{.data = part, .wire_len = static_cast<std::uint32_t>(data.size())};
    const Packet packet = decode(frame);
    Event event;
    event.body = PacketEvent{&frame, &packet, {}, {}};
    const auto json = test::parse_json(object(event));
    EXPECT_EQ(json["captured"], n);
    EXPECT_EQ(json["length"], data.size());
    EXPECT_EQ(json.contains("src_mac"), n >= 12) << n;
    EXPECT_EQ(json.contains("src_ip"), n >= 58) << n;
    EXPECT_EQ(json.contains("proto"), n >= 58) << n;
    EXPECT_EQ(json.contains("src_port"), n >= 62) << n;
    EXPECT_EQ(json.contains("community_id"), n >= 62) << n;
    EXPECT_EQ(json.contains("stop"), n < data.size()) << n;
  }
}

// Packets by scapy, and what tshark says of them (--enable-protocol communityid -e communityid).
constexpr std::pair<const char*, const char*> packets[] = {
    {"02000000000202000000000108004500002800010000400666cd0a0000010a0000029c400016000000000000000"
     "050022000df890000",
     "1:6ss4qdJ0A66GEUdTP+xe+3biIN4="},
    {"02000000000202000000000108004500002800010000400666cd0a0000020a00000100169c40000000000000000"
     "050022000df890000",
     "1:6ss4qdJ0A66GEUdTP+xe+3biIN4="},
    {"02000000000202000000000108004500001d00010000401166cd0a0000010a000002003500350009736f78",
     "1:ioul/+8C+vRgpVEpDJl8kvsmTcQ="},
    {"02000000000202000000000108004500001c00010000400166de0a0000010a0000020800f7f800070000",
     "1:YcMyyWJfhc95EW1GfXt6jlZ3DiQ="},
    {"02000000000202000000000108004500001c00010000400166de0a0000010a0000020000fff800070000",
     "1:E5tNYkCqpM09ZPfoLcq+JJj0QuQ="},
    {"02000000000202000000000108004500002400010000400166d60a0000010a00000203012c2a000000003132333"
     "435363738",
     "1:gkoOC4ouXvyYq0Ek/WqwbLoqcxM="},
    {"02000000000202000000000108004500002800010000400166d20a0000010a0000020d00584c0000000000a7dd9"
     "400a7dd9400a7dd94",
     "1:6zK3cgZa+RmEpj3VhWmGXnOWUZk="},
    {"02000000000202000000000108004500002000010000400166da0a0000010a0000021100eeff000000000000000"
     "0",
     "1:pBxqyIdNW2nuGKUHpPBwrujq1iE="},
    {"0200000000020200000000018100006486dd600000000014064020010db800000000000000000000000120010db"
     "80000000000000000000000020001ffff000000000000000050022000346d0000",
     "1:X7u/wcKluj8V9FKnNhlFdxlQaTM="},
    {"02000000000202000000000186dd6000000000083a4020010db800000000000000000000000120010db80000000"
     "000000000000000028000244500030000",
     "1:u2vMS3HiWth2lIMKHB1fjELshpQ="},
    {"02000000000202000000000186dd600000000019004020010db800000000000000000000000120010db80000000"
     "000000000000000023c00010400000000110001040000000014e900350009164979",
     "1:sEzqFsMvqwEs2PgSeOAwGpzkZJo="},
    {"02000000000202000000000186dd6000000000103a4020010db800000000000000000000000120010db80000000"
     "000000000000000020104d267000000003132333435363738",
     "1:bxlcj5MwLJ0Mq/msovtKJa8pGZ4="},
    {"02000000000202000000000186dd6000000000183aff20010db800000000000000000000000120010db80000000"
     "000000000000000028700ef7c0000000020010db8000000000000000000000002",
     "1:R9HBIi387RnKhKUU53rFlnl803U="},
    {"02000000000202000000000108004500001800010000402f66b40a0000010a00000200006558",
     "1:+KlEHDT0vJgzs/eNmzHq0aSpRYw="},
    {"02000000000202000000000108004500001c000100004059667e0a0000090a0000023132333435363738",
     "1:lwMW3zXC8jKo1RQqeKbSMpRH4Jo="},
    {"02000000000202000000000108004500002000010000408466570a0000010a00000200070009000000017aa25db"
     "5",
     "1:Ftk37c4kPFC4W+O3cKXZoBNHYkg="},
};

TEST(CommunityId, of_packets) {
  for (const auto& [octets, id] : packets) {
    const auto data = hex(octets);
    Frame frame;
    frame.data = data;
    frame.wire_len = static_cast<std::uint32_t>(data.size());
    EXPECT_EQ(community_id(decode(frame)), id) << octets;
  }
}

/// Cut at every length: either the same, or none.
TEST(CommunityId, of_a_part_of_a_packet) {
  for (const auto& [octets, id] : packets) {
    const auto data = hex(octets);
    std::size_t with = 0;
    for (std::size_t n = 0; n < data.size(); ++n) {
      const std::vector<std::uint8_t> part(data.begin(),
                                           data.begin() + static_cast<std::ptrdiff_t>(n));
      Frame frame;
      frame.data = part;
      frame.wire_len = static_cast<std::uint32_t>(data.size());
      const auto found = community_id(decode(frame));
      if (found.empty()) {
        EXPECT_EQ(with, 0U) << n;  // once it is known it stays known
      } else {
        EXPECT_EQ(found, id) << n;
        ++with;
      }
    }
    EXPECT_GT(with, 0U) << octets;
  }
}

}  // namespace
}  // namespace netweir
