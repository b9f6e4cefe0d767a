// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/source.h"

#include <gtest/gtest.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conntrack/recorded.h"
#include "kit/contract.h"
#include "kit/fake_kernel.h"
#include "kit/needs.h"

namespace netweir::conntrack {
extern const SourceKind kind;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Collect;
using test::FakeKernel;
using Octets = std::vector<std::uint8_t>;
using Phase = FlowListing::Phase;

Values values() {
  Values v;
  v.set("events", std::vector<std::string>{"new", "update", "destroy"});
  v.set("reconcile", std::chrono::nanoseconds{std::chrono::minutes{5}});
  v.set("resync_min", std::chrono::nanoseconds{seconds{10}});
  v.set("receive_buffer", std::int64_t{8} << 20);
  v.set("receive_buffer_max", std::int64_t{32} << 20);
  return v;
}

/// A message of the kernel, as a datagram.
Octets datagram(const RecordedMessage& m) {
  nlmsghdr head{};
  head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + m.payload.size());
  head.nlmsg_type = m.type;
  head.nlmsg_flags = m.flags;
  Octets out((head.nlmsg_len + 3U) & ~3U);
  std::memcpy(out.data(), &head, sizeof head);
  std::memcpy(out.data() + sizeof head, m.payload.data(), m.payload.size());
  return out;
}

/// The end of a dump, with an errno or 0 (linux/netlink.h: NLMSG_DONE carries it).
Octets done(int code = 0) {
  nlmsghdr head{};
  const std::int32_t error = -code;
  head.nlmsg_len = sizeof head + sizeof error;
  head.nlmsg_type = NLMSG_DONE;
  head.nlmsg_flags = NLM_F_MULTI;
  Octets out(sizeof head + sizeof error);
  std::memcpy(out.data(), &head, sizeof head);
  std::memcpy(out.data() + sizeof head, &error, sizeof error);
  return out;
}

/// A source whose kernel answers each request for a listing with `answers`.
struct Fake {
  FakeKernel kernel;
  test::FakePrivileged privileged{kernel};
  test::FixedLinks links;
  std::vector<Octets> answers{done()};
  std::uint32_t listener = 0;  ///< port of the socket of the latest listing
  std::unique_ptr<Source> source;
  AgeTime now{seconds{1000}};

  explicit Fake(const Values& v = values()) {
    privileged.on_act = [this](int fd) {
      listener = FakeKernel::port(fd);
      answer();
    };
    const SourceConfig config{"sessions", &kind, v};
    auto opened = open_from(config, {3, at(), privileged, links}, kernel.sender());
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().what);
    if (opened) source = std::move(*opened);
  }
  Now at() const { return {now, WallTime{now.time_since_epoch()}}; }
  void answer() {
    for (const auto& octets : answers) kernel.send_to(listener, octets);
  }
  void feed(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) kernel.send(datagram(recorded("udp_new")));
  }
  Drained drain(Collect& c, std::size_t budget = 4096) {
    auto drained = source->drain(at(), budget, c);
    EXPECT_TRUE(drained) << (drained ? "" : drained.error().what);
    return drained ? *drained : Drained::finished;
  }
  /// Some turns, a millisecond apart.
  void turns(Collect& c, int n = 4) {
    for (int i = 0; i < n; ++i, now += milliseconds{1}) drain(c);
  }
};

/// "begins dump after 0, ends dump after 3".
std::string told(const Collect& c) {
  std::string out;
  for (const auto& l : c.listings) {
    const auto& x = l.listing;
    if (!out.empty()) out += ", ";
    out += x.phase == Phase::begins ? "begins" : x.phase == Phase::ends ? "ends" : "fails";
    out += x.reason == FlowReason::dump     ? " dump"
           : x.reason == FlowReason::resync ? " resync"
                                            : " reconcile";
    if (x.repeated) out += " repeated";
    out += " after " + std::to_string(l.after);
  }
  return out;
}

class ConntrackSourceTest : public testing::Test {
 protected:
  void SetUp() override { NETWEIR_NEEDS("kernel", test::enter_private_netns()); }
};

