// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/schedule.h"

#include <gtest/gtest.h>

namespace netweir::conntrack {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Schedule::Settings settings{.reconcile = minutes{5}, .resync_min = seconds{10}};

AgeTime at(std::chrono::nanoseconds since) { return AgeTime{seconds{1000} + since}; }

/// A schedule whose first listing took the first 100 ms.
Schedule started() {
  Schedule s(settings, at({}));
  EXPECT_EQ(s.begin(at({})), FlowReason::dump);
  s.ended(at(milliseconds{100}));
  return s;
}

TEST(Schedule, BeginsWithAListing) {
  Schedule s(settings, at({}));
  EXPECT_EQ(s.next(), at({}));
  EXPECT_FALSE(s.listing());
  EXPECT_EQ(s.begin(at({})), FlowReason::dump);
  EXPECT_TRUE(s.listing());
  EXPECT_EQ(s.begin(at(seconds{100})), std::nullopt) << "never two at once";
  EXPECT_EQ(s.next(), AgeTime::max());
}

TEST(Schedule, ReconcilesAtEachInterval) {
  auto s = started();
  EXPECT_EQ(s.next(), at(minutes{5}));
  EXPECT_EQ(s.begin(at(minutes{5} - milliseconds{1})), std::nullopt);
  EXPECT_EQ(s.begin(at(minutes{5})), FlowReason::reconcile);
  s.ended(at(minutes{5} + seconds{1}));
  EXPECT_EQ(s.next(), at(minutes{10}));
}

TEST(Schedule, AResyncWaitsUntilTheQueueIsRead) {
  auto s = started();
  s.lost(at(seconds{60}));
  EXPECT_EQ(s.begin(at(seconds{60})), std::nullopt);
  s.drained();
  EXPECT_EQ(s.begin(at(seconds{60})), FlowReason::resync);
  s.ended(at(seconds{61}));
  EXPECT_EQ(s.next(), at(seconds{60} + minutes{5})) << "it was a comparison as good as any";
}

TEST(Schedule, AQueueThatIsNeverReadDoesNotPutItOffForEver) {
  auto s = started();
  s.lost(at(seconds{60}));
  EXPECT_EQ(s.next(), at(seconds{61}));
  EXPECT_EQ(s.begin(at(seconds{61})), FlowReason::resync);
}

TEST(Schedule, ADeferredResyncBeginsWithinResyncMin) {
  auto s = started();
  s.lost(at(seconds{2}));
  s.drained();
  EXPECT_EQ(s.begin(at(seconds{9})), std::nullopt);
  s.lost(at(seconds{9}));
  s.drained();
  EXPECT_EQ(s.next(), at(seconds{10}));
  EXPECT_EQ(s.begin(at(seconds{10})), FlowReason::resync);
}

TEST(Schedule, LossDuringAListingRepeatsIt) {
  auto s = started();
  s.lost(at(seconds{60}));
  s.drained();
  ASSERT_EQ(s.begin(at(seconds{60})), FlowReason::resync);
  EXPECT_FALSE(s.repeats());
  s.lost(at(seconds{61}));
  EXPECT_TRUE(s.repeats());
  s.drained();
  s.ended(at(seconds{62}));
  EXPECT_EQ(s.next(), at(seconds{70}));
  EXPECT_EQ(s.begin(at(seconds{70})), FlowReason::resync);
  EXPECT_FALSE(s.repeats());
}

TEST(Schedule, LossWhileAReconcileIsDueIsAResync) {
  auto s = started();
  s.lost(at(minutes{6}));
  s.drained();
  EXPECT_EQ(s.begin(at(minutes{6})), FlowReason::resync);
}

TEST(Schedule, AFailedListingIsTriedAgainLaterEachTime) {
  Schedule s(settings, at({}));
  ASSERT_EQ(s.begin(at({})), FlowReason::dump);
  s.failed(at(seconds{1}));
  EXPECT_EQ(s.next(), at(seconds{20}));
  ASSERT_EQ(s.begin(at(seconds{20})), FlowReason::dump) << "still the first";
  s.failed(at(seconds{21}));
  EXPECT_EQ(s.next(), at(seconds{60}));
  auto now = seconds{60};
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(s.begin(at(now)));
    s.failed(at(now));
    const auto wait = s.next() - at(now);
    ASSERT_GE(wait, seconds{80});
    ASSERT_LE(wait, seconds{320});
    now += std::chrono::duration_cast<seconds>(wait);
  }
  ASSERT_TRUE(s.begin(at(now)));
  s.ended(at(now));
  s.lost(at(now + seconds{1}));
  s.drained();
  EXPECT_EQ(s.next(), at(now + seconds{10})) << "forgotten";
}

}  // namespace
}  // namespace netweir::conntrack
