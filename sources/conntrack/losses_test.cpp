// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/losses.h"

#include <gtest/gtest.h>

namespace netweir::conntrack {
namespace {

using std::chrono::seconds;

WallTime at(int s) { return WallTime{seconds{s}}; }
Now now(int s) { return {AgeTime{seconds{s}}, at(s)}; }

TEST(ConntrackLosses, DropsAreEventsExactly) {
  Losses losses(3, false, at(0));
  EXPECT_FALSE(losses.look(0, true, now(1)));
  const auto loss = losses.look(7, false, now(2));
  ASSERT_TRUE(loss);
  EXPECT_EQ(loss->count, 7U);
  EXPECT_TRUE(loss->exact);
  EXPECT_EQ(loss->unit, Unit::events);
  EXPECT_EQ(loss->cause, "receive_buffer");
  EXPECT_EQ(loss->source, 3U);
  EXPECT_EQ(loss->from, at(1));
  EXPECT_EQ(loss->to, at(2));
  EXPECT_FALSE(losses.look(7, true, now(3)));
}

TEST(ConntrackLosses, TheCounterWraps) {
  Losses losses(0, false, at(0));
  ASSERT_TRUE(losses.look(0xfffffffe, true, now(1)));
  const auto loss = losses.look(3, true, now(2));
  ASSERT_TRUE(loss);
  EXPECT_EQ(loss->count, 5U);
}

TEST(ConntrackLosses, AnOverrunWithDropsIsTheDrops) {
  Losses losses(0, false, at(0));
  losses.overrun();
  ASSERT_TRUE(losses.look(2, false, now(1)));
  EXPECT_FALSE(losses.look(2, true, now(2)));
  // The drops may be counted before ENOBUFS is read.
  ASSERT_TRUE(losses.look(3, false, now(3)));
  losses.overrun();
  EXPECT_FALSE(losses.look(3, true, now(4)));
}

TEST(ConntrackLosses, TheOverrunMayBeReadAfterItsDropsWereSeen) {
  // recvmmsg that has read something keeps the error for the next call.
  Losses losses(0, false, at(0));
  ASSERT_TRUE(losses.look(2, true, now(1)));
  losses.overrun();
  for (int s = 2; s < 9; ++s) EXPECT_FALSE(losses.look(2, true, now(s))) << s;
}

TEST(ConntrackLosses, TheDropsMayBeCountedAfterTheOverrunWasRead) {
  // netlink_overrun() wakes the reader before it counts.
  Losses losses(0, false, at(0));
  losses.overrun();
  EXPECT_FALSE(losses.look(0, true, now(1)));
  const auto loss = losses.look(1, true, now(1));
  ASSERT_TRUE(loss);
  EXPECT_EQ(loss->cause, "receive_buffer");
  EXPECT_TRUE(loss->exact);
  for (int s = 2; s < 9; ++s) EXPECT_FALSE(losses.look(1, true, now(s))) << s;
}

TEST(ConntrackLosses, AnOverrunWithoutDropsIsAtLeastOneForGood) {
  Losses losses(0, false, at(0));
  losses.overrun();
  EXPECT_FALSE(losses.look(0, false, now(1))) << "the drops may be seen yet";
  EXPECT_FALSE(losses.look(0, true, now(1))) << "the drops may be counted yet";
  const auto loss = losses.look(0, true, now(2));
  ASSERT_TRUE(loss);
  EXPECT_EQ(loss->count, 1U);
  EXPECT_FALSE(loss->exact);
  EXPECT_EQ(loss->cause, "kernel_memory");
  EXPECT_FALSE(losses.look(0, true, now(3)));
  const auto later = losses.look(4, true, now(4));
  ASSERT_TRUE(later);
  EXPECT_EQ(later->count, 4U);
  EXPECT_FALSE(later->exact) << "the sum stays a lower bound";
}

TEST(ConntrackLosses, AnOverrunWithoutDropsIsToldAtTheEnd) {
  Losses losses(0, false, at(0));
  EXPECT_FALSE(losses.stop(at(1)));
  losses.overrun();
  EXPECT_FALSE(losses.look(0, true, now(1)));
  const auto loss = losses.stop(at(1));
  ASSERT_TRUE(loss);
  EXPECT_EQ(loss->count, 1U);
  EXPECT_FALSE(loss->exact);
  EXPECT_EQ(loss->from, at(0));
  EXPECT_FALSE(losses.stop(at(1)));
}

TEST(ConntrackLosses, DropsExplainNoOverrunOfALaterRead) {
  Losses losses(0, false, at(0));
  ASSERT_TRUE(losses.look(2, true, now(1)));
  EXPECT_FALSE(losses.look(2, true, now(2)));
  losses.overrun();
  EXPECT_FALSE(losses.look(2, true, now(3)));
  const auto loss = losses.look(2, true, now(4));
  ASSERT_TRUE(loss);
  EXPECT_EQ(loss->cause, "kernel_memory");
}

TEST(ConntrackLosses, WithRepeatedDeliveryTheCounterCountsAttempts) {
  Losses losses(0, true, at(0));
  const auto loss = losses.look(50000, true, now(1));
  ASSERT_TRUE(loss);
  EXPECT_EQ(loss->count, 1U);
  EXPECT_FALSE(loss->exact);
}

}  // namespace
}  // namespace netweir::conntrack
