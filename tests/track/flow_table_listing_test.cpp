// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "netweir/flow_table.h"
#include "track/flow_story.h"

namespace netweir::test {
namespace {

using namespace std::chrono_literals;
using What = FlowRecord::What;

struct Case {
  const char* name;
  std::vector<Step> steps;
  FlowSettings settings{.max = 16, .interim = 10s};
};

void tell_all(const std::vector<Case>& cases) {
  for (const auto& c : cases) tell(c.name, c.settings, c.steps);
}

TEST(FlowTableListing, AddsAndCloses) {
  tell_all({
      {"the dump at the start",
       {{"dump"},
        {"listed 1 start=1 packets=3", "NEW 1 dump start=1 packets=3"},
        {"listed 2", "NEW 2 dump"},
        {"counts", "2/0/0 2 0"},
        {"closes"},
        {"counts", "2/0/0 2 0"},
        {"destroyed 1 packets=5", "END 1 kernel start=1 packets=5"}}},
      {"a resync adds what it finds and closes what it does not, without counters",
       {{"created 1 packets=4", "NEW 1 kernel start=1 packets=4"},
        {"created 2", "NEW 2 kernel start=2"},
        {"updated 1 mark=3", "UPDATE 1 kernel start=1 mark=3"},
        {"resync"},
        {"listed 2"},
        {"listed 3", "NEW 3 resync"},
        {"closes", "END 1 resync 3..7 start=1 mark=3"},
        {"counts", "1/1/1 2 0"},
        {"created 1", "NEW 1 kernel start=9"}}},
      {"what a dump closes has the reason resync, of a reconcile reconcile",
       {{"created 1", "NEW 1 kernel start=1"},
        {"dump"},
        {"closes", "END 1 resync 1..3 start=1"},
        {"created 1", "NEW 1 kernel start=4"},
        {"reconcile"},
        {"closes", "END 1 reconcile 4..6 start=4"}}},
      {"without a listing there is nothing to close",
       {{"created 1", "NEW 1 kernel start=1"}, {"closes"}, {"counts", "0/0/0 1 0"}}},
      {"a listing is over when it is closed",
       {{"dump"}, {"closes"}, {"listed 1"}, {"closes"}, {"counts", "0/0/0 0 0"}}},
      {"a listing that fails closes nothing",
       {{"created 1", "NEW 1 kernel start=1"},
        {"resync"},
        {"listed 2", "NEW 2 resync"},
        {"fails"},
        {"closes"},
        {"listed 3"},
        {"counts", "1/0/0 2 0"}}},
      {"one that begins makes the one before void",
       {{"resync"},
        {"listed 1", "NEW 1 resync"},
        {"resync"},
        {"listed 2", "NEW 2 resync"},
        {"closes", "END 1 resync 2..5"},
        {"counts", "1/1/0 1 0"}}},
      {"an entry that is listed twice is one flow",
       {{"dump"},
        {"listed 1 packets=1", "NEW 1 dump packets=1"},
        {"listed 1 packets=1"},
        {"closes"},
        {"reconcile"},
        {"listed 1"},
        {"listed 1"},
        {"closes"},
        {"counts", "0/0/1 1 0"}}},
      {"a dying entry is not announced, and keeps what is known",
       {{"created 1", "NEW 1 kernel start=1"},
        {"resync"},
        {"listed 1 dying"},
        {"listed 2 dying"},
        {"closes"},
        {"counts", "0/0/1 1 0"}}},
      {"another start is another flow",
       {{"dump"},
        {"listed 1 start=1", "NEW 1 dump start=1"},
        {"closes"},
        {"resync"},
        {"listed 1 start=4", "END 1 resync 2..5 start=1, NEW 1 resync start=4"},
        {"destroyed 1 start=1"},
        {"listed 1 start=1"},
        {"closes"},
        {"counts", "1/1/0 1 0"}}},
      {"also where the one before has a tombstone",
       {{"wait 5"},
        {"resync"},
        {"destroyed 1 start=1", "END 1 kernel start=1"},
        {"listed 1 start=1"},
        {"listed 1 start=2", "NEW 1 resync start=2"},
        {"destroyed 1 start=2", "END 1 kernel start=2"},
        {"destroyed 1 start=3", "END 1 kernel start=3"},
        {"closes"},
        {"counts", "1/0/0 0 0"}}},
      {"the start of an event is completed by the kernel's, and is not another flow",
       {{"wait 8"},
        {"created 1", "NEW 1 kernel start=10"},
        {"reconcile"},
        {"listed 1 start=9"},
        {"closes"},
        {"destroyed 1", "END 1 kernel start=9"}}},
  });
}

TEST(FlowTableListing, EventsWin) {
  tell_all({
      {"what ended is not created again by an entry that was read before",
       {{"created 1", "NEW 1 kernel start=1"},
        {"resync"},
        {"destroyed 1", "END 1 kernel start=1"},
        {"listed 1"},
        {"destroyed 1"},
        {"listed 1"},
        {"closes"},
        {"counts", "0/0/0 0 0"}}},
      {"nor what ended and was not known",
       {{"resync"},
        {"destroyed 1", "END 1 kernel"},
        {"listed 1"},
        {"destroyed 1"},
        {"closes"},
        {"destroyed 1", "END 1 kernel"}}},
      {"a tombstone goes with its listing: closed",
       {{"resync"},
        {"destroyed 1", "END 1 kernel"},
        {"closes"},
        {"resync"},
        {"listed 1", "NEW 1 resync"}}},
      {"failed",
       {{"resync"},
        {"destroyed 1", "END 1 kernel"},
        {"fails"},
        {"resync"},
        {"listed 1", "NEW 1 resync"}}},
      {"void",
       {{"resync"}, {"destroyed 1", "END 1 kernel"}, {"resync"}, {"listed 1", "NEW 1 resync"}}},
      {"the key of a tombstone is used again",
       {{"created 1", "NEW 1 kernel start=1"},
        {"resync"},
        {"destroyed 1", "END 1 kernel start=1"},
        {"created 1", "NEW 1 kernel start=4"},
        {"listed 1 start=1 mark=5 packets=9"},
        {"counts", "0/0/1 1 0"},
        {"closes"},
        {"destroyed 1", "END 1 kernel start=4"}}},
      {"and an update says so, too",
       {{"resync"},
        {"destroyed 1", "END 1 kernel"},
        {"updated 1", "NEW 1 kernel"},
        {"closes"},
        {"counts", "0/0/0 1 0"}}},
      {"what an event enters while a listing is open is seen in it",
       {{"resync"}, {"created 1", "NEW 1 kernel start=2"}, {"closes"}, {"counts", "0/0/0 1 0"}}},
      {"and what an event tells of",
       {{"created 1", "NEW 1 kernel start=1"},
        {"resync"},
        {"updated 1", "UPDATE 1 kernel start=1"},
        {"closes"},
        {"counts", "0/0/0 1 0"}}},
      {"but not what an event told of before it was begun",
       {{"created 1", "NEW 1 kernel start=1"}, {"dump"}, {"closes", "END 1 resync 1..3 start=1"}}},
      {"the mark of an event is younger than that of an entry",
       {{"created 1", "NEW 1 kernel start=1"},
        {"resync"},
        {"updated 1 mark=2", "UPDATE 1 kernel start=1 mark=2"},
        {"listed 1 mark=1"},
        {"closes"},
        {"resync"},
        {"listed 1 mark=3"},
        {"updated 1", "UPDATE 1 kernel start=1 mark=3"}}},
      {"the creation was only late",
       {{"dump"},
        {"listed 1 mark=1", "NEW 1 dump mark=1"},
        {"created 1 mark=5"},
        {"closes"},
        {"updated 1", "UPDATE 1 kernel start=3 mark=1"},
        {"created 1", "END 1 resync 5..6 start=3 mark=1, NEW 1 kernel start=6"}}},
      {"also after the listing's end",
       {{"dump"},
        {"listed 1 start=1", "NEW 1 dump start=1"},
        {"closes"},
        {"created 1"},
        {"updated 1", "UPDATE 1 kernel start=1"}}},
      {"but not after the end of the next listing",
       {{"dump"},
        {"listed 1", "NEW 1 dump"},
        {"closes"},
        {"reconcile"},
        {"listed 1"},
        {"closes"},
        {"created 1", "END 1 resync 5..7, NEW 1 kernel start=7"}}},
      {"of a listing that failed nothing follows",
       {{"dump"},
        {"listed 1", "NEW 1 dump"},
        {"closes"},
        {"reconcile"},
        {"listed 1"},
        {"fails"},
        {"created 1"}}},
  });
}

TEST(FlowTableListing, Filters) {
  tell_all({
      {"a listed flow that the filter does not match",
       {{"created 1", "NEW 1 kernel start=1"},
        {"resync"},
        {"listed 1 mark=2 packets=3 left", "END 1 filter 1..3 start=1 mark=2"},
        {"listed 2 left"},
        {"closes"},
        {"counts", "0/0/0 0 0"}}},
      {"an event of the listing's time knows better",
       {{"created 1", "NEW 1 kernel start=1"},
        {"resync"},
        {"updated 1 mark=1", "UPDATE 1 kernel start=1 mark=1"},
        {"listed 1 mark=2 left"},
        {"closes"},
        {"counts", "0/0/0 1 0"}}},
      {"what left is not brought back by an entry that was read before",
       {{"created 1", "NEW 1 kernel start=1"},
        {"resync"},
        {"updated 1 left", "END 1 filter 1..3 start=1"},
        {"listed 1"},
        {"closes"},
        {"counts", "0/0/0 0 0"}}},
      {"the ends of what the filter never matched take no room",
       {{"resync"},
        {"destroyed 1 left"},
        {"created 2", "NEW 2 kernel start=3"},
        {"counts", "0/0/0 1 0"}},
       {.max = 1}},
  });
}

TEST(FlowTableListing, Interim) {
  tell_all({
      {"counters that changed are told, at most once in the interim",
       {{"dump"},
        {"listed 1 packets=1", "NEW 1 dump packets=1"},
        {"closes"},
        {"reconcile"},
        {"listed 1 packets=2", "UPDATE 1 reconcile packets=2"},
        {"closes"},
        {"reconcile"},
        {"listed 1 packets=3"},
        {"closes"},
        {"wait 3"},  // the next listing begins 10 s after the one that told
        {"reconcile"},
        {"listed 1 packets=3", "UPDATE 1 reconcile packets=3"},
        {"closes"},
        {"wait 100"},
        {"resync"},
        {"listed 1 packets=3"},
        {"closes"},
        {"wait 100"},
        {"resync"},
        {"listed 1 packets=4", "UPDATE 1 resync packets=4"},
        {"wait 100"},
        {"dump"},
        {"listed 1 packets=5", "UPDATE 1 reconcile packets=5"}}},
      {"one nanosecond short",
       {{"created 1", "NEW 1 kernel start=1"},
        {"reconcile"},
        {"listed 1 packets=1", "UPDATE 1 reconcile start=1 packets=1"},
        {"wait 7"},
        {"reconcile"},
        {"listed 1 packets=2"}},
       {.max = 16, .interim = 10s + 1ns}},
      {"never",
       {{"created 1", "NEW 1 kernel start=1"}, {"reconcile"}, {"listed 1 packets=1"}},
       {.max = 16, .interim = std::nullopt}},
      {"always",
       {{"created 1", "NEW 1 kernel start=1"},
        {"reconcile"},
        {"listed 1 packets=1", "UPDATE 1 reconcile start=1 packets=1"},
        {"listed 1 packets=2", "UPDATE 1 reconcile start=1 packets=2"},
        {"listed 1 packets=2"}},
       {.max = 16, .interim = 0s}},
      {"an event is younger in all but the counters",
       {{"created 1", "NEW 1 kernel start=1"},
        {"reconcile"},
        {"updated 1 mark=2", "UPDATE 1 kernel start=1 mark=2"},
        {"listed 1 mark=1 packets=1", "UPDATE 1 reconcile start=1 mark=2 packets=1"}}},
      {"the counters of an end are the event's alone",
       {{"created 1", "NEW 1 kernel start=1"},
        {"reconcile"},
        {"listed 1 packets=1", "UPDATE 1 reconcile start=1 packets=1"},
        {"closes"},
        {"destroyed 1", "END 1 kernel start=1"}}},
  });
}

TEST(FlowTableListing, EventsBetweenTwoCallsOfClose) {
  tell_all({
      {"freed and used again before and behind the walk",
       {{"created 1", "NEW 1 kernel start=1"},
        {"created 2", "NEW 2 kernel start=2"},
        {"created 3", "NEW 3 kernel start=3"},
        {"created 4", "NEW 4 kernel start=4"},
        {"resync"},
        {"closes one", "END 1 resync 1..6 start=1"},
        {"created 5", "NEW 5 kernel start=7"},
        {"destroyed 3", "END 3 kernel start=3"},
        {"listed 3"},
        {"closes one", "END 2 resync 2..10 start=2"},
        {"updated 4", "UPDATE 4 kernel start=4"},
        {"created 6", "NEW 6 kernel start=12"},
        {"destroyed 3"},
        {"closes"},
        {"counts", "0/2/0 3 0"},
        {"destroyed 3", "END 3 kernel"}}},
      {"a listing begins while another is closed",
       {{"created 1", "NEW 1 kernel start=1"},
        {"created 2", "NEW 2 kernel start=2"},
        {"resync"},
        {"closes one", "END 1 resync 1..4 start=1"},
        {"resync"},
        {"listed 2"},
        {"closes"},
        {"counts", "0/0/1 1 0"}}},
      {"or it fails",
       {{"created 1", "NEW 1 kernel start=1"},
        {"created 2", "NEW 2 kernel start=2"},
        {"resync"},
        {"closes one", "END 1 resync 1..4 start=1"},
        {"fails"},
        {"closes"},
        {"counts", "0/1/0 1 0"}}},
  });
}

// However often the number of listings goes round, no old flow is taken for one that was listed.
TEST(FlowTableListing, NumbersGoRound) {
  for (const unsigned between : {65533U, 65534U, 65535U, 65536U, 131070U}) {
    FlowTable table{{.max = 4}};
    FlowChanges changes;
    table.begin_listing(FlowReason::dump, age(0s));
    table.record(flow(What::listed, 1), changes);
    table.record(flow(What::listed, 2), changes);
    table.abandon_listing();
    for (unsigned n = 0; n < between; ++n) table.begin_listing(FlowReason::resync, age(1s));
    table.begin_listing(FlowReason::resync, age(1s));
    table.record(flow(What::listed, 2), changes);
    FlowChange change;
    ASSERT_TRUE(table.close(wall(1s), change)) << between;
    EXPECT_EQ(change.flow.id, 1U);
    EXPECT_FALSE(table.close(wall(1s), change));
    EXPECT_EQ(table.size(), 1U);
  }
}

}  // namespace
}  // namespace netweir::test
