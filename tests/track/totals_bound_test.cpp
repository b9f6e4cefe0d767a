// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "netweir/traffic.h"
#include "track/sampled_traffic.h"

namespace netweir::test {
namespace {

// 32 bits, whatever the generator's type.
class Random {
 public:
  explicit Random(unsigned seed) : random_(seed) {}
  std::uint32_t operator()() { return static_cast<std::uint32_t>(random_()); }
  double share() { return std::uniform_real_distribution<double>{0, 1}(random_); }

 private:
  std::mt19937 random_;
};

using Add = std::function<void(std::uint32_t host, std::uint32_t octets, double one_in)>;

struct Stream {
  const char* name;
  std::function<void(const Add&)> run;
};

// A heavy host every now and then in a scan in which no host comes twice.
void scan(const Add& add, std::uint32_t hosts, std::uint32_t heavy_every) {
  for (std::uint32_t i = 0; i < hosts; ++i) {
    add(1000 + i, 60, 1);
    if (i % heavy_every == 0) add(i / heavy_every % 5, 1500, 1);
  }
}

std::vector<Stream> streams() {
  return {
      {"scan", [](const Add& add) { scan(add, 100000, 50); }},
      {"scan after the heavy ones",
       [](const Add& add) {
         for (int i = 0; i < 2000; ++i) add(7, 1500, 1);
         scan(add, 50000, 1000000);
       }},
      {"heavy ones after the scan",
       [](const Add& add) {
         scan(add, 50000, 1000000);
         for (int i = 0; i < 2000; ++i) add(7, 1500, 1);
       }},
      {"one more than there is room, round and round",
       [](const Add& add) {
         for (std::uint32_t i = 0; i < 100000; ++i) add(i % 65, 100, 1);
       }},
      {"each larger than the one before",
       [](const Add& add) {
         for (std::uint32_t i = 0; i < 20000; ++i) add(i, i, 1);
       }},
      {"each smaller than the one before",
       [](const Add& add) {
         for (std::uint32_t i = 0; i < 20000; ++i) add(i, 20000 - i, 1);
       }},
      {"each twice, the second time after a purge",
       [](const Add& add) {
         for (std::uint32_t i = 0; i < 50000; ++i) {
           add(i, 100, 1);
           if (i >= 70) add(i - 70, 100, 1);
         }
       }},
      {"of no length",
       [](const Add& add) {
         for (std::uint32_t i = 0; i < 5000; ++i) add(i, 0, 1);
       }},
      {"Zipf",
       [](const Add& add) {
         Random random{1};
         for (int i = 0; i < 100000; ++i)
           add(static_cast<std::uint32_t>(std::pow(random.share(), -1.1)), 40 + random() % 1461, 1);
       }},
      {"at random, sampled at several rates",
       [](const Add& add) {
         Random random{2};
         for (int i = 0; i < 100000; ++i) {
           const auto few = random() % 4 == 0;
           add(static_cast<std::uint32_t>(few ? random() % 10 : random()), random() % 1500,
               few ? 100 : 1 + static_cast<double>(random() % 1000));
         }
       }},
  };
}

struct Exact {
  std::uint64_t packets = 0, octets = 0;
  double all_packets = 0, all_octets = 0;
};

void expect_bound(const Stream& stream, std::size_t max, bool by_packets) {
  SCOPED_TRACE(std::string(stream.name) + ", max " + std::to_string(max) +
               (by_packets ? ", by packets" : ", by octets"));
  Totals totals{
      {.key = bit(Dimension::src_ip), .max = max, .by_packets = by_packets, .hash_seed = 9}};
  std::unordered_map<std::uint32_t, Exact> truth;
  Exact all;
  stream.run([&](std::uint32_t host, std::uint32_t octets, double one_in) {
    totals.add(from(host), octets, one_in);
    ASSERT_LE(totals.keys(), max);
    for (auto* e : {&truth[host], &all}) {
      ++e->packets;
      e->octets += octets;
      e->all_packets += one_in;
      e->all_octets += one_in * octets;
    }
  });
  totals.close(all.packets, 0);
  const auto size = [&](const Exact& e) { return by_packets ? e.all_packets : e.all_octets; };
  const auto bound = 2 * size(all) / static_cast<double>(max);
  const auto rounding = 1e-9 * size(all);

  std::uint64_t packets = 0, octets = 0;
  auto before = size(all);
  std::unordered_map<std::uint32_t, double> said;
  for (const auto& line : totals.lines(max)) {
    const auto& exact = truth.at(host_of(line.key));
    const auto value = by_packets ? line.all_packets.value : line.all_octets.value;
    packets += line.packets;
    octets += line.octets;
    ASSERT_LE(value, before);
    before = value;
    ASSERT_LE(line.missed_at_most, bound + rounding);
    ASSERT_LE(value, size(exact) + rounding);
    ASSERT_GE(value + line.missed_at_most, size(exact) - rounding) << host_of(line.key);
    ASSERT_LE(line.packets, exact.packets);
    ASSERT_LE(line.octets, exact.octets);
    said[host_of(line.key)] = value;
  }
  std::size_t heavy = 0;
  for (const auto& [host, exact] : truth) {
    if (size(exact) <= bound) continue;
    ++heavy;
    ASSERT_TRUE(said.contains(host)) << host << " is missing";
    ASSERT_GE(said[host], size(exact) - bound - rounding);
  }
  if (std::string_view(stream.name) == "scan" && max == 256 && !by_packets) {
    EXPECT_EQ(heavy, 5U);
  }
  const auto rest = totals.rest();
  ASSERT_EQ(packets + rest.packets, all.packets);
  ASSERT_EQ(octets + rest.octets, all.octets);
  ASSERT_NEAR(
      rest.all_octets.value +
          [&] {
            double lines = 0;
            for (const auto& line : totals.lines(max)) lines += line.all_octets.value;
            return lines;
          }(),
      all.all_octets, 1e-9 * all.all_octets);
  // Not more keys than there are in the rest are said to be there at most.
  ASSERT_GE(totals.rest_keys() + totals.keys(), truth.size());
}

TEST(TotalsBound, HoldsForAnyStream) {
  for (const auto& stream : streams()) {
    for (const std::size_t max : {16U, 64U, 256U}) {
      expect_bound(stream, max, false);
      expect_bound(stream, max, true);
    }
  }
}

// Random streams, balanced after each of many intervals of one table.
TEST(TotalsBound, LinesAndRestAreWhatWasAdded) {
  Totals totals{{.key = bit(Dimension::src_ip), .max = 20}};
  for (unsigned seed = 0; seed < 400; ++seed) {
    Random random{seed};
    const auto hosts = 1 + random() % 100, count = random() % 1000, most = random() % 25;
    std::uint64_t octets = 0;
    totals.clear();
    for (unsigned i = 0; i < count; ++i) {
      const auto length = static_cast<std::uint32_t>(random());
      totals.add(from(random() % hosts), length, 1 + random() % 2);
      octets += length;
    }
    totals.close(count, random() % 5);
    std::uint64_t told_packets = 0, told_octets = 0;
    const auto lines = totals.lines(most);
    ASSERT_EQ(lines.size(), std::min<std::size_t>(most, totals.keys()));
    for (const auto& line : lines) told_packets += line.packets, told_octets += line.octets;
    const auto rest = totals.rest();
    ASSERT_EQ(told_packets + rest.packets, count) << seed;
    ASSERT_EQ(told_octets + rest.octets, octets) << seed;
    ASSERT_EQ(rest.packets == 0, totals.rest_keys() == 0) << seed;
  }
}

TEST(TotalsBound, AMillionHostsInRoomForAThousand) {
  Totals totals{{.key = bit(Dimension::src_ip), .max = 1024}};
  constexpr std::uint32_t hosts = 1000000;
  for (std::uint32_t i = 0; i < hosts; ++i) {
    totals.add(from(1000 + i), 60, 1);
    if (i % 100 == 0) totals.add(from(1), 1500, 1);
  }
  EXPECT_LE(totals.keys(), 1024U);
  totals.close(hosts + hosts / 100, 0);
  const auto lines = totals.lines(10);
  EXPECT_EQ(host_of(lines[0].key), 1U);
  EXPECT_GE(lines[0].octets, 1500U * (hosts / 100) - 2 * (60U + 15U) * hosts / 1024);
  EXPECT_EQ(totals.rest_keys() + lines.size(), hosts + 1);  // no host that was evicted came again
}

}  // namespace
}  // namespace netweir::test
