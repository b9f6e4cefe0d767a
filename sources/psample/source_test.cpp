// SPDX-License-Identifier: GPL-2.0-or-later
#include "psample/source.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kit/contract.h"
#include "kit/fake_kernel.h"
#include "kit/needs.h"
#include "netlink/generic.h"
#include "psample/messages.h"

namespace netweir::psample {
extern const SourceKind kind;

namespace {

using test::Collect;
using test::datagram;
using test::FakeKernel;
using test::with;
using Octets = std::vector<std::uint8_t>;
using Words = std::map<std::string, std::int64_t, std::less<>>;

constexpr std::uint16_t attr_group = 3, attr_seq = 4;
constexpr std::uint32_t corpus_group = 7;

Values values() {
  Values v;
  v.set("receive_buffer", std::int64_t{8} << 20);
  v.set("receive_buffer_max", std::int64_t{32} << 20);
  return v;
}

struct Fake {
  FakeKernel kernel;
  test::FakePrivileged privileged{kernel};
  test::FixedLinks links;
  std::uint32_t control_port = 0;
  std::unique_ptr<Source> source;
  std::uint32_t next = 0;

  explicit Fake(const Values& v = values()) {
    Sockets sockets;
    sockets.samples = kernel.take();
    sockets.control = FakeKernel::open();
    control_port = FakeKernel::port(sockets.control.get());
    sockets.family = test::corpus_family;
    const int yes = 1;
    EXPECT_EQ(
        ::setsockopt(sockets.samples.get(), SOL_NETLINK, NETLINK_NO_ENOBUFS, &yes, sizeof yes), 0);
    const SourceConfig config{"asic", &kind, v};
    auto opened =
        open_on(config, {3, Now{}, privileged, links}, std::move(sockets), kernel.sender());
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().what);
    if (opened) source = std::move(*opened);
  }
  void feed(std::size_t n, std::uint32_t group = corpus_group) {
    for (std::size_t i = 0; i < n; ++i)
      kernel.send(with(with(datagram("driver"), attr_seq, next++), attr_group, group));
  }
  Result<Drained> drain(Collect& c, AgeTime at = {}) {
    return source->drain(Now{at, WallTime{std::chrono::seconds{7}}}, 4096, c);
  }
};

class PsampleSourceTest : public testing::Test {
 protected:
  void SetUp() override { NETWEIR_NEEDS("kernel", test::enter_private_netns()); }
};

TEST_F(PsampleSourceTest, KeepsTheContractOfSources) {
  test::check_source_contract([] {
    auto fake = std::make_shared<Fake>();
    test::Rig rig;
    rig.source = std::move(fake->source);
    rig.feed = [fake](std::size_t n) { fake->feed(n); };
    rig.keep = fake;
    return rig;
  });
}

TEST_F(PsampleSourceTest, FramesCarryWhatTheMessageSays) {
  Fake fake;
  fake.feed(1);
  Collect c;
  ASSERT_TRUE(fake.drain(c));
  ASSERT_EQ(c.kept.size(), 1U);
  const auto& f = c.kept[0].frame;
  EXPECT_EQ(f.source, 3);
  EXPECT_EQ(f.link, linktype::ethernet);
  EXPECT_EQ(f.in, 1003U);
  EXPECT_EQ(f.out, 1005U);
  EXPECT_EQ(f.group, 7U);
  EXPECT_TRUE(f.grouped);
  EXPECT_EQ(f.one_in, 100);
  EXPECT_EQ(f.wire_len, 60U);
  EXPECT_FALSE(f.tagged);
  EXPECT_EQ(f.at.time_since_epoch().count(), 1'700'000'000'123'456'789);
  ASSERT_NE(f.psample, nullptr);
  EXPECT_EQ(f.psample->out_tc, 3);
  EXPECT_EQ(f.psample->latency_ns, 1'500'000U);
}

TEST_F(PsampleSourceTest, ATimeThatNoClockHoldsIsTheReceipts) {
  Fake fake;
  fake.kernel.send(datagram("time_far"));
  Collect c;
  ASSERT_TRUE(fake.drain(c));
  ASSERT_EQ(c.kept.size(), 1U);
  EXPECT_EQ(c.kept[0].frame.at, WallTime{std::chrono::seconds{7}});
  EXPECT_TRUE(c.kept[0].frame.at_is_receipt);
}

TEST_F(PsampleSourceTest, GroupsHaveVlanAndDirection) {
  auto v = values();
  v.set("group_vlan", Words{{"7", 300}});
  v.set("group_direction", Words{{"7", 0}, {"8", 1}});
  Fake fake(v);
  fake.feed(1, 7);
  fake.feed(1, 8);
  fake.feed(1, 9);
  Collect c;
  ASSERT_TRUE(fake.drain(c));
  ASSERT_EQ(c.kept.size(), 3U);
  EXPECT_TRUE(c.kept[0].frame.tagged);
  EXPECT_EQ(c.kept[0].frame.tag.vid(), 300);
  EXPECT_EQ(c.kept[0].frame.direction, Direction::ingress);
  EXPECT_FALSE(c.kept[1].frame.tagged);
  EXPECT_EQ(c.kept[1].frame.direction, Direction::egress);
  EXPECT_EQ(c.kept[2].frame.direction, Direction::unknown);
}

TEST_F(PsampleSourceTest, OtherGroupsAreFiltered) {
  auto v = values();
  v.set("groups", std::vector<std::int64_t>{7, 0xffffffff});
  Fake fake(v);
  fake.feed(3, 7);
  fake.feed(4, 8);
  fake.feed(1, 0xffffffff);
  Collect c;
  ASSERT_TRUE(fake.drain(c));
  EXPECT_EQ(c.kept.size(), 4U);
  EXPECT_EQ(c.counts.filtered, 4U);
}

TEST_F(PsampleSourceTest, ReceivedAndLostAreAllOfThem) {
  for (const std::int64_t buffer : {2304, 4096, 65536, 1 << 20}) {
    auto v = values();
    v.set("receive_buffer", buffer);
    v.set("receive_buffer_max", buffer);
    Fake fake(v);
    Collect c;
    for (int round = 0; round < 40; ++round) {
      fake.feed(static_cast<std::size_t>(round) * 4);
      ASSERT_TRUE(fake.drain(c, AgeTime{std::chrono::milliseconds{round}}));
      // A source that naps is called by its deadline.
      ASSERT_TRUE(fake.drain(c, AgeTime{std::chrono::milliseconds{round}}));
      EXPECT_EQ(c.kept.size() + c.lost, fake.next) << buffer;
    }
    EXPECT_TRUE(c.exact);
    if (buffer == 2304) {
      EXPECT_GT(c.lost, 0U);
      // The last of all that was offered may be among the lost, and no number tells.
      EXPECT_LE(c.counts.sequence_gaps, c.lost);
      ASSERT_EQ(c.overloads.size(), 1U) << "said once";
      EXPECT_NE(c.overloads[0].reason.find("receive_buffer_max"), std::string::npos);
    }
  }
}

TEST_F(PsampleSourceTest, CountsForeignRejectedAndTruncated) {
  Fake fake;
  const Fd stranger = FakeKernel::open();
  FakeKernel::send(stranger.get(), datagram("driver"));
  fake.kernel.send(datagram("bad_no_group"));
  fake.kernel.send(FakeKernel::message(test::corpus_family, slot));
  fake.feed(2);
  Collect c;
  ASSERT_TRUE(fake.drain(c));
  EXPECT_EQ(c.kept.size(), 2U);
  EXPECT_EQ(c.counts.foreign, 1U);
  EXPECT_EQ(c.counts.rejected, 1U);
  EXPECT_EQ(c.counts.truncated, 1U);
  EXPECT_EQ(c.lost, 1U);
  ASSERT_EQ(c.losses.size(), 1U);
  EXPECT_EQ(c.losses[0].cause, "truncated");
}

TEST_F(PsampleSourceTest, SequencesAreCheckedPerGroupAndBeginAgainWithTheGroup) {
  Fake fake;
  const auto send = [&](std::uint32_t group, std::uint32_t seq) {
    fake.kernel.send(with(with(datagram("driver"), attr_seq, seq), attr_group, group));
  };
  send(7, 0);
  send(8, 50);
  send(7, 3);
  send(8, 51);
  Collect c;
  ASSERT_TRUE(fake.drain(c));
  EXPECT_EQ(c.counts.sequence_gaps, 2U);
  fake.kernel.send_to(fake.control_port, datagram("del_group"));
  ASSERT_TRUE(fake.drain(c, AgeTime{std::chrono::seconds{1}}));
  send(7, 900);
  ASSERT_TRUE(fake.drain(c, AgeTime{std::chrono::seconds{2}}));
  EXPECT_EQ(c.counts.sequence_gaps, 2U);
  ASSERT_EQ(c.notes.size(), 1U);
  EXPECT_EQ(c.notes[0], "group 7 is gone: nothing samples into it any more");
  EXPECT_EQ(c.lost, 0U);
}

TEST_F(PsampleSourceTest, NumbersMissingForLongAreSaidOnce) {
  Fake fake;
  fake.feed(1);
  fake.next += 5;
  fake.feed(1);
  Collect c;
  for (int second = 0; second < 30; ++second)
    ASSERT_TRUE(fake.drain(c, AgeTime{std::chrono::seconds{second}}));
  ASSERT_EQ(c.notes.size(), 1U);
  EXPECT_NE(c.notes[0].find("5 samples"), std::string::npos) << c.notes[0];
}

/// nlctrl's word that a family went, as linux/genetlink.h has it.
Octets family_gone_message(const char* name, std::uint16_t id) {
  const auto request = netlink::family_request(name, 0);  // has the name
  Octets out(request);
  out[16] = 2;                                      // CTRL_CMD_DELFAMILY
  const std::uint16_t attribute[] = {6, 1, id, 0};  // CTRL_ATTR_FAMILY_ID
  const auto* octets = reinterpret_cast<const std::uint8_t*>(attribute);
  out.insert(out.end(), octets, octets + sizeof attribute);
  const auto length = static_cast<std::uint32_t>(out.size());
  std::memcpy(out.data(), &length, sizeof length);
  return out;
}

TEST_F(PsampleSourceTest, TheFamilysEndIsTheLifes) {
  Fake fake;
  Collect c;
  fake.kernel.send_to(fake.control_port, family_gone_message("nlmon", 99));
  ASSERT_TRUE(fake.drain(c));
  fake.feed(2);
  fake.kernel.send_to(fake.control_port, family_gone_message("psample", test::corpus_family));
  const auto drained = fake.drain(c);
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, EPROTONOSUPPORT);
  EXPECT_EQ(drained.error().mend, "modprobe act_sample");
  EXPECT_EQ(c.kept.size(), 2U) << "what came before is not lost";
}

TEST_F(PsampleSourceTest, UnderLoadItNapsAndWakesByItsDeadline) {
  Fake fake;
  Collect c;
  const AgeTime start{std::chrono::seconds{1}};
  fake.feed(500);
  ASSERT_TRUE(fake.drain(c, start));
  auto due = fake.source->deadline();
  ASSERT_TRUE(due);
  EXPECT_LE(*due - start, std::chrono::milliseconds{2});
  EXPECT_GT(*due, start);
  fake.feed(2);
  ASSERT_TRUE(fake.drain(c, *due));
  EXPECT_EQ(c.kept.size(), 502U);
  due = start + std::chrono::milliseconds{2};
  ASSERT_TRUE(fake.drain(c, *due));
  EXPECT_GT(*fake.source->deadline() - *due, std::chrono::milliseconds{10}) << "awake again";
}

}  // namespace
}  // namespace netweir::psample
