// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/flow_table.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "track/flow_story.h"

namespace netweir::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using What = FlowRecord::What;

struct Case {
  const char* name;
  FlowSettings settings;
  std::vector<Step> steps;
};

constexpr FlowSettings small{.max = 16};

TEST(FlowTable, Events) {
  const std::vector<Case> cases{
      {"a life",
       small,
       {{"created 1", "NEW 1 kernel start=1"},
        {"updated 1 mark=7", "UPDATE 1 kernel start=1 mark=7"},
        {"destroyed 1 packets=5", "END 1 kernel start=1 mark=7 packets=5"},
        {"counts", "0/0/0 0 0"}}},
      {"the start that the kernel says is the start",
       small,
       {{"wait 10"},
        {"created 1 start=3", "NEW 1 kernel start=3"},
        {"updated 1", "UPDATE 1 kernel start=3"},
        {"destroyed 1", "END 1 kernel start=3"}}},
      {"the end says the start better than the event told it",
       small,
       {{"wait 10"},
        {"created 1", "NEW 1 kernel start=12"},
        {"destroyed 1 start=11", "END 1 kernel start=11"}}},
      {"the creation was lost: an update announces it, and does not know the start",
       small,
       {{"updated 1 mark=1", "NEW 1 kernel mark=1"},
        {"updated 1", "UPDATE 1 kernel mark=1"},
        {"destroyed 1 start=1", "END 1 kernel start=1 mark=1"}}},
      {"an update came before the creation",
       small,
       {{"updated 1 mark=1", "NEW 1 kernel mark=1"},
        {"created 1 mark=9"},
        {"updated 1", "UPDATE 1 kernel start=2 mark=1"},
        {"created 1", "END 1 resync 3..4 start=2 mark=1, NEW 1 kernel start=4"},
        {"counts", "0/0/0 1 0"}}},
      {"the id is used again and the end was lost",
       small,
       {{"created 1 mark=1", "NEW 1 kernel start=1 mark=1"},
        {"wait 5"},
        {"created 1", "END 1 resync 1..8 start=1 mark=1, NEW 1 kernel start=8"},
        {"destroyed 1", "END 1 kernel start=8"}}},
      {"another start is another flow",
       small,
       {{"wait 100"},
        {"created 1 start=5", "NEW 1 kernel start=5"},
        {"destroyed 1 start=6", "END 1 resync 102..103 start=5, END 1 kernel start=6"},
        {"updated 1 start=7", "NEW 1 kernel start=7"},
        {"created 1 start=8", "END 1 resync 104..105 start=7, NEW 1 kernel start=8"},
        {"updated 1 start=9", "END 1 resync 105..106 start=8, NEW 1 kernel start=9"},
        {"updated 1 start=8"},
        {"destroyed 1 start=8"},
        {"counts", "0/0/0 1 0"}}},
      {"an unknown end",
       small,
       {{"destroyed 1 packets=2", "END 1 kernel packets=2"},
        {"destroyed 1", "END 1 kernel"},
        {"counts", "0/0/0 0 0"}}},
      {"a created flow is forgotten with its end",
       small,
       {{"created 1", "NEW 1 kernel start=1"},
        {"destroyed 1", "END 1 kernel start=1"},
        {"created 1", "NEW 1 kernel start=3"}}},
      {"old counters are in no event, and no event takes them for its own",
       small,
       {{"created 1 packets=1", "NEW 1 kernel start=1 packets=1"},
        {"updated 1", "UPDATE 1 kernel start=1"},
        {"destroyed 1", "END 1 kernel start=1"}}},
      {"a listed record without a listing",
       small,
       {{"listed 1"},
        {"created 2", "NEW 2 kernel start=2"},
        {"listed 2 mark=5"},
        {"destroyed 2", "END 2 kernel start=2"},
        {"closes"}}},
      {"it leaves the filter, and comes again",
       small,
       {{"created 1 mark=1", "NEW 1 kernel start=1 mark=1"},
        {"updated 1 mark=2 left", "END 1 filter 1..2 start=1 mark=2"},
        {"updated 1 mark=3 left"},
        {"updated 1 mark=1", "NEW 1 kernel mark=1"},
        {"destroyed 1 mark=2 left", "END 1 kernel mark=2"},
        {"created 2 left"},
        {"destroyed 2 left"},
        {"counts", "0/0/0 0 0"}}},
      {"time goes back: the interval does not",
       small,
       {{"wait 10"},
        {"created 1", "NEW 1 kernel start=12"},
        {"wait -9"},
        {"created 1", "END 1 resync 5..5 start=12, NEW 1 kernel start=5"}}},
  };
  for (const auto& c : cases) tell(c.name, c.settings, c.steps);
}