TEST_F(ConntrackSourceTest, KeepsTheContractOfSources) {
  test::check_source_contract([] {
    auto fake = std::make_shared<Fake>();
    test::Rig rig;
    rig.source = std::move(fake->source);
    rig.feed = [fake](std::size_t n) { fake->feed(n); };
    rig.keep = fake;
    return rig;
  });
}

TEST_F(ConntrackSourceTest, ListsFirstAndAtEachInterval) {
  Fake fake;
  fake.answers = {datagram(recorded("dump_v4")), done()};
  Collect c;
  fake.turns(c);
  EXPECT_EQ(told(c), "begins dump after 0, ends dump after 1");
  ASSERT_EQ(c.flow.size(), 1U);
  EXPECT_EQ(c.flow[0].record.what, FlowRecord::What::listed);
  EXPECT_EQ(c.flow[0].record.source, 3);
  ASSERT_TRUE(fake.source->deadline());
  fake.now += seconds{299};
  fake.turns(c);
  EXPECT_EQ(c.listings.size(), 2U);
  fake.now += seconds{1};
  fake.turns(c);
  EXPECT_EQ(
      told(c),
      "begins dump after 0, ends dump after 1, begins reconcile after 1, ends reconcile after "
      "2");
}

TEST_F(ConntrackSourceTest, EndsAListingOnlyWhenTheEventsBeforeItAreRead) {
  Fake fake;
  Collect c;
  fake.feed(100);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(fake.drain(c, 16), Drained::more);
  EXPECT_EQ(told(c), "begins dump after 16");
  fake.turns(c);
  EXPECT_EQ(told(c), "begins dump after 16, ends dump after 100");
}

TEST_F(ConntrackSourceTest, LossIsCountedAndAnotherListingFollows) {
  auto v = values();
  v.set("receive_buffer", std::int64_t{4096});
  v.set("receive_buffer_max", std::int64_t{4096});
  Fake fake(v);
  Collect c;
  fake.turns(c);
  fake.now += seconds{20};
  fake.feed(500);
  fake.turns(c, 3);
  EXPECT_EQ(test::all(c) + c.lost, 500U);
  EXPECT_GT(c.lost, 0U);
  EXPECT_TRUE(c.exact);
  ASSERT_EQ(c.losses.size(), 1U);
  EXPECT_EQ(c.losses[0].cause, "receive_buffer");
  EXPECT_EQ(c.losses[0].loss.unit, Unit::events);
  const auto after = std::to_string(test::all(c));
  EXPECT_EQ(told(c), "begins dump after 0, ends dump after 0, begins resync after " + after +
                         ", ends resync after " + after);
}

TEST_F(ConntrackSourceTest, LossDuringAListingRepeatsIt) {
  auto v = values();
  v.set("receive_buffer", std::int64_t{4096});
  v.set("receive_buffer_max", std::int64_t{4096});
  Fake fake(v);
  fake.answers = {};  // the kernel takes its time
  Collect c;
  fake.turns(c);
  EXPECT_EQ(told(c), "begins dump after 0");
  fake.feed(500);
  fake.turns(c);
  fake.answers = {done()};
  fake.answer();
  fake.now += milliseconds{20};
  fake.turns(c);
  const auto after = std::to_string(test::all(c));
  EXPECT_EQ(told(c), "begins dump after 0, ends dump repeated after " + after);
  fake.now += seconds{10};
  fake.turns(c);
  EXPECT_EQ(c.listings.size(), 4U);
  EXPECT_EQ(c.listings[2].listing.reason, FlowReason::resync);
  EXPECT_FALSE(c.listings[3].listing.repeated);
}

