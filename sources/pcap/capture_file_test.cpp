// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcap/capture_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "pcap/testing.h"

namespace netweir::pcap::test {
namespace {

using netweir::test::hex;

/// What tshark says of a packet: frame.time_epoch, frame.len, frame.cap_len, and the link type.
struct Expect {
  std::int64_t at;
  std::size_t captured;
  std::uint32_t wire;
  std::uint16_t link = linktype::ethernet;
};
struct FileCase {
  const char* name;
  std::vector<Expect> packets;
  std::vector<std::string> interfaces;
};
const std::vector<Expect> three{
    {1714000000000001000, 42, 42}, {1714000000500001000, 46, 46}, {1714000001000001000, 75, 75}};
const std::vector<Expect> merged{{1714000000000001000, 42, 42},
                                 {1714000000250000000, 61, 61, linktype::raw},
                                 {1714000000500001000, 46, 46},
                                 {1714000001000001000, 75, 75}};
std::vector<Expect> both() {
  auto all = three;
  all.insert(all.end(), merged.begin(), merged.end());
  return all;
}

class OtherPrograms : public testing::TestWithParam<FileCase> {};

TEST_P(OtherPrograms, AreReadAsTsharkReadsThem) {
  const auto& c = GetParam();
  const auto octets = data(c.name);
  ASSERT_FALSE(octets.empty());
  const auto r = read(octets);
  EXPECT_TRUE(r.whole) << r.problem;
  EXPECT_EQ(r.octets, octets.size());
  EXPECT_EQ(r.links.names, c.interfaces);
  ASSERT_EQ(r.got.kept.size(), c.packets.size());
  for (std::size_t i = 0; i < c.packets.size(); ++i) {
    const auto& f = r.got.kept[i].frame;
    EXPECT_EQ(ns(f), c.packets[i].at) << i;
    EXPECT_EQ(f.data.size(), c.packets[i].captured) << i;
    EXPECT_EQ(f.wire_len, c.packets[i].wire) << i;
    EXPECT_EQ(f.link, c.packets[i].link) << i;
    EXPECT_EQ(f.in, c.interfaces.empty() ? 0U : 1U) << i;
    EXPECT_EQ(f.source, 3U) << i;
    EXPECT_EQ(f.one_in, 1.0) << i;
    EXPECT_FALSE(f.tagged || f.at_is_receipt || f.grouped) << i;
  }
}

TEST_P(OtherPrograms, GiveTheSameHoweverTheyAreCut) {
  const auto octets = data(GetParam().name);
  const auto whole = read(octets);
  for (std::size_t chunk = 1; chunk < 130; ++chunk) {
    const auto r = read(octets, chunk, 1 + chunk % 3);
    ASSERT_TRUE(r.whole) << chunk << r.problem;
    ASSERT_EQ(r.got.kept.size(), whole.got.kept.size()) << chunk;
    for (std::size_t i = 0; i < r.got.kept.size(); ++i) {
      ASSERT_EQ(r.got.kept[i].data, whole.got.kept[i].data) << chunk;
      ASSERT_EQ(ns(r.got.kept[i].frame), ns(whole.got.kept[i].frame)) << chunk;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Files, OtherPrograms,
    testing::Values(FileCase{"scapy.pcap", three, {}}, FileCase{"scapy_nano.pcap", three, {}},
                    FileCase{"scapy_big_endian.pcap", three, {}},
                    FileCase{"scapy_raw.pcap", {{1714000000250000000, 61, 61, linktype::raw}}, {}},
                    FileCase{"scapy.pcapng", three, {}}, FileCase{"editcap.pcapng", three, {}},
                    FileCase{"editcap_nsec.pcap", three, {}},
                    FileCase{"editcap_modified.pcap", three, {}},
                    FileCase{"editcap_cut.pcapng",
                             {{1714000000000001000, 40, 42},
                              {1714000000500001000, 40, 46},
                              {1714000001000001000, 40, 75}},
                             {}},
                    FileCase{"tcpdump.pcap", three, {}}, FileCase{"tshark.pcapng", three, {}},
                    FileCase{"mergecap.pcapng", merged, {}},
                    FileCase{"sections.pcapng", both(), {}},
                    FileCase{"dumpcap.pcapng",
                             {{1795217942112063358, 98, 98},
                              {1795217942112077144, 98, 98},
                              {1795217942316064332, 98, 98},
                              {1795217942316077866, 98, 98}},
                             {"lo"}}),
    [](const auto& i) {
      std::string name = i.param.name;
      std::replace(name.begin(), name.end(), '.', '_');
      return name;
    });

/// Where the packets of a file end, by the lengths that lie in it: all that are little-endian.
std::vector<std::size_t> ends(const Octets& o, bool pcapng) {
  const auto at = [&o](std::size_t i) {
    return std::size_t{o[i]} | std::size_t{o[i + 1]} << 8U | std::size_t{o[i + 2]} << 16U;
  };
  std::vector<std::size_t> out;
  if (pcapng) {
    for (std::size_t i = 0; i < o.size(); i += at(i + 4)) {
      if (at(i) == 6) out.push_back(i + at(i + 4));
    }
  } else {
    for (std::size_t i = 24; i < o.size();) out.push_back(i += 16 + at(i + 8));
  }
  return out;
}

/// Every place between two records, where a file may end and be whole.
bool between_records(const Octets& o, std::size_t n, bool pcapng) {
  if (!pcapng) {
    const auto all = ends(o, false);
    return n == 24 || std::find(all.begin(), all.end(), n) != all.end();
  }
  for (std::size_t i = 0; i < o.size(); i += std::size_t{o[i + 4]} | std::size_t{o[i + 5]} << 8U) {
    if (n == i && i != 0) return true;
  }
  return false;
}

class Truncated : public testing::TestWithParam<const char*> {};

TEST_P(Truncated, AtEveryOctetHandsOverAllThatIsWhole) {
  const auto octets = data(GetParam());
  const bool pcapng = std::string_view(GetParam()).ends_with("pcapng");
  const auto packets = ends(octets, pcapng);
  ASSERT_GE(packets.size(), 3U);
  for (std::size_t n = 0; n < octets.size(); ++n) {
    const auto r = read(Bytes(octets).first(n));
    const auto whole = static_cast<std::size_t>(
        std::count_if(packets.begin(), packets.end(), [n](std::size_t end) { return end <= n; }));
    ASSERT_EQ(r.got.kept.size(), whole) << n;
    ASSERT_EQ(r.whole, between_records(octets, n, pcapng)) << n << r.problem;
    if (!r.whole) {
      ASSERT_NE(r.problem.find(n == 0 ? "is empty" : "ends "), std::string::npos) << n << r.problem;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Files, Truncated,
                         testing::Values("scapy.pcap", "editcap.pcapng", "dumpcap.pcapng",
                                         "mergecap.pcapng"),
                         [](const auto& i) {
                           std::string name = i.param;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(TruncatedText, NamesPacketAndOctet) {
  auto octets = data("scapy.pcap");
  octets.resize(100);
  EXPECT_EQ(read(octets).problem, "ends at octet 100, in the middle of packet 2");
  auto blocks = data("editcap.pcapng");
  blocks.resize(blocks.size() - 1);
  EXPECT_EQ(read(blocks).problem, "ends at octet 391, in the middle of packet 3");
  blocks.resize(50);
  EXPECT_EQ(read(blocks).problem, "ends at octet 50, in the middle of a block after packet 0");
}

// A pcap file header and what of it is of interest: magic, 2.4, zone, accuracy, snaplen, link type.
constexpr std::string_view micro = "d4c3b2a1 02000400 00000000 00000000 ffff0000 01000000";
constexpr std::string_view nano = "4d3cb2a1 02000400 00000000 00000000 ffff0000 01000000";

Octets with(std::string_view head, std::string_view rest) {
  return hex(std::string(head) + std::string(rest));
}

struct TimeCase {
  const char* name;
  std::string_view head;
  const char* seconds_and_fraction;
  std::int64_t at;
};
class Times : public testing::TestWithParam<TimeCase> {};
TEST_P(Times, AreUnsignedAndCarry) {
  const auto& c = GetParam();
  const auto r = read(with(c.head, std::string(c.seconds_and_fraction) + "01000000 01000000 aa"));
  ASSERT_EQ(r.got.kept.size(), 1U);
  EXPECT_EQ(ns(r.got.kept[0].frame), c.at);
}
INSTANTIATE_TEST_SUITE_P(
    Pcap, Times,
    testing::Values(TimeCase{"zero", micro, "00000000 00000000", 0},
                    TimeCase{"beyond_2038", micro, "00000080 00000000", 2147483648000000000},
                    TimeCase{"last_second", nano, "ffffffff ffc99a3b", 4294967295999999999},
                    TimeCase{"micro_carries", micro, "01000000 40420f00", 2000000000},
                    TimeCase{"micro_most", micro, "ffffffff ffffffff",
                             4294967295000000000 + 4294967295000},
                    TimeCase{"nano_carries", nano, "01000000 00ca9a3b", 2000000000},
                    TimeCase{"nano_most", nano, "00000000 ffffffff", 4294967295}),
    [](const auto& i) { return std::string(i.param.name); });

TEST(Pcap, LinkTypeIsTheLowSixteenBits) {
  const auto one = "00000000 00000000 01000000 01000000 aa";
  struct {
    const char* field;
    std::uint16_t link;
  } const cases[] = {{"01000000", 1},   {"01000014", 1},   {"0c000000", 101}, {"0e000000", 101},
                     {"65000000", 101}, {"00000000", 0},   {"6c000000", 108}, {"71000000", 113},
                     {"e4000000", 228}, {"e5000000", 229}, {"ef000000", 239}, {"fd000000", 253},
                     {"14010000", 276}};
  for (const auto& c : cases) {
    const auto r = read(hex(std::string(micro.substr(0, micro.size() - 8)) + c.field + one));
    ASSERT_EQ(r.got.kept.size(), 1U) << c.field << r.problem;
    EXPECT_EQ(r.got.kept[0].frame.link, c.link) << c.field;
  }
}

TEST(Pcap, OtherLinkTypesAreRefusedByNumber) {
  for (unsigned link = 0; link <= 300; ++link) {
    auto octets = hex(micro);
    octets[20] = static_cast<std::uint8_t>(link);
    octets[21] = static_cast<std::uint8_t>(link >> 8U);
    const auto r = read(octets);
    const std::vector<unsigned> good{0, 1, 12, 14, 101, 108, 113, 228, 229, 239, 253, 276};
    const bool known = std::find(good.begin(), good.end(), link) != good.end();
    EXPECT_EQ(r.whole, known) << link;
    if (!known) {
      EXPECT_EQ(r.problem.rfind("has link type " + std::to_string(link) + ", ", 0), 0U);
      EXPECT_NE(r.problem.find("EN10MB (1), RAW (101)"), std::string::npos);
    }
  }
}

TEST(Pcap, LengthsThatCannotBeEndTheFile) {
  auto octets = with(micro, "00000000 00000000 01000000 01000000 aa  00000000 00000000");
  for (const char* captured : {"01000400", "ffffffff", "00000080"}) {
    auto bad = octets;
    for (const auto o : hex(captured)) bad.push_back(o);
    bad.resize(bad.size() + 4);
    const auto r = read(bad);
    EXPECT_FALSE(r.whole);
    EXPECT_EQ(r.got.kept.size(), 1U);
    EXPECT_EQ(r.problem.rfind("has, at octet 41, a packet of ", 0), 0U) << r.problem;
  }
  auto most = octets;  // 262144 is a packet
  for (const auto o : hex("00000400 00000400")) most.push_back(o);
  most.resize(most.size() + 262144, 0x55);
  EXPECT_EQ(read(most).got.kept.size(), 2U);
  EXPECT_TRUE(read(most, 4096).whole);
}

TEST(Pcap, AWireLengthBelowTheCapturedOneIsNotBelieved) {
  const auto r = read(with(micro, "00000000 00000000 04000000 02000000 aabbccdd"));
  ASSERT_EQ(r.got.kept.size(), 1U);
  EXPECT_EQ(r.got.kept[0].frame.wire_len, 4U);
  // Version 2.2 has the lengths the other way round.
  const auto old =
      read(hex("d4c3b2a1 02000200 00000000 00000000 ffff0000 01000000"
               "00000000 00000000 04000000 02000000 aabb"));
  ASSERT_EQ(old.got.kept.size(), 1U);
  EXPECT_EQ(old.got.kept[0].frame.wire_len, 4U);
  EXPECT_TRUE(old.whole);
  EXPECT_EQ(read(hex("d4c3b2a1 01000400 00000000 00000000 ffff0000 01000000")).problem,
            "has pcap version 1.4, only 2 is known");
}

TEST(WrongFormat, SaysWhatItLooksLike) {
  struct {
    const char* octets;
    const char* problem;
  } const cases[] = {{"1f8b0800 00000000 00", "is not a capture, it looks like gzip"},
                     {"28b52ffd 00000000", "is not a capture, it looks like zstd"},
                     {"fd377a58 5a000004", "is not a capture, it looks like xz"},
                     {"68656c6c 6f20776f 726c640a", "is not a capture, it looks like text"},
                     {"68656c6c 6f20776f 00ff", "is not a capture, it looks like text"},
                     {"00000000 00000000", "is not a capture"},
                     {"0a0d0d", "ends after 3 octets, too few for a capture"},
                     {"d4c3b2a1 02000400 00", "ends in the middle of the file header"},
                     {"", "is empty, not a capture"}};
  for (const auto& c : cases) {
    for (const std::size_t chunk : {std::size_t{1}, SIZE_MAX}) {
      EXPECT_EQ(read(hex(c.octets), chunk).problem, c.problem);
    }
  }
}

constexpr auto least = std::numeric_limits<std::int64_t>::min();
constexpr auto most = std::numeric_limits<std::int64_t>::max();

TEST(TimeUnit, EveryResolutionAndOffset) {
  // By Python's integers: stamp * 10**9 // 10**n (or 2**n) + offset * 10**9, clamped to 64 bits.
  struct {
    std::uint64_t stamp;
    std::uint8_t resolution;
    std::int64_t offset, at;
  } const cases[] = {{0x616dfb9252001U, 0x06, 0, 1714000000000001000},
                     {0x17c959eb4060cd15U, 0x09, 0, 1714000000123456789},
                     {1, 0x00, 0, 1000000000},
                     {0xffffffffffffffffU, 0x00, 0, most},
                     {10000000000, 0x00, 0, most},
                     {0x8000000000000000U, 0x09, 0, most},
                     {0x7fffffffffffffffU, 0x09, 0, most},
                     {0xffffffffffffffffU, 0x09, 0, most},
                     {1999, 0x0c, 0, 1},
                     {0xffffffffffffffffU, 0x12, 0, 18446744073},
                     {0xffffffffffffffffU, 0x1c, 0, 1},
                     {0xffffffffffffffffU, 0x1d, 0, 0},
                     {0xffffffffffffffffU, 0x7f, 0, 0},
                     {7, 0x80, 0, 7000000000},
                     {3, 0x81, 0, 1500000000},
                     {0xffffffffffffffffU, 0xa0, 0, 4294967295999999999},
                     {0x6629908080000000U, 0xa0, 0, 1714000000500000000},
                     {0xffffffffffffffffU, 0xc0, 0, 999999999},
                     {0xffffffffffffffffU, 0xde, 0, 0},
                     {0xffffffffffffffffU, 0xff, 0, 0},
                     {0x616dfb9252001U, 0x06, 3600, 1714003600000001000},
                     {0, 0x06, -1, -1000000000},
                     {0, 0x06, most, most},
                     {0, 0x06, least, least},
                     {0xffffffffffffffffU, 0x00, least, most},
                     {5, 0x09, -1714000000, -1713999999999999995}};
  for (const auto& c : cases) {
    EXPECT_EQ(TimeUnit(c.resolution, c.offset).at(c.stamp).time_since_epoch().count(), c.at)
        << c.stamp << " " << unsigned{c.resolution} << " " << c.offset;
  }
  EXPECT_EQ(TimeUnit().at(1).time_since_epoch().count(), 1000);
  for (unsigned r = 0; r < 256; ++r) {  // none overflows (the sanitizers tell), all rise
    for (const auto offset : {least, std::int64_t{-1}, std::int64_t{0}, most}) {
      const TimeUnit unit(static_cast<std::uint8_t>(r), offset);
      EXPECT_LE(unit.at(0), unit.at(1));
      EXPECT_LE(unit.at(1), unit.at(std::numeric_limits<std::uint64_t>::max()));
    }
  }
}

}  // namespace
}  // namespace netweir::pcap::test
