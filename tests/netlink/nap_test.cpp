// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/nap.h"

#include <gtest/gtest.h>

namespace netweir::netlink {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Memory empty{.queued = 0, .limit = 16U << 20U};

AgeTime at(microseconds since) { return AgeTime{std::chrono::seconds{5} + since}; }

TEST(Nap, NothingWaitsWhereLittleComes) {
  Nap nap;
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(nap.update(at(microseconds{100} * i), empty, 1)) << i;  // 10,000 a second
    EXPECT_FALSE(nap.napping());
  }
}

TEST(Nap, BeginsUnderLoadHoweverLittleEachReadFinds) {
  Nap nap;
  int i = 0;
  while (!nap.update(at(microseconds{10} * i), empty, 1)) ASSERT_LT(++i, 40);
  EXPECT_TRUE(nap.napping());
  EXPECT_EQ(nap.wake(), at(microseconds{10} * i + microseconds{125}));
}

TEST(Nap, GetsLongerWhileThereIsRoomAndEndsWithTheLoad) {
  Nap nap;
  auto now = at({});
  ASSERT_TRUE(nap.update(now, empty, 64));
  auto length = nap.wake() - now;
  for (int i = 0; i < 10; ++i) {
    now = nap.wake();
    EXPECT_FALSE(nap.update(now, empty, static_cast<std::size_t>(length.count() / 10000)));
    EXPECT_GE(nap.wake() - now, length);
    length = nap.wake() - now;
  }
  EXPECT_EQ(length, milliseconds{2});
  now = nap.wake();
  nap.update(now, empty, 3);
  now += milliseconds{2};
  nap.update(now, empty, 3);
  EXPECT_FALSE(nap.napping());
}

TEST(Nap, NeverWhereTheBufferIsSmallOrFills) {
  Nap nap;
  EXPECT_FALSE(nap.update(at({}), {.queued = 0, .limit = 256U << 10U}, 1000));
  EXPECT_TRUE(nap.update(at({}), empty, 1000));
  EXPECT_TRUE(nap.update(at(microseconds{125}), {.queued = 5U << 20U, .limit = 16U << 20U}, 1000));
  EXPECT_FALSE(nap.napping());
}

}  // namespace
}  // namespace netweir::netlink
