// SPDX-License-Identifier: GPL-2.0-or-later
#include "nflog/losses.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace netweir::nflog {
namespace {

constexpr WallTime at(int second) { return WallTime{std::chrono::seconds{second}}; }

/// A source's account, fed by hand.
struct Account {
  explicit Account(std::size_t bound = 1, Losses::Start start = Losses::Start::live)
      : losses(0, start, bound, [this] { return counter; }) {}

  std::uint32_t counter = 0;
  std::uint64_t sum = 0;
  bool exact = true;
  std::vector<std::string> causes;
  Losses losses;
  std::array<Losses::Group, 4> groups{};
  int clock = 0;

  void note(const std::optional<Loss>& loss) {
    if (!loss) return;
    sum += loss->count;
    exact = loss->exact;
    causes.emplace_back(loss->cause);
    EXPECT_LE(loss->from, loss->to);
    EXPECT_TRUE(loss->count > 0 || loss->exact || loss->cause == cause_receive_buffer);
  }
  void packet(std::uint32_t seq, std::size_t group = 0) {
    auto& g = groups.at(group);
    if (losses.concerns(g, seq))
      note(losses.packet(g, seq, at(++clock)));
    else
      g.last = seq;
  }
  bool drained() {
    const auto d = losses.drained(at(++clock));
    note(d.loss);
    return d.again;
  }
};

TEST(Losses, ASteadyStreamIsNoConcern) {
  Account a;
  for (std::uint32_t i = 0; i < 1000; ++i) a.packet(i);
  EXPECT_FALSE(a.drained());
  EXPECT_EQ(a.sum, 0U);
  EXPECT_TRUE(a.causes.empty());
  EXPECT_FALSE(a.losses.concerns(a.groups[0], 1000));
}

TEST(Losses, AFirstNumberOfNMeansNLostOnlyLive) {
  Account live;
  live.packet(5);
  EXPECT_EQ(live.sum, 5U);
  EXPECT_TRUE(live.exact);
  Account recording(0, Losses::Start::recording);
  recording.packet(5);
  recording.packet(8);
  EXPECT_EQ(recording.sum, 2U);
  EXPECT_EQ(recording.causes, std::vector<std::string>{"sequence_gap"});
}

TEST(Losses, NumbersWrap) {
  Account a(0, Losses::Start::recording);
  a.packet(0xfffffffe);
  a.packet(0xffffffff);
  a.packet(0);
  a.packet(2);
  EXPECT_EQ(a.sum, 1U);
}

TEST(Losses, RepeatedAndLateNumbersAreNoLoss) {
  Account a(0, Losses::Start::recording);
  for (const std::uint32_t seq : {100U, 100U, 99U, 101U, 50U, 102U}) a.packet(seq);
  EXPECT_EQ(a.sum, 0U);
}

TEST(Losses, ANewLifeInARecordingIsNoLoss) {
  Account a(0, Losses::Start::recording);
  for (const std::uint32_t seq : {100'000U, 0U, 1U, 2U, 100'000U, 5U, 6U, 8U}) a.packet(seq);
  EXPECT_EQ(a.sum, 99'997U + 1U);
}

TEST(Losses, ATailIsAtLeastThenExact) {
  Account a;
  a.packet(0);
  a.counter = 3;  // three datagrams dropped, nothing shows it yet
  EXPECT_TRUE(a.drained());
  EXPECT_EQ(a.sum, 3U);
  EXPECT_FALSE(a.exact);
  EXPECT_FALSE(a.drained());  // armed: what comes now was queued after the drops
  EXPECT_EQ(a.causes.size(), 1U);
  a.packet(31);
  EXPECT_EQ(a.sum, 30U);
  EXPECT_TRUE(a.exact);
  EXPECT_EQ(a.causes, (std::vector<std::string>{"receive_buffer", "receive_buffer"}));
}

TEST(Losses, APacketQueuedBeforeTheDropProvesNothing) {
  Account a;
  a.packet(0);
  a.counter = 1;
  EXPECT_TRUE(a.drained());
  a.packet(1);  // was in the queue when the drop happened
  EXPECT_FALSE(a.exact);
  EXPECT_EQ(a.sum, 1U);
  EXPECT_FALSE(a.drained());
  a.packet(7);
  EXPECT_EQ(a.sum, 5U);
  EXPECT_TRUE(a.exact);
}

TEST(Losses, AGapReadsTheCounterAndNamesTheCause) {
  Account a;
  a.packet(0);
  a.packet(4);
  EXPECT_EQ(a.causes.back(), "sequence_gap");
  EXPECT_TRUE(a.exact);
  a.counter = 2;
  a.packet(10);
  EXPECT_EQ(a.causes.back(), "receive_buffer");
  EXPECT_EQ(a.sum, 8U);
  EXPECT_FALSE(a.exact) << "one of the drops may have come after this packet";
  EXPECT_FALSE(a.drained());
  a.packet(11);
  EXPECT_EQ(a.sum, 8U);
  EXPECT_TRUE(a.exact);
}

TEST(Losses, ADropThatHeldOnePacketIsSettledWithoutACount) {
  Account a;
  a.packet(0);
  a.counter = 1;
  a.drained();
  a.drained();
  a.packet(2);
  EXPECT_EQ(a.sum, 1U);
  EXPECT_TRUE(a.exact);
}

TEST(Losses, WithSeveralGroupsAllMustBeHeard) {
  Account a(2);
  a.packet(0, 0);
  a.packet(0, 1);
  a.counter = 5;
  a.drained();
  a.drained();
  a.packet(4, 0);
  EXPECT_FALSE(a.exact);
  a.packet(5, 0);
  EXPECT_FALSE(a.exact);
  a.packet(11, 1);
  EXPECT_TRUE(a.exact);
  EXPECT_EQ(a.sum, 3U + 10U);
}

TEST(Losses, ADropThatWasNotTheKernelsIsTakenBackByTheNextGap) {
  Account a;
  a.packet(0);
  a.counter = 1;  // another process's message
  a.drained();
  a.drained();
  a.packet(1);
  EXPECT_EQ(a.sum, 1U);
  EXPECT_FALSE(a.exact) << "one too many, and not said to be exact";
  a.packet(7);
  EXPECT_EQ(a.sum, 5U);
  a.drained();
  a.packet(8);
  EXPECT_TRUE(a.exact);
}

TEST(Losses, ACounterThatWrapsOrCannotBeReadIsNoLoss) {
  Account a;
  a.counter = 5;
  a.drained();
  a.counter = 0;  // reads as 0 where it cannot be read
  EXPECT_FALSE(a.drained());
  EXPECT_EQ(a.sum, 5U);
  Account w;
  w.counter = 0x7fffffff;
  w.drained();
  w.counter = 0xfffffffe;
  w.drained();
  w.counter = 3;
  w.drained();
  EXPECT_EQ(w.sum, 0xfffffffeULL + 5U);
}

TEST(Losses, ARejectedMessageIsNotLostToo) {
  Account a;
  a.packet(0);
  a.groups[0].rejected = 1;
  a.packet(2);
  EXPECT_EQ(a.sum, 0U);
  a.packet(4);
  EXPECT_EQ(a.sum, 1U);
}

/// A socket as the kernel has it: batches of numbered packets, a bounded queue, a drop counter.
/// The reader's calls and the kernel's deliveries are interleaved at random.
class Model : public testing::TestWithParam<unsigned> {};

TEST_P(Model, TheSumIsExactOnceEveryGroupHasHadOneMorePacket) {
  std::mt19937 random(GetParam());
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  const std::size_t groups = 1 + below(3);
  Account a(groups);
  struct Datagram {
    std::size_t group;
    std::uint32_t first, count;
  };
  std::deque<Datagram> queue;
  std::array<std::uint32_t, 4> next{};
  std::uint64_t lost = 0;
  const std::size_t room = 1 + below(4);
  const auto deliver = [&](std::size_t group) {
    const Datagram d{group, next.at(group), 1 + below(5)};
    next.at(group) += d.count;
    if (queue.size() < room) {
      queue.push_back(d);
    } else {
      ++a.counter;
      lost += d.count;
    }
  };
  const auto read = [&] {  // false: the queue was empty
    if (queue.empty()) return false;
    const auto d = queue.front();
    queue.pop_front();
    for (std::uint32_t i = 0; i < d.count; ++i) a.packet(d.first + i, d.group);
    return true;
  };
  for (int step = 0; step < 2000; ++step) {
    const auto what = below(10);
    if (what < 6) {
      deliver(below(static_cast<std::uint32_t>(groups)));
    } else if (what == 9) {
      a.note(a.losses.check(at(++a.clock)).loss);
    } else if (!read()) {
      if (below(2) != 0) deliver(below(static_cast<std::uint32_t>(groups)));  // meanwhile
      a.drained();
    }
    EXPECT_LE(a.sum, lost) << "never more than there is";
    if (a.exact && queue.empty()) {
      const auto before = a.sum;
      a.drained();
      if (a.exact) {
        EXPECT_EQ(before, lost) << step;
      }
    }
  }
  for (int i = 0; i < 3; ++i) {
    while (read()) {
    }
    a.drained();
    a.drained();
    for (std::size_t g = 0; g < groups; ++g) {
      deliver(g);
      while (read()) {
      }
    }
  }
  EXPECT_EQ(a.sum, lost);
  EXPECT_TRUE(a.exact);
}
INSTANTIATE_TEST_SUITE_P(Random, Model, testing::Range(0U, 200U));

}  // namespace
}  // namespace netweir::nflog
