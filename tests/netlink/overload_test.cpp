// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/overload.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <vector>

namespace netweir::netlink {
namespace {

using Change = Overload::Change;
using std::chrono::milliseconds, std::chrono::seconds;

/// Looks four times a second. `keeps_up`: what rate the reader can take, of 1.
struct Rig {
  explicit Rig(bool sheds) : load(sheds) {}
  void run(seconds time, double offered) {
    for (const auto end = now + time; now < end; now += milliseconds{250}) {
      const bool lost = offered / load.one_in() > 1;
      lossy += lost ? 1 : 0;
      const auto change = load.look(now, lost);
      if (change != Change::none) changes.push_back({change, load.one_in()});
    }
  }
  struct Seen {
    Change change;
    std::uint32_t one_in;
    bool operator==(const Seen&) const = default;
  };
  Overload load;
  AgeTime now{seconds{1000}};
  std::vector<Seen> changes;
  int lossy = 0;
};

TEST(Overload, OnlyCounts) {
  Rig r(false);
  r.run(seconds{100}, 0.5);
  EXPECT_TRUE(r.changes.empty());
  r.run(seconds{100}, 5);
  ASSERT_EQ(r.changes, (std::vector<Rig::Seen>{{Change::begins, 1}}));
  r.run(seconds{59}, 0.5);
  EXPECT_TRUE(r.load.on());
  r.run(seconds{2}, 0.5);
  ASSERT_EQ(r.changes, (std::vector<Rig::Seen>{{Change::begins, 1}, {Change::ends, 1}}));
  EXPECT_FALSE(r.load.on());
}

TEST(Overload, KeepsOneInAsManyAsItTakesAndThenAllAgain) {
  Rig r(true);
  r.run(seconds{8}, 10);
  EXPECT_EQ(r.load.one_in(), 16U);
  EXPECT_EQ(r.changes,
            (std::vector<Rig::Seen>{
                {Change::begins, 2}, {Change::rate, 4}, {Change::rate, 8}, {Change::rate, 16}}));
  r.changes.clear();
  r.run(seconds{60}, 0.1);
  EXPECT_EQ(r.load.one_in(), 1U);
  EXPECT_TRUE(r.load.on());
  r.run(seconds{60}, 0.1);
  EXPECT_FALSE(r.load.on());
  EXPECT_EQ(r.changes.back(), (Rig::Seen{Change::ends, 1}));
}

// Halving it to see whether all fits again costs loss each time: less and less often.
TEST(Overload, TriesLessAndLessOften) {
  Rig r(true);
  r.run(seconds{60}, 3);
  const auto first = r.lossy;
  r.run(seconds{3600}, 3);
  EXPECT_TRUE(r.load.on());
  EXPECT_LE(r.lossy - first, 25) << "looks with loss in an hour";
  EXPECT_GE(r.lossy - first, 8);
}

TEST(Overload, HasAnEnd) {
  Rig r(true);
  r.run(seconds{120}, 1e9);
  EXPECT_EQ(r.load.one_in(), 1024U);
  EXPECT_EQ(r.changes.size(), 10U);
}

TEST(Overload, CannotShedAfterAll) {
  Rig r(true);
  (void)r.load.look(r.now, true);
  r.load.never_shed();
  r.run(seconds{10}, 5);
  EXPECT_TRUE(r.load.on());
  EXPECT_EQ(r.load.one_in(), 1U);
  EXPECT_TRUE(r.changes.empty());
}

}  // namespace
}  // namespace netweir::netlink
