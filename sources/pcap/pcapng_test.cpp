// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcap/pcapng.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "pcap/testing.h"

namespace netweir::pcap::test {
namespace {

using netweir::test::hex;

// What no program at hand writes, as rows of four octets (draft-ietf-opsawg-pcapng, section 4).
const std::string section = "0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffff ffffffff 1c000000";
const std::string section_be = "0a0d0d0a 0000001c 1a2b3c4d 00010000 ffffffff ffffffff 0000001c";
const std::string ethernet = "01000000 14000000 01000000 00000000 14000000";
const std::string ethernet_be = "00000001 00000014 00010000 00000000 00000014";
// interface 0, 1 s + 5 us, 3 octets captured of 60
const std::string packet =
    "06000000 24000000 00000000 00000000 45420f00 03000000 3c000000 aabbcc00 24000000";
const std::string packet_be =
    "00000006 00000024 00000000 00000000 000f4245 00000003 0000003c aabbcc00 00000024";

TEST(Pcapng, BothOrdersAndSeveralSectionsInOneFile) {
  const auto r = read(hex(section + ethernet + packet + section_be + ethernet_be + packet_be +
                          packet_be + section + ethernet + packet));
  EXPECT_TRUE(r.whole) << r.problem;
  ASSERT_EQ(r.got.kept.size(), 4U);
  for (const auto& k : r.got.kept) {
    EXPECT_EQ(ns(k.frame), 1000005000);
    EXPECT_EQ(k.data, hex("aabbcc"));
    EXPECT_EQ(k.frame.wire_len, 60U);
    EXPECT_EQ(k.frame.link, 1U);
  }
}

TEST(Pcapng, InterfacesAreOfTheirSection) {
  const auto r = read(hex(section + ethernet + packet + section + packet));
  EXPECT_EQ(r.got.kept.size(), 1U);
  EXPECT_EQ(r.problem, "has, at octet 112, a packet of interface 0, which is not described");
}

TEST(Pcapng, InterfaceOptions) {
  // link type 147 (first of DLT_USER), if_name "eth\xff", a comment, if_tsresol 9, if_tsoffset 10
  const auto r =
      read(hex(section +
               "01000000 40000000 93000000 00000000 02000400 657468ff 01000500 68656c6c 6f000000"
               "09000100 09000000 0e000800 0a000000 00000000 00000000 40000000" +
               "06000000 24000000 00000000 00000000 01000000 03000000 3c000000 aabbcc00 24000000"));
  EXPECT_TRUE(r.whole) << r.problem;
  ASSERT_EQ(r.got.kept.size(), 1U);
  EXPECT_EQ(r.got.kept[0].frame.link, 147U);  // flows on: the decoder says what it makes of it
  EXPECT_EQ(r.got.kept[0].frame.in, 1U);
  EXPECT_EQ(r.links.names, std::vector<std::string>{"eth\xff"});
  EXPECT_EQ(ns(r.got.kept[0].frame), 10000000001);
}

TEST(Pcapng, OptionsOfTheOtherOrder) {
  const auto r =
      read(hex(section_be +
               "00000001 00000030 00010000 00000000 00090001 a0000000 000e0008 ffffffff ffffffff"
               "00020001 61000000 00000030" +
               "00000006 00000024 00000000 00000002 80000000 00000003 0000003c aabbcc00 00000024"));
  EXPECT_TRUE(r.whole) << r.problem;
  ASSERT_EQ(r.got.kept.size(), 1U);
  EXPECT_EQ(ns(r.got.kept[0].frame), 1500000000);  // 2.5 s of 2^-32, less one
  EXPECT_EQ(r.links.names, std::vector<std::string>{"a"});
}

TEST(Pcapng, SimplePacketsTakeThePreviousTimeAndTheSnapLength) {
  const std::string simple = "03000000 14000000 03000000 aabbcc00 14000000";
  const std::string cut = "03000000 14000000 3c000000 aabbccdd 14000000";
  const std::string four = "01000000 14000000 01000000 04000000 14000000";  // snap length 4
  const auto r =
      read(hex(section + four + simple + packet + simple + cut + section + four + simple));
  EXPECT_TRUE(r.whole) << r.problem;
  ASSERT_EQ(r.got.kept.size(), 5U);
  EXPECT_EQ(ns(r.got.kept[0].frame), 0);
  EXPECT_EQ(r.got.kept[0].data, hex("aabbcc"));
  EXPECT_EQ(ns(r.got.kept[2].frame), 1000005000);
  EXPECT_EQ(r.got.kept[3].data, hex("aabbccdd"));
  EXPECT_EQ(r.got.kept[3].frame.wire_len, 60U);
  EXPECT_EQ(ns(r.got.kept[4].frame), 1000005000);  // also across sections
  // No snap length, and less room than the packet had.
  EXPECT_EQ(read(hex(section + ethernet + cut)).problem,
            "has, at octet 48, a packet of 60 captured octets in a block with room for 4");
}

TEST(Pcapng, ObsoletePacketBlock) {
  // interface 1 (16 bits), 7 drops, then as the enhanced one
  const auto r =
      read(hex(section + "01000000 14000000 71000000 00000000 14000000" + ethernet +
               "02000000 24000000 01000700 00000000 45420f00 03000000 3c000000 aabbcc00 24000000"));
  EXPECT_TRUE(r.whole) << r.problem;
  ASSERT_EQ(r.got.kept.size(), 1U);
  EXPECT_EQ(r.got.kept[0].frame.link, 1U);
  EXPECT_EQ(ns(r.got.kept[0].frame), 1000005000);
  const auto be =
      read(hex(section_be + ethernet_be + ethernet_be +
               "00000002 00000024 00010007 00000000 000f4245 00000003 0000003c aabbcc00 00000024"));
  EXPECT_EQ(be.got.kept.size(), 1U) << be.problem;
}

TEST(Pcapng, OtherBlocksAreSkippedHoweverLong) {
  auto octets = hex(section + ethernet + packet);
  const auto one = hex(packet);
  for (const std::uint32_t rows : {3U, 4U, 1000U, 1U << 19U}) {  // up to 2 MiB
    const auto length = rows * 4;
    for (const auto o : hex("ad0b0000")) octets.push_back(o);
    const auto put = [&] {
      for (unsigned i = 0; i < 4; ++i)
        octets.push_back(static_cast<std::uint8_t>((length >> 8 * i) & 0xffU));
    };
    put();
    octets.resize(octets.size() + length - 12, 0x06);
    put();
    octets.insert(octets.end(), one.begin(), one.end());
  }
  for (const std::size_t chunk : {std::size_t{65537}, SIZE_MAX}) {
    const auto r = read(octets, chunk);
    EXPECT_TRUE(r.whole) << r.problem;
    EXPECT_EQ(r.got.kept.size(), 5U);
  }
  octets.resize(octets.size() - one.size() - 1);
  EXPECT_NE(read(octets, 65537).problem.find(", in the middle of a block after packet 4"),
            std::string::npos);
}

TEST(Pcapng, APacketWithMoreOptionsThanTheBufferHolds) {
  constexpr std::uint32_t length = 3U << 20U;
  auto octets = hex(section + ethernet +
                    "06000000 00003000 00000000 00000000 45420f00 03000000"
                    "3c000000 aabbcc00");
  octets.resize(48 + length - 4);
  for (const auto o : hex("00003000" + packet)) octets.push_back(o);
  for (const std::size_t chunk : {std::size_t{65537}, SIZE_MAX}) {
    const auto r = read(octets, chunk);
    EXPECT_TRUE(r.whole) << r.problem;
    ASSERT_EQ(r.got.kept.size(), 2U);
    EXPECT_EQ(r.got.kept[0].data, hex("aabbcc"));
  }
  octets[48 + length - 4] = 1;
  EXPECT_NE(read(octets, 65537).problem.find("a block whose two lengths differ"),
            std::string::npos);
}

TEST(Pcapng, EveryCutOfHandMadeBlocks) {
  const auto octets =
      hex(section + ethernet + packet + "03000000 14000000 03000000 aabbcc00 14000000" +
          "02000000 24000000 00000700 00000000 45420f00 03000000 3c000000 aabbcc00 24000000" +
          section_be + ethernet_be + packet_be);
  const std::vector<std::size_t> ends{84, 104, 140, 224};
  const std::vector<std::size_t> whole{28, 48, 84, 104, 140, 168, 188, 224};
  for (std::size_t n = 0; n <= octets.size(); ++n) {
    const auto r = read(Bytes(octets).first(n));
    const auto packets = std::count_if(ends.begin(), ends.end(), [n](auto e) { return e <= n; });
    ASSERT_EQ(r.got.kept.size(), static_cast<std::size_t>(packets)) << n;
    ASSERT_EQ(r.whole, std::find(whole.begin(), whole.end(), n) != whole.end()) << n;
  }
}

TEST(Pcapng, BlocksThatContradictThemselvesEndTheFile) {
  struct {
    std::string rows;
    const char* problem;
  } const cases[] = {
      {"06000000 25000000", "an enhanced packet block with a length of 37"},
      {"06000000 08000000", "an enhanced packet block with a length of 8"},
      {"06000000 00000000", "an enhanced packet block with a length of 0"},
      {"99000000 0b000000", "a block with a length of 11"},
      {"06000000 10000000 00000000 10000000", "an enhanced packet block that is too short"},
      {"03000000 0c000000 0c000000", "a simple packet block that is too short"},
      {"01000000 10000000 01000000 10000000", "an interface description block that is too short"},
      {"06000000 24000000 00000000 00000000 00000000 05000000 05000000 aabbccdd 24000000",
       "a packet of 5 captured octets in a block with room for 4"},
      {"06000000 24000000 00000000 00000000 00000000 ffffffff ffffffff aabbccdd 24000000",
       "a packet of 4294967295 captured octets; more than 262144 is taken for damage"},
      {"06000000 24000000 01000000 00000000 00000000 04000000 04000000 aabbccdd 24000000",
       "a packet of interface 1, which is not described"},
      {"06000000 24000000 00000000 00000000 00000000 04000000 04000000 aabbccdd 28000000",
       "an enhanced packet block whose two lengths differ"},
      {"99000000 10000000 00000000 14000000", "a block whose two lengths differ"},
      {"01000000 18000000 01000000 00000000 09000900 18000000",
       "an interface description block with an option that overruns it"},
      {"01000000 1c000000 01000000 00000000 09000200 06060000 1c000000",
       "an interface description block with a time option of 2 octets"},
      {"01000000 fcffffff", "an interface description block of 4294967292 octets"},
      {"0a0d0d0a 1c000000 4d3c2b1b 01000000 ffffffff ffffffff 1c000000",
       "a section header block with a byte order of neither kind"},
      {"0a0d0d0a 18000000 4d3c2b1a 01000000 ffffffff ffffffff 18000000",
       "a section header block with a length of 24"},
      {"0a0d0d0a 1c000000 4d3c2b1a 02000000 ffffffff ffffffff 1c000000",
       "pcapng version 2.0, only 1.0 is known"},
  };
  for (const auto& c : cases) {
    auto rows = section + ethernet + packet;
    rows.append(c.rows).append(packet);
    const auto octets = hex(rows);
    for (const std::size_t chunk : {std::size_t{1}, SIZE_MAX}) {
      const auto r = read(octets, chunk);
      EXPECT_FALSE(r.whole) << c.problem;
      EXPECT_EQ(r.got.kept.size(), 1U) << c.problem;
      EXPECT_NE(r.problem.find(c.problem), std::string::npos) << r.problem;
      EXPECT_EQ(r.problem.rfind("has, at octet ", 0), 0U) << r.problem;
    }
  }
}

TEST(Pcapng, ThousandsOfInterfacesAndSectionsTakeNoMoreMemory) {
  std::string many = section;
  for (int i = 0; i < 1024; ++i) many += ethernet;
  EXPECT_TRUE(read(hex(many)).whole);
  const auto r = read(hex(many + ethernet));
  EXPECT_EQ(r.problem, "has, at octet 20508, more than 1024 interfaces in one section");

  // Each section names another interface; only so many are remembered.
  std::string sections;
  constexpr unsigned count = 5000;
  for (unsigned i = 0; i < count; ++i) {
    char name[9];
    std::snprintf(name, sizeof name, "61%02x%02x62", 1 + i % 255, 1 + i / 255);
    sections.append(section).append("01000000 1c000000 01000000 00000000 02000400").append(name);
    sections.append("1c000000").append(packet);
  }
  const auto endless = read(hex(sections), 4096);
  EXPECT_TRUE(endless.whole) << endless.problem;
  EXPECT_EQ(endless.got.kept.size(), count);
  EXPECT_EQ(endless.links.names.size(), Pcapng::max_names);
  EXPECT_NE(endless.got.kept[0].frame.in, 0U);
  EXPECT_EQ(endless.got.kept[count - 1].frame.in, 0U);
}

}  // namespace
}  // namespace netweir::pcap::test
