// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "netweir/traffic.h"
#include "track/sampled_traffic.h"

namespace netweir::test {
namespace {

constexpr DimensionSet all_dimensions = (1U << dimensions) - 1;

// All that is in a key, so that it can be a key of a map.
std::string text(const TrafficKey& k) {
  std::string s;
  const auto put = [&s](auto number) { s += std::to_string(number) + ' '; };
  const auto put_ip = [&](const Ip& ip) {
    put(static_cast<unsigned>(ip.version));
    for (const auto octet : ip.octets) put(octet);
  };
  put(k.has), put(k.in), put(k.out), put(k.vlan[0]), put(k.vlan[1]);
  put_ip(k.src), put_ip(k.dst);
  put(static_cast<int>(k.arp)), put(k.protocol), put(k.dscp), put(k.ecn), put(k.length_class);
  put(k.tcp_flags), put(k.src_port), put(k.dst_port), put(k.queue), put(k.prefix);
  put(k.flow_label), put(k.group), put(k.mark);
  return s;
}

Ip cut(Ip ip, unsigned v4, unsigned v6) {
  const auto keep = ip.version == IpVersion::v4 ? v4 : v6;
  for (unsigned i = keep; i < 128; ++i)
    ip.octets.at(i / 8) &= static_cast<std::uint8_t>(~(0x80U >> i % 8));
  return ip;
}

// What the totals of these settings tell of a packet's key.
TrafficKey told(const TrafficKey& k, const TotalsSettings& s) {
  TrafficKey t;
  const auto has = [&](Dimension d) {
    const auto asked = (k.has & s.key & bit(d)) != 0;
    if (asked) t.has |= bit(d);
    return asked;
  };
  if (has(Dimension::in_iface)) t.in = k.in;
  if (has(Dimension::out_iface)) t.out = k.out;
  if (has(Dimension::vlan)) t.vlan = k.vlan;
  if (has(Dimension::src_ip)) t.src = cut(k.src, s.prefix_v4, s.prefix_v6);
  if (has(Dimension::dest_ip)) t.dst = cut(k.dst, s.prefix_v4, s.prefix_v6);
  if (has(Dimension::proto)) t.arp = k.arp, t.protocol = k.protocol;
  if (has(Dimension::src_port)) t.src_port = k.src_port;
  if (has(Dimension::dest_port)) t.dst_port = k.dst_port;
  if (has(Dimension::dscp)) t.dscp = k.dscp;
  if (has(Dimension::ecn)) t.ecn = k.ecn;
  if (has(Dimension::length)) t.length_class = k.length_class;
  if (has(Dimension::tcp_flags)) t.tcp_flags = k.tcp_flags;
  if (has(Dimension::flow_label)) t.flow_label = k.flow_label;
  if (has(Dimension::group)) t.group = k.group;
  if (has(Dimension::queue)) t.queue = k.queue;
  if (has(Dimension::prefix)) t.prefix = k.prefix;
  if (has(Dimension::mark)) t.mark = k.mark;
  return t;
}

class Packets {
 public:
  explicit Packets(unsigned seed) : random_(seed) {}

  // Each value one of three, the least, the greatest and one between, so that keys come again.
  TrafficKey key() {
    TrafficKey k;
    k.has = all_dimensions;
    if (pick(3) == 0) k.has &= static_cast<DimensionSet>(random_());
    k.in = value<LinkId>(), k.out = value<LinkId>();
    k.vlan = {value<std::uint16_t>(), value<std::uint16_t>()};
    k.src = ip(), k.dst = ip();
    k.arp = pick(2) == 0;
    k.protocol = value<std::uint8_t>(), k.dscp = value<std::uint8_t>();
    k.ecn = value<std::uint8_t>(), k.length_class = value<std::uint8_t>();
    k.tcp_flags = value<std::uint8_t>();
    k.src_port = value<std::uint16_t>(), k.dst_port = value<std::uint16_t>();
    k.queue = value<std::uint16_t>(), k.prefix = value<std::uint16_t>();
    k.flow_label = value<std::uint32_t>(), k.group = value<std::uint32_t>();
    k.mark = value<std::uint32_t>();
    return k;
  }
  Ip ip() {
    Ip ip;
    const auto v6 = pick(2) == 0;
    ip.version = v6 ? IpVersion::v6 : IpVersion::v4;
    for (std::size_t i = 0; i < (v6 ? 16 : 4); ++i) ip.octets.at(i) = value<std::uint8_t>();
    return ip;
  }
  unsigned pick(unsigned below) {
    return std::uniform_int_distribution<unsigned>{0, below - 1}(random_);
  }

 private:
  template <class T>
  T value() {
    const std::array<T, 3> values{0, 0x5a, std::numeric_limits<T>::max()};
    return values.at(pick(3));
  }

