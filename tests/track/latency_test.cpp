// SPDX-License-Identifier: GPL-2.0-or-later
#include "track/latency.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "netweir/traffic.h"
#include "track/sampled_traffic.h"

namespace netweir::test {
namespace {

using Values = std::vector<std::int64_t>;

double nearest_rank(Values values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = std::ceil(share * static_cast<double>(values.size()));
  return static_cast<double>(values.at(static_cast<std::size_t>(rank) - 1));
}

void expect_latency(const LatencyTotals& told, const Values& values) {
  ASSERT_EQ(told.count, values.size());
  double sum = 0;
  for (const auto v : values) sum += static_cast<double>(v);
  const auto mean = sum / static_cast<double>(values.size());
  EXPECT_NEAR(told.mean, mean, 1e-9 * mean);
  const auto p50 = nearest_rank(values, 0.5), p99 = nearest_rank(values, 0.99);
  EXPECT_NEAR(told.p50, p50, 0.06 * p50);
  EXPECT_NEAR(told.p99, p99, 0.06 * p99);
}

TEST(Latency, EachValueIsTheMedianOfItself) {
  const auto expect_itself = [](std::uint64_t ns) {
    track::LatencyHistogram histogram;
    histogram.add(ns);
    const auto value = static_cast<double>(ns);
    ASSERT_NEAR(histogram.percentile(0.5), value, 0.058 * value) << ns;
    ASSERT_EQ(histogram.sum(), value);
  };
  for (std::uint64_t ns = 64; ns < 5000; ++ns) expect_itself(ns);
  for (double ns = 5000; ns < 17179869184.0; ns *= 1.001)
    expect_itself(static_cast<std::uint64_t>(ns));
}

TEST(Latency, WhatIsOutsideCountsForTheNearest) {
  for (const std::uint64_t ns : {0U, 1U, 63U}) {
    track::LatencyHistogram histogram;
    histogram.add(ns);
    EXPECT_NEAR(histogram.percentile(0.99), 64, 4);
  }
  track::LatencyHistogram histogram;
  histogram.add(std::numeric_limits<std::uint64_t>::max());
  EXPECT_NEAR(histogram.percentile(0.5), 17179869184.0, 0.12 * 17179869184.0);
}

TEST(Latency, CountsStopWhereTheyAreFull) {
  track::LatencyHistogram histogram;
  histogram.add(1000);
  for (int i = 0; i < 40; ++i) {
    const auto copy = histogram;
    histogram.add(copy);
  }
  histogram.add(1000);
  histogram.add(100);
  EXPECT_NEAR(histogram.percentile(0.5), 1000, 58);
}

TEST(Latency, PercentilesOfKeysAndRest) {
  Totals totals{{.key = bit(Dimension::src_ip), .max = 16, .latency = true}};
  std::mt19937_64 random{1};
  std::uniform_real_distribution<double> power{6, 34};
  for (int round = 0; round < 30; ++round) {
    totals.clear();
    std::vector<Values> of_host(4);
    Values others;
    const auto add = [&](std::uint32_t host, Values& values, double low, double high) {
      const std::uniform_real_distribution<double>::param_type range{low, high};
      const auto ns = static_cast<std::int64_t>(std::exp2(power(random, range)));
      values.push_back(ns);
      totals.add(from(host), host < 4 ? 60000 : 60, 1, ns);
    };
    const auto count = 1 + random() % 3000;
    for (std::uint64_t i = 0; i < count; ++i) {
      add(0, of_host[0], 6, 34);
      add(1, of_host[1], 12, 12.5);
      add(2, of_host[2], i % 30 == 0 ? 30 : 10, i % 30 == 0 ? 31 : 11);  // two humps
      totals.add(from(3), 60000, 1);                                     // says none
      add(1000 + static_cast<std::uint32_t>(i % 100), others, 8, 20);
    }
    totals.close(5 * count, 0);
    const auto lines = totals.lines(4);
    ASSERT_EQ(lines.size(), 4U);
    for (const auto& line : lines) {
      const auto host = host_of(line.key);
      SCOPED_TRACE(host);
      ASSERT_LT(host, 4U);
      if (host == 3) {
        EXPECT_EQ(line.latency.count, 0U);
      } else {
        expect_latency(line.latency, of_host[host]);
      }
    }
    expect_latency(totals.rest().latency, others);
  }
}

TEST(Latency, NotKeptUnlessAskedFor) {
  Totals totals{{.key = bit(Dimension::src_ip), .max = 16}};
  totals.add(from(1), 100, 1, 500);
  totals.close(1, 0);
  EXPECT_EQ(totals.lines(1)[0].latency.count, 0U);
}

}  // namespace
}  // namespace netweir::test
