// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "kit/hex.h"
#include "probe/account.h"
#include "probe/histogram.h"
#include "probe/message.h"

namespace netweir::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using test::hex;

WallTime at(std::int64_t ns) { return WallTime{nanoseconds{ns}}; }
AgeTime age(int ms) { return AgeTime{milliseconds{ms}}; }
Stamps software(std::int64_t ns) { return {at(ns), {}}; }

// As message.h says it, by hand.
const std::string head = "4e575052 01 02 0000 0102030405060708 000000ff ";
const std::string came = "0000000000000010 0000000000000020";

TEST(ProbeMessage, AReplyIsReadAndWritten) {
  const auto octets = hex(head + came);
  const auto m = decode(octets);
  ASSERT_TRUE(m);
  EXPECT_EQ(m->kind, Kind::reply);
  EXPECT_EQ(m->session, 0x0102030405060708U);
  EXPECT_EQ(m->sequence, 255U);
  EXPECT_EQ(m->came, (Stamps{at(16), at(32)}));
  std::vector<std::uint8_t> out(reply_octets);
  EXPECT_EQ(encode(*m, out), octets.size());
  EXPECT_EQ(out, octets);
}

TEST(ProbeMessage, TimesAreReadAndWritten) {
  const auto octets = hex("4e575052 01 03 0002 0102030405060708 00000000 00000007 " + came +
                          "00000008 0000000000000011 ffffffffffffffff");
  const auto m = decode(octets);
  ASSERT_TRUE(m);
  ASSERT_EQ(m->count, 2U);
  EXPECT_EQ(m->left[0].sequence, 7U);
  EXPECT_EQ(m->left[0].at, (Stamps{at(16), at(32)}));
  EXPECT_EQ(m->left[1].at, (Stamps{at(17), at(-1)}));
  std::vector<std::uint8_t> out(most_octets);
  EXPECT_EQ(encode(*m, out), octets.size());
  out.resize(octets.size());
  EXPECT_EQ(out, octets);
}

TEST(ProbeMessage, NothingOfWhatIsCut) {
  for (const auto& text :
       {head + came, "4e575052 01 03 0001 0102030405060708 00000000 00000007" + came}) {
    const auto whole = hex(text);
    EXPECT_TRUE(decode(whole));
    for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(decode(Bytes(whole).first(n))) << n;
  }
}

TEST(ProbeMessage, NothingOfOthers) {
  for (const auto* text : {"4e575053 01 01 0000 0000000000000000 00000000",  // magic
                           "4e575052 02 01 0000 0000000000000000 00000000",  // version
                           "4e575052 01 00 0000 0000000000000000 00000000",  // kind
                           "4e575052 01 04 0000 0000000000000000 00000000"}) {
    EXPECT_FALSE(decode(hex(text))) << text;
  }
  // More times than there can be, in a frame of any length.
  auto many = hex("4e575052 01 03 003d 0000000000000000 00000000");
  many.resize(9000);
  EXPECT_FALSE(decode(many));
  many[7] = 60;
  EXPECT_TRUE(decode(many));
}

TEST(ProbeMessage, TooSmallABufferTakesNothing) {
  Message m;
  m.kind = Kind::times;
  m.count = Message::most_times;
  std::vector<std::uint8_t> out(most_octets - 1);
  EXPECT_EQ(encode(m, out), 0U);
  out.resize(most_octets);
  EXPECT_EQ(encode(m, out), most_octets);
}

