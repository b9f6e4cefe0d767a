// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/loop.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

namespace netweir {
namespace {

Fd ready_fd() { return Fd{::eventfd(1, EFD_CLOEXEC)}; }

TEST(Loop, CallsWhoIsReadyAndHooksEachTurn) {
  SystemClock clock;
  auto loop = *run::Loop::open(clock);
  const Fd a = ready_fd();
  int ready = 0;
  int hooked = 0;
  ASSERT_TRUE(loop->watch(a.get(), [&](const Now&) { ++ready; }));
  loop->hook([&](const Now&) {
    ++hooked;
    return AgeTime::max();
  });
  loop->turn(std::chrono::seconds{1});
  loop->turn(std::chrono::seconds{1});
  EXPECT_EQ(ready, 2);
  EXPECT_EQ(hooked, 2);
}

TEST(Loop, ForgettingInACallbackIsSafe) {
  SystemClock clock;
  auto loop = *run::Loop::open(clock);
  const Fd a = ready_fd();
  const Fd b = ready_fd();
  int calls = 0;
  const auto forget_both = [&](const Now&) {
    ++calls;
    loop->forget(a.get());
    loop->forget(b.get());
  };
  ASSERT_TRUE(loop->watch(a.get(), forget_both));
  ASSERT_TRUE(loop->watch(b.get(), forget_both));
  loop->turn(std::chrono::milliseconds{10});
  loop->turn(std::chrono::milliseconds{10});
  EXPECT_EQ(calls, 1);
  ASSERT_TRUE(loop->watch(a.get(), forget_both));  // and it may be watched anew
  loop->turn(std::chrono::milliseconds{10});
  EXPECT_EQ(calls, 2);
}

TEST(Loop, WaitsForTheNearestDeadline) {
  SystemClock clock;
  auto loop = *run::Loop::open(clock);
  const auto begin = clock.now().age;
  loop->hook([&](const Now&) { return begin + std::chrono::milliseconds{20}; });
  loop->hook([](const Now&) { return AgeTime::max(); });
  loop->turn(std::chrono::seconds{5});  // the first does not wait
  loop->turn(std::chrono::seconds{5});
  EXPECT_GE(clock.now().age - begin, std::chrono::milliseconds{20});
  EXPECT_LT(clock.now().age - begin, std::chrono::seconds{4});
}

TEST(Loop, ADescriptorThatCannotBeWatchedIsAnError) {
  SystemClock clock;
  auto loop = *run::Loop::open(clock);
  EXPECT_FALSE(loop->watch(-1, [](const Now&) {}));
}

}  // namespace
}  // namespace netweir