TEST(FlowTable, WithoutRoom) {
  const FlowSettings one{.max = 1};
  const FlowSettings two{.max = 2};
  const std::vector<Case> cases{
      {"events of what finds no room are passed on, but for its updates",
       one,
       {{"created 1", "NEW 1 kernel start=1"},
        {"created 2", "NEW 2 kernel start=2"},
        {"updated 2"},
        {"counts", "0/0/0 1 1"},
        {"created 1", "END 1 resync 1..5 start=1, NEW 1 kernel start=5"},
        {"destroyed 2 packets=3", "END 2 kernel packets=3"},
        {"destroyed 1", "END 1 kernel start=5"},
        {"updated 2", "NEW 2 kernel"},
        {"counts", "0/0/0 1 1"}}},
      {"a listing does not announce what finds no room",
       one,
       {{"dump"},
        {"listed 1", "NEW 1 dump"},
        {"listed 2"},
        {"listed 3"},
        {"closes"},
        {"counts", "1/0/0 1 2"},
        {"reconcile"},
        {"listed 2"},
        {"listed 1"},
        {"closes"},
        {"counts", "0/0/1 1 3"}}},
      {"tombstones need room like flows, and give it back",
       two,
       {{"resync"},
        {"destroyed 1", "END 1 kernel"},
        {"destroyed 2", "END 2 kernel"},
        {"destroyed 3", "END 3 kernel"},
        {"counts", "0/0/0 0 0"},
        {"created 4", "NEW 4 kernel start=6"},
        {"counts", "0/0/0 0 1"},
        {"created 1", "NEW 1 kernel start=8"},
        {"counts", "0/0/0 1 1"},
        {"closes"},
        {"created 5", "NEW 5 kernel start=11"},
        {"counts", "0/0/0 2 1"}}},
      {"a table has room for one at least",
       {.max = 0},
       {{"created 1", "NEW 1 kernel start=1"}, {"counts", "0/0/0 1 0"}}},
  };
  for (const auto& c : cases) tell(c.name, c.settings, c.steps);
}

// What is not asked for is not told, and the table is the same.
TEST(FlowTable, ActionsThatAreNotAskedFor) {
  const std::vector<Case> cases{
      {"no created",
       {.max = 16, .created = false},
       {{"created 1"},
        {"created 1", "END 1 resync 1..2 start=1"},
        {"dump"},
        {"listed 2"},
        {"counts", "1/0/0 2 0"},
        {"closes", "END 1 resync 2..6 start=2"},
        {"destroyed 2", "END 2 kernel"}}},
      {"no updated",
       {.max = 16, .updated = false},
       {{"created 1", "NEW 1 kernel start=1"},
        {"updated 1 mark=3"},
        {"reconcile"},
        {"listed 1 packets=4"},
        {"closes"},
        {"destroyed 1", "END 1 kernel start=1 mark=3"}}},
      {"no ended",
       {.max = 16, .ended = false},
       {{"created 1", "NEW 1 kernel start=1"},
        {"created 1", "NEW 1 kernel start=2"},
        {"created 2", "NEW 2 kernel start=3"},
        {"created 3", "NEW 3 kernel start=4"},
        {"destroyed 3"},
        {"updated 2 left"},
        {"created 4", "NEW 4 kernel start=7"},
        {"reconcile"},
        {"closes"},
        {"counts", "0/2/0 0 0"}}},
  };
  for (const auto& c : cases) tell(c.name, c.settings, c.steps);
}

