// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/quantity.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>

#include "config/value.h"

namespace netweir::config {
namespace {

using State = Quantity::State;

struct Case {
  std::string_view text;
  State state;
  std::int64_t value;
  std::string_view hint;
};

void check(Quantity (*read)(std::string_view), const Case& c) {
  const auto q = read(c.text);
  EXPECT_EQ(q.state, c.state) << c.text;
  if (c.state == State::good) {
    EXPECT_EQ(q.value, c.value) << c.text;
  }
  EXPECT_EQ(q.hint, c.hint) << c.text;
}

TEST(Quantity, Durations) {
  for (const Case& c : {
           Case{"0s", State::good, 0, ""},
           {"1ns", State::good, 1, ""},
           {"7us", State::good, 7000, ""},
           {"100ms", State::good, 100'000'000, ""},
           {"5s", State::good, 5'000'000'000, ""},
           {"10m", State::good, 600'000'000'000, ""},
           {"24h", State::good, 86'400'000'000'000, ""},
           {"1d", State::good, 86'400'000'000'000, ""},
           {"1h30m", State::good, 5'400'000'000'000, ""},
           {"1d2h3m4s5ms6us7ns", State::good, 93'784'005'006'007, ""},
           {"007s", State::good, 7'000'000'000, ""},
           {"9223372036854775807ns", State::good, std::numeric_limits<std::int64_t>::max(), ""},
           {"9223372036854775808ns", State::too_large, 0, ""},
           {"9223372036s854775807ns", State::good, std::numeric_limits<std::int64_t>::max(), ""},
           {"9223372036s854775808ns", State::too_large, 0, ""},
           {"106752d", State::too_large, 0, ""},
           {"99999999999999999999999s", State::too_large, 0, ""},
           {"", State::wrong, 0, ""},
           {"s", State::wrong, 0, ""},
           {"-", State::wrong, 0, ""},
           {"-5s", State::negative, 0, ""},
           {"- 5s", State::negative, 0, ""},
           {"5", State::wrong, 0, "5s"},
           {"0", State::wrong, 0, "0s"},
           {"5 s", State::wrong, 0, "5s"},
           {"5 sec", State::wrong, 0, "5s"},
           {"5S", State::wrong, 0, "5s"},
           {"10 Minutes", State::wrong, 0, "10m"},
           {"2days", State::wrong, 0, "2d"},
           {"3 \xC2\xB5s", State::wrong, 0, "3us"},
           {"1.5s", State::wrong, 0, "1500ms"},
           {"1.5h", State::wrong, 0, "90m"},
           {"1.50 hours", State::wrong, 0, "90m"},
           {"2.0s", State::wrong, 0, "2s"},
           {"0.1ns", State::wrong, 0, ""},
           {"1.s", State::wrong, 0, ""},
           {".5s", State::wrong, 0, ""},
           {"1.1234567891s", State::wrong, 0, ""},
           {"5x", State::wrong, 0, ""},
           {"5s5", State::wrong, 0, ""},
           {"5s5s", State::wrong, 0, ""},
           {"5s1m", State::wrong, 0, ""},
           {"5sm", State::wrong, 0, ""},
           {"5s\n", State::wrong, 0, ""},
       }) {
    check(read_duration, c);
  }
}

TEST(Quantity, Sizes) {
  for (const Case& c : {
           Case{"0", State::good, 0, ""},
           {"4096", State::good, 4096, ""},
           {"64KiB", State::good, 65536, ""},
           {"8MiB", State::good, 8 << 20, ""},
           {"1GiB", State::good, 1 << 30, ""},
           {"9223372036854775807", State::good, std::numeric_limits<std::int64_t>::max(), ""},
           {"9223372036854775808", State::too_large, 0, ""},
           {"8589934591GiB", State::good, 8589934591LL << 30, ""},
           {"8589934592GiB", State::too_large, 0, ""},
           {"64KB", State::wrong, 0, "64KiB"},
           {"64kB", State::wrong, 0, "64KiB"},
           {"64k", State::wrong, 0, "64KiB"},
           {"64kib", State::wrong, 0, "64KiB"},
           {"8M", State::wrong, 0, "8MiB"},
           {"8 MiB", State::wrong, 0, "8MiB"},
           {"1g", State::wrong, 0, "1GiB"},
           {"4096B", State::wrong, 0, "4096"},
           {"4096 bytes", State::wrong, 0, "4096"},
           {"1.5MiB", State::wrong, 0, "1536KiB"},
           {"0.5KiB", State::wrong, 0, "512"},
           {"1.3KiB", State::wrong, 0, ""},
           {"1TiB", State::wrong, 0, ""},
           {"1MiB512KiB", State::wrong, 0, ""},
           {"-1KiB", State::negative, 0, ""},
           {"0x1000", State::wrong, 0, ""},
           {"", State::wrong, 0, ""},
           {"KiB", State::wrong, 0, ""},
       }) {
    check(read_size, c);
  }
}

TEST(Quantity, Integers) {
  for (const Case& c : {
           Case{"0", State::good, 0, ""},
           {"65535", State::good, 65535, ""},
           {"-5", State::good, -5, ""},
           {"9223372036854775807", State::good, std::numeric_limits<std::int64_t>::max(), ""},
           {"9223372036854775808", State::too_large, 0, ""},
           {"-9223372036854775808", State::negative, 0, ""},
           {"007", State::wrong, 0, "7"},
           {"000", State::wrong, 0, "0"},
           {"-010", State::wrong, 0, "-10"},
           {"", State::wrong, 0, ""},
           {"-", State::wrong, 0, ""},
           {"+5", State::wrong, 0, ""},
           {"--5", State::wrong, 0, ""},
           {"5.0", State::wrong, 0, ""},
           {"1e3", State::wrong, 0, ""},
           {"1_000", State::wrong, 0, ""},
           {" 5", State::wrong, 0, ""},
       }) {
    check(read_integer, c);
  }
}

TEST(Quantity, WhatIsPrintedIsReadAgain) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const auto value = static_cast<std::int64_t>((random() >> 1U) >> (random() % 63));
    auto q = read_duration(duration_text(std::chrono::nanoseconds{value}));
    EXPECT_EQ(q.state, State::good);
    EXPECT_EQ(q.value, value);
    q = read_size(size_text(value));
    EXPECT_EQ(q.state, State::good);
    EXPECT_EQ(q.value, value);
  }
}

}  // namespace
}  // namespace netweir::config