  std::mt19937 random_;
};

struct Counted {
  std::uint64_t packets = 0, octets = 0;
  bool operator==(const Counted&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Counted& c) {
  return out << c.packets << " packets, " << c.octets << " octets";
}

Counted sum(const TrafficTotal& a, const Counted& b = {}) {
  return {a.packets + b.packets, a.octets + b.octets};
}

void expect_counted_as_by_a_map(const TotalsSettings& settings, unsigned seed) {
  Packets packets{seed};
  Totals totals{settings};
  std::map<std::string, Counted> expected;
  for (int i = 0; i < 600; ++i) {
    const auto key = packets.key();
    const auto length = packets.pick(1600);
    totals.add(key, length, 1);
    auto& counted = expected[text(told(key, settings))];
    ++counted.packets;
    counted.octets += length;
  }
  totals.close(600, 0);
  EXPECT_EQ(totals.keys(), expected.size());
  std::map<std::string, Counted> lines;
  for (const auto& line : totals.lines(1000)) {
    EXPECT_TRUE(lines.emplace(text(line.key), sum(line)).second);
    EXPECT_EQ(line.missed_at_most, 0);
  }
  EXPECT_EQ(lines, expected);
  EXPECT_EQ(sum(totals.rest()), Counted{});
  EXPECT_EQ(totals.rest_keys(), 0U);
}

TEST(Totals, CountAsAMapDoesByEachDimension) {
  for (unsigned d = 0; d < dimensions; ++d) {
    SCOPED_TRACE(d);
    expect_counted_as_by_a_map({.key = 1U << d}, d);
  }
  expect_counted_as_by_a_map({}, 1);
  expect_counted_as_by_a_map({.key = all_dimensions}, 2);
}

TEST(Totals, CountAsAMapDoesByAnyDimensions) {
  std::mt19937 random{3};
  for (unsigned i = 0; i < 300; ++i) {
    SCOPED_TRACE(i);
    expect_counted_as_by_a_map({.key = static_cast<DimensionSet>(random()) & all_dimensions,
                                .prefix_v4 = static_cast<std::uint8_t>(random() % 33),
                                .prefix_v6 = static_cast<std::uint8_t>(random() % 129),
                                .hash_seed = i},
                               i);
  }
}

TEST(Totals, CutAddressesToEachPrefix) {
  Packets packets{4};
  for (unsigned bits = 0; bits <= 128; ++bits) {
    const TotalsSettings settings{.key = bit(Dimension::src_ip) | bit(Dimension::dest_ip),
                                  .prefix_v4 = static_cast<std::uint8_t>(std::min(bits, 32U)),
                                  .prefix_v6 = static_cast<std::uint8_t>(bits)};
    Totals totals{settings};
    for (int i = 0; i < 8; ++i) {
      const auto key = packets.key();
      totals.clear();
      totals.add(key, 100, 1);
      totals.close(1, 0);
      const auto lines = totals.lines(1);
      ASSERT_EQ(lines.size(), 1U);
      EXPECT_EQ(lines[0].key, told(key, settings)) << bits;
    }
  }
}

TEST(Totals, ImpossiblePrefixesAreWholeAddresses) {
  Totals totals{{.key = bit(Dimension::src_ip), .prefix_v4 = 255, .prefix_v6 = 255}};
  Packets packets{5};
  for (int i = 0; i < 20; ++i) {
    TrafficKey key;
    key.has = bit(Dimension::src_ip);
    key.src = packets.ip();
    totals.clear();
    totals.add(key, 1, 1);
    totals.close(1, 0);
    EXPECT_EQ(totals.lines(1)[0].key, key);
  }
}

TEST(Totals, ThereIsNothingInNothing) {
  Totals totals{{.latency = true}};
  const auto expect_nothing = [&] {
    EXPECT_TRUE(totals.empty());
    EXPECT_EQ(totals.keys(), 0U);
    EXPECT_TRUE(totals.lines(10).empty());
    EXPECT_EQ(totals.rest_keys(), 0U);
    const auto rest = totals.rest();
    EXPECT_EQ(sum(rest), Counted{});
    EXPECT_EQ(rest.all_packets.value, 0);
    EXPECT_EQ(rest.all_octets.high, 0);
    EXPECT_EQ(rest.latency.count, 0U);
  };
  expect_nothing();
  totals.close(0, 7);
  expect_nothing();
  totals.add({}, 0, 1, 5);
  EXPECT_FALSE(totals.empty());
  totals.clear();
  expect_nothing();
}

TEST(Totals, TheLargestComeFirstAndEqualOnesInTheirOrder) {
  Totals octets{{.key = bit(Dimension::src_ip), .max = 64}};
  Totals packets{{.key = bit(Dimension::src_ip), .max = 64, .by_packets = true}};
  const auto hosts = [](std::span<const TrafficTotal> lines) {
    std::vector<std::uint32_t> all;
    for (const auto& line : lines) all.push_back(host_of(line.key));
    return all;
  };
  for (auto* totals : {&octets, &packets}) {
    totals->add(from(9), 2000, 1);
    for (const auto host : {300U, 7U, 2U, 256U}) {
      totals->add(from(host), 100, 1);
      totals->add(from(host), 100, 1);
    }
    totals->add(from(4), 30, 100);  // stands for 3000 octets, and 100 packets
    totals->close(10, 0);
  }
  using Hosts = std::vector<std::uint32_t>;
  EXPECT_EQ(hosts(octets.lines(64)), (Hosts{4, 9, 2, 7, 256, 300}));
  EXPECT_EQ(hosts(packets.lines(64)), (Hosts{4, 2, 7, 256, 300, 9}));
  EXPECT_EQ(hosts(packets.lines(3)), (Hosts{4, 2, 7}));
  EXPECT_EQ(packets.rest_keys(), 3U);
  EXPECT_EQ(sum(packets.rest()), (Counted{5, 2400}));
  EXPECT_EQ(hosts(packets.lines(0)), Hosts{});
  EXPECT_EQ(packets.rest_keys(), 6U);
  EXPECT_EQ(sum(packets.rest()), (Counted{10, 2830}));
  EXPECT_EQ(packets.rest().all_packets.value, 109);
  EXPECT_EQ(hosts(packets.lines(5)), (Hosts{4, 2, 7, 256, 300}));
}

// All that a table says, to compare two.
std::string story(Totals& totals, std::size_t most) {
  std::string s;
  const auto put = [&s](const TrafficTotal& t) {
    s += text(t.key) + ": " + std::to_string(t.packets) + ' ' + std::to_string(t.octets);
    for (const auto* e : {&t.all_packets, &t.all_octets})
      for (const auto v : {e->value, e->error, e->low, e->high}) s += ' ' + std::to_string(v);
    s += ' ' + std::to_string(t.latency.count) + ' ' + std::to_string(t.latency.mean) + ' ' +
         std::to_string(t.latency.p50) + ' ' + std::to_string(t.latency.p99) + ' ' +
         std::to_string(t.missed_at_most) + '\n';
  };
  for (const auto& line : totals.lines(most)) put(line);
  put(totals.rest());
  return s + std::to_string(totals.rest_keys()) + ' ' + std::to_string(totals.keys());
}

// Some packets of few and many hosts, sampled at several rates, with latencies of some.
std::string tell(Totals& totals, unsigned seed, unsigned count = 20000) {
  std::mt19937 random{seed};
  std::uint64_t octets = 0;
  for (unsigned i = 0; i < count; ++i) {
    const auto host = static_cast<std::uint32_t>(random() % 3 == 0 ? random() % 8 : random());
    const auto length = static_cast<std::uint32_t>(random() % 1500);
    const auto rate = 1 + static_cast<double>(random() % 3) * 50;
    totals.add(from(host), length, rate, static_cast<std::int64_t>(random() % 100000) - 50000);
    octets += length;
  }
  totals.close(count, count / 10);
  auto s = story(totals, 40);
  auto all = sum(totals.rest());
  for (const auto& line : totals.lines(40)) all = sum(line, all);
  EXPECT_EQ(all, (Counted{count, octets}));
  return s;
}

TEST(Totals, SayTheSameWhateverTheSeed) {
  Totals a{{.key = bit(Dimension::src_ip), .max = 100, .latency = true, .hash_seed = 1}};
  Totals b{
      {.key = bit(Dimension::src_ip), .max = 100, .latency = true, .hash_seed = 0xfeed'beef'1234}};
  const auto said = tell(a, 6);
  EXPECT_EQ(said, tell(b, 6));
  EXPECT_NE(said.find("\n"), std::string::npos);
}

TEST(Totals, NothingIsLeftAfterClear) {
  const TotalsSettings settings{.key = bit(Dimension::src_ip), .max = 100, .latency = true};
  Totals used{settings};
  for (unsigned seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const auto count = seed % 3 == 0 ? 50U : 5000U;
    Totals fresh{settings};
    EXPECT_EQ(tell(used, seed, count), tell(fresh, seed, count));
    used.clear();
    EXPECT_TRUE(used.empty());
  }
}

TEST(Totals, HaveRoomForSixteenAtLeast) {
  for (const std::size_t max : {0U, 1U, 15U, 16U}) {
    Totals totals{{.key = bit(Dimension::src_ip), .max = max}};
    for (unsigned i = 0; i < 16; ++i) totals.add(from(i), 100 + i, 1);
    EXPECT_EQ(totals.keys(), 16U);
    totals.add(from(16), 1, 1);
    EXPECT_LE(totals.keys(), 16U);
  }
}

TEST(Totals, CanBeMoved) {
  Totals a{{.key = bit(Dimension::src_ip)}};
  a.add(from(1), 100, 1);
  Totals b{std::move(a)};
  b.add(from(1), 100, 1);
  Totals c{{}};
  c = std::move(b);
  c.close(2, 0);
  EXPECT_EQ(c.lines(1)[0].octets, 200U);
}

TEST(Traffic, LengthClassesAreThoseOfRmon) {
  const std::vector<std::pair<std::uint32_t, unsigned>> cases{
      {0, 0},   {64, 0},  {65, 1},   {127, 1},  {128, 2},  {255, 2},  {256, 3},
      {511, 3}, {512, 4}, {1023, 4}, {1024, 5}, {1518, 5}, {1519, 6}, {0xffff'ffff, 6}};
  for (const auto& [octets, expected] : cases) EXPECT_EQ(length_class(octets), expected) << octets;
}

}  // namespace
}  // namespace netweir::test