// Of what only a record says, and of what the table adds.
TEST(FlowTable, TheRecordWinsAndTheTableFills) {
  FlowTable table{{.max = 4}};
  FlowChanges changes;
  auto first = flow(What::created, 1, wall(10s));
  first.reply.dst = Ip::v4(203, 0, 113, 7);
  first.zone = 3;
  first.reply_zone = 4;
  first.has |= FlowRecord::has_labels | FlowRecord::has_state | FlowRecord::has_timeout |
               FlowRecord::has_master | FlowRecord::has_mark;
  first.labels = {1, 2, 3};
  first.state = 2;
  first.timeout = 30;
  first.mark = 5;
  {
    std::string octets = "ftp";  // dies with the record
    first.helper = octets;
    first.secctx = "context";
    table.record(first, changes);
    ASSERT_EQ(changes.count, 1);
    EXPECT_EQ(changes.items[0].flow.secctx, "context");
    octets = "xxx";
  }
  auto last = flow(What::destroyed, 1, wall(20s));
  last.zone = 3;
  last.reply = {};
  last.source = 9;
  last.has |= FlowRecord::has_stop | FlowRecord::has_counters | FlowRecord::has_state;
  last.stop = wall(19s);
  last.state = 7;
  last.to_client = {2, 300};
  table.record(last, changes);
  ASSERT_EQ(changes.count, 1);
  const auto& f = changes.items[0].flow;
  EXPECT_EQ(f.what, What::destroyed);
  EXPECT_EQ(f.source, 9);
  EXPECT_EQ(f.at, wall(20s));
  EXPECT_EQ(f.stop, wall(19s));
  EXPECT_EQ(f.state, 7);
  EXPECT_EQ(f.to_client, (FlowCounters{2, 300}));
  EXPECT_EQ(f.start, wall(10s));
  EXPECT_EQ(f.labels, first.labels);
  EXPECT_EQ(f.helper, "ftp");
  EXPECT_EQ(f.secctx, "");
  EXPECT_EQ(f.mark, 5U);
  EXPECT_EQ(f.reply, first.reply);
  EXPECT_EQ(f.reply_zone, 4);
  EXPECT_EQ(f.has, FlowRecord::has_status | FlowRecord::has_stop | FlowRecord::has_counters |
                       FlowRecord::has_state | FlowRecord::has_start | FlowRecord::has_labels |
                       FlowRecord::has_mark);
}