TEST_F(ConntrackSourceTest, AListingThatCannotBeTrustedFailsAndIsTriedAgain) {
  auto broken = datagram(recorded("dump_v4"));
  broken[20] = 3;  // an attribute shorter than its header
  broken[21] = 0;
  const struct {
    const char* name;
    std::vector<Octets> answers;
  } cases[] = {
      {"an error", {done(EINTR)}},
      {"an entry that cannot be read", {broken, done()}},
      {"half a message", {Octets(10, 1), done()}},
      {"more than a slot", {Octets(70000, 0), done()}},
      {"no end", {datagram(recorded("dump_v4"))}},
  };
  for (const auto& test : cases) {
    Fake fake;
    fake.answers = test.answers;
    Collect c;
    fake.turns(c);
    fake.now += seconds{6};
    fake.turns(c);
    ASSERT_EQ(c.listings.size(), 2U) << test.name;
    EXPECT_EQ(c.listings[1].listing.phase, Phase::fails) << test.name;
    EXPECT_EQ(c.counts.malformed, 0U) << "entries are in no ledger";
    fake.answers = {done()};
    fake.now += seconds{15};
    fake.turns(c);
    ASSERT_EQ(c.listings.size(), 4U) << test.name;
    EXPECT_EQ(c.listings[2].listing.reason, FlowReason::dump) << test.name;
    EXPECT_EQ(c.listings[3].listing.phase, Phase::ends) << test.name;
  }
}

TEST_F(ConntrackSourceTest, AListingWaitsForRoomAndEventsDoNot) {
  class Full final : public Intake {
   public:
    void frames(std::span<const Frame>) override {}
    void flows(std::span<const FlowRecord> batch) override { count_ += batch.size(); }
    bool listing(const FlowListing& l) override {
      ends += l.phase == Phase::ends ? 1 : 0;
      return false;
    }
    void loss(const Loss&) override {}
    void note(const Note&) override {}
    void count(const Counts&) override {}
    bool has_room() const override { return room; }
    std::size_t count_ = 0;
    int ends = 0;
    bool room = false;
  } intake;
  Fake fake;
  fake.answers = {datagram(recorded("dump_v4")), done()};
  fake.feed(5);
  for (int i = 0; i < 10; ++i, fake.now += milliseconds{20})
    ASSERT_TRUE(fake.source->drain(fake.at(), 4096, intake));
  EXPECT_EQ(intake.count_, 5U);
  ASSERT_TRUE(fake.source->deadline());
  EXPECT_GT(*fake.source->deadline(), fake.now - milliseconds{20}) << "it does not spin";
  intake.room = true;
  for (int i = 0; i < 4; ++i, fake.now += milliseconds{20})
    ASSERT_TRUE(fake.source->drain(fake.at(), 4096, intake));
  EXPECT_EQ(intake.count_, 6U);
  EXPECT_EQ(intake.ends, 1);
}

TEST_F(ConntrackSourceTest, WhatIsNotTheKernelsOrNotWholeIsCounted) {
  Fake fake;
  Collect c;
  fake.turns(c);
  const Fd stranger = FakeKernel::open();
  FakeKernel::send(stranger.get(), datagram(recorded("udp_new")));
  auto malformed = datagram(recorded("udp_new"));
  malformed[20] = 3;
  malformed[21] = 0;
  fake.kernel.send(malformed);
  fake.kernel.send(Octets(20000, 0));  // more than a slot
  auto half = datagram(recorded("udp_new"));
  half.resize(half.size() - 8);
  fake.kernel.send(half);
  fake.turns(c);
  EXPECT_EQ(c.counts.foreign, 1U);
  EXPECT_EQ(c.counts.malformed, 1U);
  EXPECT_EQ(c.counts.truncated, 1U);
  EXPECT_EQ(c.counts.rejected, 1U);
  EXPECT_EQ(c.lost, 1U);
  ASSERT_EQ(c.losses.size(), 1U);
  EXPECT_EQ(c.losses[0].cause, "truncated");
}

TEST_F(ConntrackSourceTest, AsksForNothingButADump) {
  auto v = values();
  v.set("protocols", std::vector<std::string>{"tcp"});
  Fake fake(v);
  Collect c;
  fake.turns(c, 8);
  EXPECT_EQ(told(c), "begins dump after 0, ends dump after 0");
  EXPECT_EQ(fake.privileged.acts.size(), 2U) << "one a family";
}

}  // namespace
}  // namespace netweir::conntrack