/// Nearest rank, of all values.
std::int64_t truth(std::vector<std::int64_t> values, double percent) {
  std::sort(values.begin(), values.end());
  const auto rank = std::ceil(percent / 100 * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

TEST(ProbeHistogram, PercentilesAreThoseOfTheValuesToAThousandth) {
  std::mt19937_64 random(7);
  struct Case {
    const char* name;
    std::int64_t from, to;
  };
  for (const auto& c :
       {Case{"small", 0, 1000}, Case{"around 0", -5000, 5000}, Case{"wide", 1, 4'000'000'000},
        Case{"offset", -9'000'000'000, -8'000'000'000}}) {
    Histogram h;
    std::vector<std::int64_t> values;
    std::uniform_int_distribution<std::int64_t> one(c.from, c.to);
    for (int i = 0; i < 20'000; ++i) {
      values.push_back(one(random));
      h.add(values.back());
    }
    double sum = 0;
    for (const auto v : values) sum += static_cast<double>(v);
    for (const double p : {0.0, 1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
      const auto right = truth(values, p);
      EXPECT_NEAR(static_cast<double>(h.percentile(p)), static_cast<double>(right),
                  std::abs(static_cast<double>(right)) / 1000 + 0.5)
          << c.name << " " << p;
    }
    EXPECT_EQ(h.min(), *std::min_element(values.begin(), values.end()));
    EXPECT_EQ(h.max(), *std::max_element(values.begin(), values.end()));
    EXPECT_NEAR(h.mean(), sum / 20'000, std::abs(sum / 20'000) * 1e-9 + 1e-3);
    std::uint64_t all = 0;
    std::int64_t before = INT64_MIN;
    for (const auto& [top, count] : h.buckets()) {
      EXPECT_GT(top, before);
      before = top;
      all += count;
    }
    EXPECT_EQ(all, h.count());
  }
}

TEST(ProbeHistogram, ExtremesAndNothing) {
  Histogram h;
  EXPECT_EQ(h.percentile(50), 0);
  EXPECT_EQ(h.deviation(), 0);
  h.add(INT64_MAX);
  h.add(INT64_MIN);
  h.add(0);
  EXPECT_EQ(h.min(), -Histogram::most);
  EXPECT_EQ(h.max(), Histogram::most);
  EXPECT_EQ(h.percentile(50), 0);
  EXPECT_EQ(h.percentile(100), Histogram::most);
  EXPECT_EQ(h.count(), 3U);
}

struct Pair {
  Account account{milliseconds{100}, 8};
  void whole(std::uint32_t n, int ms) {
    account.sent(n, age(ms));
    account.left(n, software(1000));
    account.answered(n, software(1900), software(5400));
    account.answer_left(n, software(5900));
  }
};

TEST(ProbeAccount, FourTimesMakeTheFigures) {
  Pair p;
  p.whole(0, 0);
  EXPECT_TRUE(p.account.settled());
  p.account.age(age(99));
  EXPECT_EQ(p.account.round_trip().count(), 0U);
  p.account.age(age(100));
  EXPECT_EQ(p.account.open(), 0U);
  EXPECT_EQ(p.account.round_trip().max(), 900);
  EXPECT_EQ(p.account.network().max(), 400);  // the other end took 500
  EXPECT_EQ(p.account.there().max(), 4400);   // with the offset of its clock
  EXPECT_EQ(p.account.back().max(), -4000);
  const auto& t = p.account.totals();
  EXPECT_EQ(t.sent, 1U);
  EXPECT_EQ(t.received, 1U);
  EXPECT_EQ(t.no_tx + t.no_rx + t.no_their_rx + t.no_their_tx + t.lost + t.hardware, 0U);
}

TEST(ProbeAccount, TheDevicesClocksWhereBothHaveOne) {
  Pair p;
  p.account.sent(0, age(0));
  p.account.left(0, software(1000));
  p.account.left(0, Stamps{{}, at(70)});
  p.account.answered(0, {at(2000), at(100)}, software(1500));
  p.account.finish();
  EXPECT_EQ(p.account.totals().hardware, 1U);
  EXPECT_EQ(p.account.round_trip().max(), 30);
  EXPECT_EQ(p.account.there().max(), 500) << "the other end has none";
  EXPECT_EQ(p.account.totals().no_their_tx, 1U);
  EXPECT_EQ(p.account.network().count(), 0U);
}

TEST(ProbeAccount, LostLateTwiceAndOutOfOrder) {
  Pair p;
  for (std::uint32_t n = 0; n < 4; ++n) p.account.sent(n, age(0));
  p.account.refused(4, age(0));
  p.account.answered(2, software(5), {});
  p.account.answered(1, software(6), {});  // after 2
  p.account.answered(1, software(7), {});  // again
  p.account.age(age(100));
  p.account.answered(3, software(8), {});   // too late
  p.account.answered(77, software(8), {});  // never sent
  const auto& t = p.account.totals();
  EXPECT_EQ(t.sent, 5U);
  EXPECT_EQ(t.received, 2U);
  EXPECT_EQ(t.lost, 3U);
  EXPECT_EQ(t.refused, 1U);
  EXPECT_EQ(t.reordered, 1U);
  EXPECT_EQ(t.duplicates, 1U);
  EXPECT_EQ(t.late, 1U);
  EXPECT_EQ(t.no_tx, 2U);
  EXPECT_EQ(t.sent, t.received + t.lost);
}

TEST(ProbeAccount, MoreThanItsWindowAndPastTheLastSequence) {
  Pair p;
  std::uint32_t n = 0xfffffff0U;
  Account account(milliseconds{100}, 8);
  for (int i = 0; i < 100; ++i, ++n) {
    account.sent(n, age(0));
    if (i % 2 == 0) account.answered(n, software(1), {});
  }
  EXPECT_LE(account.open(), 8U);
  account.age(age(100));
  EXPECT_EQ(account.totals().sent, 100U);
  EXPECT_EQ(account.totals().received, 50U);
  EXPECT_EQ(account.totals().lost, 50U);
  EXPECT_EQ(account.totals().reordered, 0U);
}

TEST(ProbeAccount, TimesFromTheWireMakeNoOverflow) {
  Pair p;
  p.account.sent(0, age(0));
  p.account.left(0, software(INT64_MAX));
  p.account.answered(0, software(INT64_MIN), software(INT64_MIN));
  p.account.answer_left(0, software(INT64_MAX));
  p.account.finish();
  EXPECT_EQ(p.account.totals().received, 1U);
  EXPECT_EQ(p.account.round_trip().count(), 0U);
}

}  // namespace
}  // namespace netweir::probe