// All that is in a key, and that it comes back out of the table as it went in.
TEST(FlowTable, KeysApart) {
  FlowTuple icmp6;
  icmp6.src = {{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}, IpVersion::v6};
  icmp6.dst = {{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, IpVersion::v6};
  icmp6.protocol = 58;
  icmp6.has_icmp = true;
  icmp6.icmp_type = 128;
  icmp6.icmp_code = 1;
  icmp6.icmp_id = 0xfffe;
  std::vector<FlowRecord> records;
  const auto add = [&](auto change) {
    auto r = flow(What::created, 1);
    change(r);
    records.push_back(r);
  };
  add([](FlowRecord&) {});
  add([](FlowRecord& r) { r.zone = 1; });
  add([](FlowRecord& r) { r.zone = 0xffff; });
  add([](FlowRecord& r) { r.id = 0xffffffff; });
  add([](FlowRecord& r) { r.orig.src.octets[15] = 1; });
  add([](FlowRecord& r) { r.orig.dst.octets[0] = 1; });
  add([](FlowRecord& r) { r.orig.src.version = IpVersion::v6; });
  add([](FlowRecord& r) { r.orig.dst.version = IpVersion::v6; });
  add([](FlowRecord& r) { r.orig.src.version = IpVersion::none; });
  add([](FlowRecord& r) { std::swap(r.orig.src_port, r.orig.dst_port); });
  add([](FlowRecord& r) { r.orig.protocol = 255; });
  add([](FlowRecord& r) { r.orig.has_ports = false; });
  add([](FlowRecord& r) { r.orig.has_icmp = true; });
  add([&](FlowRecord& r) { r.orig = icmp6; });
  add([&](FlowRecord& r) {
    r.orig = icmp6;
    r.orig.icmp_type = 129;
  });
  add([&](FlowRecord& r) {
    r.orig = icmp6;
    r.orig.icmp_code = 0;
  });
  add([&](FlowRecord& r) {
    r.orig = icmp6;
    r.orig.icmp_id = 1;
  });
  FlowTable table{{.max = 64, .hash_seed = 3}};
  FlowChanges changes;
  for (auto& r : records) {
    r.reply = inverse(r.orig);
    r.reply_zone = r.zone;
    table.record(r, changes);
    EXPECT_EQ(text(changes), "NEW " + std::to_string(r.id) + " kernel start=0");
  }
  EXPECT_EQ(table.size(), records.size());
  table.begin_listing(FlowReason::reconcile, age(1s));
  FlowChange change;
  for (const auto& r : records) {  // in the order of the slab
    ASSERT_TRUE(table.close(wall(1s), change));
    EXPECT_EQ(change.flow.orig, r.orig);
    EXPECT_EQ(change.flow.reply, r.reply);
    EXPECT_EQ(change.flow.zone, r.zone);
    EXPECT_EQ(change.flow.reply_zone, r.reply_zone);
    EXPECT_EQ(change.flow.id, r.id);
    EXPECT_EQ(change.flow.what, What::destroyed);
    EXPECT_EQ(change.flow.at, wall(1s));
  }
  EXPECT_FALSE(table.close(wall(1s), change));
}

TEST(FlowTable, HelpersBeyondTheRoomForNames) {
  FlowTable table{{.max = 600}};
  FlowChanges changes;
  const auto name = [](unsigned n) { return "helper" + std::to_string(n); };
  for (unsigned n = 0; n < 300; ++n) {
    auto r = flow(What::created, n);
    const auto helper = n == 7 ? std::string(32, 'x') : n == 8 ? std::string(31, 'y') : name(n);
    r.helper = helper;
    table.record(r, changes);
    EXPECT_EQ(changes.items[0].flow.helper, helper);  // the record has it
  }
  for (unsigned n = 0; n < 300; ++n) {
    table.record(flow(What::destroyed, n), changes);
    const auto kept = n == 7 ? "" : n == 8 ? std::string(31, 'y') : n < 256 ? name(n) : "";
    EXPECT_EQ(changes.items[0].flow.helper, kept) << n;
  }
}

TEST(FlowTable, TimesAtTheirEnds) {
  constexpr auto least = nanoseconds::min(), most = nanoseconds::max();
  for (const auto interim : {least, -1ns, 0ns, 1ns, most}) {
    FlowTable table{{.max = 4, .interim = interim}};
    FlowChanges changes;
    FlowChange change;
    std::uint64_t packets = 0;
    for (const auto at : {most, least, 0ns}) {
      table.record(flow(What::created, 1, wall(at)), changes);
      for (const auto now : {least, 0ns, most}) {
        table.begin_listing(FlowReason::reconcile, age(now));
        auto r = flow(What::listed, 1, wall(least));
        r.has |= FlowRecord::has_counters;
        r.to_server.packets = ++packets;
        table.record(r, changes);
        EXPECT_FALSE(table.close(wall(at), change));
      }
      table.begin_listing(FlowReason::reconcile, age(most));
      ASSERT_TRUE(table.close(wall(at), change));
      EXPECT_LE(change.end_from, change.end_to);
      EXPECT_FALSE(table.close(wall(at), change));
    }
  }
}

TEST(FlowTable, MovesWithItsRows) {
  FlowTable a{{.max = 4}};
  FlowChanges changes;
  a.record(flow(What::created, 1), changes);
  FlowTable b = std::move(a);
  FlowTable c{{.max = 1}};
  c = std::move(b);
  c.record(flow(What::updated, 1), changes);
  EXPECT_EQ(text(changes), "UPDATE 1 kernel start=0");
}

}  // namespace
}  // namespace netweir::test
