// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <limits>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "netweir/traffic.h"
#include "track/sampled_traffic.h"

namespace netweir::test {
namespace {

using Lengths = std::vector<std::uint32_t>;

const Lengths one_length{1000};
// Those of the "Internet mix", 7 : 4 : 1, in an order that repeats.
const Lengths mixed{64, 576, 64, 64, 576, 1500, 64, 576, 64, 64, 576, 64};
// Acknowledgements and data of a transfer.
const Lengths two_lengths{66, 1514, 1514};
const Lengths acknowledgements{66};
const Lengths full_packets{1514};
const Lengths third_long{66, 66, 1514};
const Lengths fourth_long{66, 66, 66, 1514};
const Lengths rarely_long{66, 66, 66, 66, 66, 66, 66, 66, 66, 1514};

struct Case {
  const char* name;
  std::vector<Talker> talkers;  // a host may have several, which count together
  double loss = 0;              // of the samples, at random, and told
};

struct Covered {
  double packets = 0, octets = 0;                    // truth
  unsigned packets_in = 0, octets_in = 0, runs = 0;  // of which it lay in the interval
  double packets_off = 0, octets_off = 0;            // sums of the errors
};

std::map<std::uint32_t, Covered> cover(const Case& c, unsigned runs) {
  std::map<std::uint32_t, Covered> all;
  for (const auto& talker : c.talkers) {
    all[talker.host].packets += static_cast<double>(talker.packets);
    all[talker.host].octets += talker.octets();
  }
  Totals totals{{.key = bit(Dimension::src_ip), .max = 64}};
  for (unsigned run = 0; run < runs; ++run) {
    std::mt19937_64 random{run + 1};
    std::bernoulli_distribution is_lost{c.loss};
    std::uint64_t received = 0, lost = 0;
    totals.clear();
    for (const auto& talker : c.talkers) {
      const auto key = from(talker.host);
      talker.sample(random, [&](std::uint32_t length) {
        if (c.loss > 0 && is_lost(random)) {
          ++lost;
          return;
        }
        ++received;
        totals.add(key, length, talker.one_in);
      });
    }
    totals.close(received, lost);
    std::map<std::uint32_t, TrafficTotal> told;
    for (const auto& line : totals.lines(64)) told[host_of(line.key)] = line;
    for (auto& [host, covered] : all) {
      const auto& line = told[host];  // of a host that was not seen: 0 to 0
      const auto in = [](const Estimate& e, double truth) {
        return e.low <= truth && truth <= e.high;
      };
      ++covered.runs;
      covered.packets_in += in(line.all_packets, covered.packets) ? 1U : 0U;
      covered.octets_in += in(line.all_octets, covered.octets) ? 1U : 0U;
      covered.packets_off += line.all_packets.value - covered.packets;
      covered.octets_off += line.all_octets.value - covered.octets;
    }
  }
  return all;
}

struct Bounds {
  double packets_least = 93, packets_most = 97, octets_least = 93, octets_most = 97;
};

void expect_covered(const Case& c, const Bounds& bounds = {}, unsigned runs = 2000) {
  for (const auto& [host, covered] : cover(c, runs)) {
    SCOPED_TRACE(host);
    const auto share = [runs](unsigned n) { return 100.0 * n / runs; };
    const auto packets = share(covered.packets_in), octets = share(covered.octets_in);
    std::cout << std::fixed << std::setprecision(0) << c.name << ", host " << host << " ("
              << covered.packets << " packets): " << std::setprecision(2) << packets
              << " % of packets, " << octets << " % of octets\n";
    EXPECT_GE(packets, bounds.packets_least);
    EXPECT_LE(packets, bounds.packets_most);
    EXPECT_GE(octets, bounds.octets_least);
    EXPECT_LE(octets, bounds.octets_most);
    // The mean of all estimates; a bias would show.
    EXPECT_NEAR(covered.packets_off / covered.runs / covered.packets, 0, 0.02);
    EXPECT_NEAR(covered.octets_off / covered.runs / covered.octets, 0, 0.03);
  }
}

TEST(TotalsEstimate, SamplesCoverTheTruth) {
  expect_covered({"1 in 100",
                  {{1, 1000000, mixed, 100},
                   {2, 100000, one_length, 100},
                   {3, 2000, one_length, 100},
                   {4, 2000, mixed, 100},
                   {5, 2000, two_lengths, 100},
                   {6, 500, one_length, 100}}});
}

TEST(TotalsEstimate, SamplesWithLossCoverTheTruth) {
  expect_covered({"1 in 100, a fifth lost",
                  {{1, 1000000, mixed, 100},
                   {2, 100000, one_length, 100},
                   {3, 2000, one_length, 100},
                   {4, 2000, mixed, 100},
                   {5, 2000, two_lengths, 100}},
                  0.2});
}

// More runs, as those of few samples are near the bounds: their numbers are far apart.
constexpr unsigned many = 10000;

// Talkers of whom some `samples` packets reach us, beside one of many.
std::vector<Talker> few(double samples, double loss) {
  const auto packets = static_cast<std::uint64_t>(100 * samples / (1 - loss));
  return {{1, packets, mixed, 100},        {2, packets, two_lengths, 100},
          {3, packets, one_length, 100},   {4, packets, acknowledgements, 100},
          {5, packets, full_packets, 100}, {6, 5000, mixed, 100}};
}
TEST(TotalsEstimate, FewSamplesCoverTheTruth) {
  for (const auto samples : {5.0, 8.0, 12.0, 20.0})
    expect_covered({"few samples", few(samples, 0)}, {}, many);
}
TEST(TotalsEstimate, FewSamplesWithLossCoverTheTruth) {
  for (const auto samples : {5.0, 8.0, 12.0, 20.0})
    expect_covered({"few samples, a fifth lost", few(samples, 0.2), 0.2}, {}, many);
}
TEST(TotalsEstimate, FewSamplesOfTheOnlyKeyCoverTheTruth) {
  for (const auto packets : {500U, 800U, 1200U, 2000U})
    expect_covered({"few samples, alone", {{1, packets, mixed, 100}}}, {}, many);
}

// A key of short packets alone might have long ones that were not seen, so that its upper limit is
// never too low; the lower one is in 1.9 to 3.8 of 100 runs too high.
TEST(TotalsEstimate, FewSamplesOfShortPacketsCoverMore) {
  for (const auto packets : {700U, 1000U, 1300U, 1700U})
    expect_covered({"short packets", {{1, packets, acknowledgements, 100}}}, {.octets_most = 98},
                   many);
}

// Whether there are lengths that make most of the octets and were not seen, a few packets cannot
// say: with long ones in ten packets one, most runs of 10 samples have none or one of them.
TEST(TotalsEstimate, FewSamplesOfRareLongPacketsCoverLess) {
  expect_covered({"one in three is long", {{1, 600, third_long, 100}}}, {.octets_least = 88}, many);
  expect_covered({"one in three is long", {{1, 1200, third_long, 100}}}, {}, many);
  expect_covered({"one in four is long", {{1, 600, fourth_long, 100}}}, {.octets_least = 80}, many);
  expect_covered({"one in four is long", {{1, 1600, fourth_long, 100}}}, {}, many);
  expect_covered({"rare long packets", {{1, 1000, rarely_long, 100}}}, {.octets_least = 60}, many);
  expect_covered({"rare long packets", {{1, 4000, rarely_long, 100}}}, {}, many);
}

TEST(TotalsEstimate, LossIsCoveredWhereOneKeyIsAllOfTheSource) {
  expect_covered({"all of the source, a fifth lost", {{1, 500000, mixed, 100}}, 0.2});
}

TEST(TotalsEstimate, LossWithoutSamplingIsCovered) {
  expect_covered({"everything, a fifth lost",
                  {{1, 5000, mixed}, {2, 5000, one_length}, {3, 100, one_length}},
                  0.2});
}

const std::vector<Talker> two_rates{{1, 30000, mixed, 10},
                                    {1, 300000, mixed, 1000},
                                    {2, 10000, one_length, 10},
                                    {2, 100000, one_length, 1000}};
TEST(TotalsEstimate, MixedRatesCoverTheTruth) {
  expect_covered({"1 in 10 and 1 in 1000", two_rates});
}
TEST(TotalsEstimate, MixedRatesWithLossCoverTheTruth) {
  expect_covered({"1 in 10 and 1 in 1000, a fifth lost", two_rates, 0.2});
}

// The formulas of the header, from a few packets by hand.
TEST(TotalsEstimate, ByHand) {
  Totals totals{{.max = 16}};
  totals.add({}, 100, 10);
  totals.add({}, 300, 10);
  totals.add({}, 200, 1);
  totals.close(1000000000, 0);
  const auto lines = totals.lines(1);
  ASSERT_EQ(lines.size(), 1U);
  const auto& line = lines[0];
  EXPECT_EQ(line.packets, 3U);
  EXPECT_EQ(line.octets, 600U);
  EXPECT_DOUBLE_EQ(line.all_packets.value, 21);
  EXPECT_NEAR(line.all_packets.error, std::sqrt(10.0 * 9 * 2), 1e-9);
  EXPECT_DOUBLE_EQ(line.all_octets.value, 4200);
  EXPECT_NEAR(line.all_octets.error, std::sqrt(10.0 * 9 * (100 * 100 + 300 * 300)), 1e-9);

  totals.close(1000000000, 500000000);  // f = 1.5, and of so large a source no share to speak of
  const auto half_more = totals.lines(1)[0];
  EXPECT_DOUBLE_EQ(half_more.all_packets.value, 31.5);
  EXPECT_NEAR(half_more.all_packets.error, std::sqrt(15.0 * 14 * 2 + 1.5 * 0.5), 1e-5);
  EXPECT_DOUBLE_EQ(half_more.all_octets.value, 6300);
}

// Wilson's interval for a share of k of n: scipy.stats.binomtest(k,
// n).proportion_ci(method="wilson").
TEST(TotalsEstimate, TheIntervalIsWilsons) {
  // 90 of 100 packets reached us and 18 of them are ours: the share of 100 is not Wilson's, but
  // with next to all lost it becomes that of the 90.
  Totals totals{{.key = bit(Dimension::src_ip), .max = 16}};
  for (unsigned i = 0; i < 90; ++i) totals.add(from(i < 18 ? 1 : 2), 100, 1);
  totals.close(90, 90000000000);
  const auto line = totals.lines(2)[1];
  ASSERT_EQ(line.packets, 18U);
  EXPECT_NEAR(line.all_packets.value / 90000000090, 0.2, 1e-9);
  EXPECT_NEAR(line.all_packets.low / 90000000090, 0.130424012, 1e-6);
  EXPECT_NEAR(line.all_packets.high / 90000000090, 0.294137364, 1e-6);
}

// Five packets of equal length, as the formulas of docs/traffic.md give it in numpy: the lower
// limit is that of the packets, the upper one knows that there may be longer ones.
TEST(TotalsEstimate, FewEqualLengths) {
  Totals totals{{.max = 16}};
  for (int i = 0; i < 5; ++i) totals.add({}, 64, 100);
  totals.close(5, 0);
  const auto line = totals.lines(1)[0];
  EXPECT_NEAR(line.all_octets.low, 13723.62408935, 1e-6);
  EXPECT_NEAR(line.all_octets.low, 64 * line.all_packets.low, 1e-9);
  EXPECT_NEAR(line.all_octets.high, 198016.41903818, 1e-6);
}

TEST(TotalsEstimate, ExactWhereEverythingWasSeen) {
  Totals totals{{.key = bit(Dimension::src_ip), .max = 16}};
  for (std::uint32_t i = 0; i < 1000; ++i) totals.add(from(i % 3), 60 + i, 1);
  totals.close(1000, 0);
  for (const auto& line : totals.lines(3)) {
    for (const auto& [e, seen] :
         {std::pair{line.all_packets, line.packets}, std::pair{line.all_octets, line.octets}}) {
      const auto value = static_cast<double>(seen);
      EXPECT_EQ(e.value, value);
      EXPECT_EQ(e.error, 0);
      EXPECT_EQ(e.low, value);
      EXPECT_EQ(e.high, value);
    }
  }
}

// Of a key that is all of the source, the packets that are lost are known; whether they were all of
// this key is not.
TEST(TotalsEstimate, AllOfTheSource) {
  Totals totals{{.max = 16}};
  for (int i = 0; i < 80; ++i) totals.add({}, 100, 1);
  totals.close(80, 20);
  const auto e = totals.lines(1)[0].all_packets;
  EXPECT_DOUBLE_EQ(e.value, 100);
  EXPECT_NEAR(e.error, 0, 1e-6);
  EXPECT_NEAR(e.high, 100, 1e-9);
  EXPECT_LT(e.low, 100);
  EXPECT_GT(e.low, 98);
}

// Whatever a message or a ledger says: finite numbers in their order, nothing below what was seen.
TEST(TotalsEstimate, HostileRatesAndLedgers) {
  constexpr auto infinity = std::numeric_limits<double>::infinity();
  constexpr auto huge = std::numeric_limits<std::uint64_t>::max();
  const std::vector<double> rates{0,     -1,     0.5,          1,        1.0000001, 2, 1e9,
                                  1e300, 5e-324, std::nan(""), infinity, -infinity};
  const std::vector<std::uint32_t> octets{0, 1, 1500, 0xffff'ffff};
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> ledgers{
      {0, 0}, {0, 5}, {1, 0}, {1, huge}, {huge, huge}, {huge, 0}, {100, 1}};
  Totals totals{{.key = bit(Dimension::src_ip), .max = 16}};
  for (const auto a : rates) {
    for (const auto b : rates) {
      totals.clear();
      for (const auto length : octets) {
        totals.add(from(1), length, a);
        totals.add(from(1), length, b);
        totals.add(from(2 + length), length, a);
      }
      for (const auto& [received, lost] : ledgers) {
        totals.close(received, lost);
        for (const auto& line : totals.lines(16)) {
          for (const auto& [e, seen] : {std::pair{line.all_packets, line.packets},
                                        std::pair{line.all_octets, line.octets}}) {
            ASSERT_TRUE(std::isfinite(e.value) && std::isfinite(e.error) && std::isfinite(e.high));
            ASSERT_GE(e.error, 0);
            ASSERT_LE(static_cast<double>(seen), e.low);
            ASSERT_LE(e.low, e.value);
            ASSERT_LE(e.value, e.high);
          }
        }
      }
    }
  }
  totals.clear();
  for (const auto rate : {0.0, -5.0, 0.99, infinity, -infinity, double{std::nan("")}})
    totals.add({}, 100, rate);
  totals.close(6, 0);
  EXPECT_EQ(totals.lines(1)[0].all_packets.value, 6);
  EXPECT_EQ(totals.lines(1)[0].all_packets.error, 0);
}

}  // namespace
}  // namespace netweir::test
