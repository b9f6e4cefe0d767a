// SPDX-License-Identifier: GPL-2.0-or-later
#include "nflog/source.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kit/contract.h"
#include "kit/fake_kernel.h"
#include "kit/needs.h"
#include "nflog/decode.h"
#include "nflog/holder.h"
#include "nflog/recorded.h"
#include "nflog/request.h"

namespace netweir::nflog {
extern const SourceKind kind;

namespace {

using test::Collect;
using test::FakeKernel;
using test::FakePrivileged;
using Octets = std::vector<std::uint8_t>;

Values values(std::vector<std::int64_t> groups = {5}) {
  Values v;
  v.set("groups", std::move(groups));
  v.set("copy_range", std::int64_t{256});
  v.set("batch_size", std::int64_t{65536});
  v.set("queue_threshold", std::int64_t{1024});
  v.set("queue_timeout", std::chrono::nanoseconds{50'000'000});
  v.set("receive_buffer", std::int64_t{8} << 20);
  v.set("receive_buffer_max", std::int64_t{32} << 20);
  return v;
}

/// A recorded message with another number, as a datagram.
Octets numbered(std::uint32_t seq) {
  auto datagram = test::recorded("arp_input");
  const Octets payload(datagram.begin() + 16, datagram.end());
  test::set_be32(datagram, 16 + test::attribute_at(payload, 12), seq);
  return datagram;
}

struct Fake {
  FakeKernel kernel;
  FakePrivileged privileged{kernel};
  test::FixedLinks links;
  std::unique_ptr<Source> source;
  int fd = -1;
  std::uint32_t next = 0;

  explicit Fake(const Values& v = values()) {
    const SourceConfig config{"fw", &kind, v};
    auto opened = open_from(config, {3, Now{}, privileged, links}, kernel.sender());
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().what);
    if (!opened) return;
    source = std::move(*opened);
    fd = source->fd();
  }
  void feed(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) kernel.send(numbered(next++));
  }
};

class NflogSourceTest : public testing::Test {
 protected:
  void SetUp() override { NETWEIR_NEEDS("kernel", test::enter_private_netns()); }
};

TEST_F(NflogSourceTest, KeepsTheContractOfSources) {
  test::check_source_contract([] {
    auto fake = std::make_shared<Fake>();
    test::Rig rig;
    rig.source = std::move(fake->source);
    rig.feed = [fake](std::size_t n) { fake->feed(n); };
    rig.keep = fake;
    return rig;
  });
}

TEST_F(NflogSourceTest, FramesCarryWhatTheMessageSays) {
  Fake fake;
  fake.feed(1);
  Collect c;
  const Now now{AgeTime{}, WallTime{std::chrono::seconds{7}}};
  ASSERT_TRUE(fake.source->drain(now, 8, c));
  ASSERT_EQ(c.kept.size(), 1U);
  const auto& f = c.kept[0].frame;
  EXPECT_EQ(f.source, 3);
  EXPECT_EQ(f.link, linktype::ethernet);
  EXPECT_EQ(f.in, 1003U);
  EXPECT_EQ(f.out, 0U);
  EXPECT_EQ(f.group, 6U);
  EXPECT_EQ(c.kept[0].prefix, "arp");
}

TEST_F(NflogSourceTest, ALossStandsBetweenTheFramesItLiesBetween) {
  Fake fake;
  fake.feed(3);
  fake.next += 4;
  fake.feed(2);
  Collect c;
  test::drain_all(*fake.source, c);
  EXPECT_EQ(c.kept.size(), 5U);
  ASSERT_EQ(c.losses.size(), 1U);
  EXPECT_EQ(c.losses[0].after, 3U);
  EXPECT_EQ(c.losses[0].loss.count, 4U);
  EXPECT_EQ(c.losses[0].cause, "sequence_gap");
  EXPECT_EQ(c.losses[0].loss.source, 3);
  EXPECT_TRUE(c.exact);
}

TEST_F(NflogSourceTest, ReceivedAndLostAreAllOfThem) {
  auto v = values();
  v.set("receive_buffer", std::int64_t{2304});
  v.set("receive_buffer_max", std::int64_t{2304});
  Fake fake(v);
  Collect c;
  for (int round = 0; round < 50; ++round) {
    fake.feed(static_cast<std::size_t>(round));
    test::drain_all(*fake.source, c);
  }
  EXPECT_GT(c.lost, 0U);
  EXPECT_FALSE(c.exact);
  EXPECT_LE(c.kept.size() + c.lost, fake.next);
  fake.feed(1);
  test::drain_all(*fake.source, c);
  EXPECT_EQ(c.kept.size() + c.lost, fake.next);
  EXPECT_TRUE(c.exact);
  ASSERT_EQ(c.overloads.size(), 1U) << "said once";
  EXPECT_TRUE(c.overloads[0].state.is);
  EXPECT_NE(c.overloads[0].reason.find("receive_buffer_max"), std::string::npos);
}

TEST_F(NflogSourceTest, TheBufferGrowsToItsMaximum) {
  auto v = values();
  v.set("receive_buffer", std::int64_t{4096});
  v.set("receive_buffer_max", std::int64_t{20000});
  Fake fake(v);
  Collect c;
  for (int round = 0; round < 6; ++round) {
    fake.feed(200);
    test::drain_all(*fake.source, c);
  }
  EXPECT_EQ(fake.privileged.buffers, (std::vector<std::uint32_t>{4096, 8192, 16384, 20000}));
  EXPECT_EQ(c.overloads.size(), 1U);
}

TEST_F(NflogSourceTest, CountsForeignRejectedAndTruncated) {
  Fake fake;
  fake.feed(1);
  const Fd stranger = FakeKernel::open();
  FakeKernel::send(stranger.get(), numbered(77));
  auto bad = numbered(fake.next++);
  bad[16 + 4] = 3;  // nla_len of the first attribute
  fake.kernel.send(bad);
  const auto slot = slot_size(65536, 256);
  fake.kernel.send(FakeKernel::message(packet_message, slot));  // one packet, of number 2
  ++fake.next;
  fake.feed(1);
  Collect c;
  test::drain_all(*fake.source, c);
  EXPECT_EQ(c.kept.size(), 2U);
  EXPECT_EQ(c.counts.foreign, 1U);
  EXPECT_EQ(c.counts.rejected, 1U);
  EXPECT_EQ(c.counts.truncated, 1U);
}

TEST_F(NflogSourceTest, StopUnbindsEveryGroupAndHandsOverWhatThatFlushes) {
  Fake fake(values({5, 6}));
  ASSERT_EQ(fake.privileged.acts.size(), 2U);
  fake.privileged.on_act = [&](int) { fake.feed(3); };
  Collect c;
  fake.feed(2);
  fake.source->stop(Now{}, c);
  EXPECT_EQ(c.kept.size(), 8U);
  ASSERT_EQ(fake.privileged.acts.size(), 4U);
  for (std::size_t i = 2; i < 4; ++i) {
    Request request;
    ASSERT_EQ(fake.privileged.acts[i].size(), sizeof request);
    std::memcpy(&request, fake.privileged.acts[i].data(), sizeof request);
    EXPECT_EQ(request.act, Request::Act::unbind);
    EXPECT_EQ(request.group, 5 + i - 2);
  }
}

TEST_F(NflogSourceTest, ARefusalBehindAPacketEndsTheLife) {
  Fake fake;
  fake.feed(1);
  auto refusal = FakeKernel::message(NLMSG_ERROR, 20);
  const int code = -EPERM;
  std::memcpy(refusal.data() + 16, &code, sizeof code);
  fake.kernel.send(refusal);
  Collect c;
  auto drained = fake.source->drain(Now{}, 8, c);
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, EPERM);
  EXPECT_EQ(c.kept.size(), 1U);
}

TEST_F(NflogSourceTest, TheRequestHasTheSettings) {
  auto v = values({9});
  v.set("queue_timeout", std::chrono::nanoseconds{50'000'001});
  Fake fake(v);
  ASSERT_EQ(fake.privileged.acts.size(), 1U);
  Request r;
  std::memcpy(&r, fake.privileged.acts[0].data(), sizeof r);
  EXPECT_EQ(r.act, Request::Act::bind);
  EXPECT_EQ(r.group, 9);
  EXPECT_EQ(r.copy_range, 256U);
  EXPECT_EQ(r.batch_size, 65536U);
  EXPECT_EQ(r.threshold, 1024U);
  EXPECT_EQ(r.timeout, 6U) << "rounded up to 1/100 s";
}

TEST_F(NflogSourceTest, WantsToBeDrainedEveryQuarterOfASecond) {
  Fake fake;
  Collect c;
  const Now now{AgeTime{std::chrono::seconds{100}}, {}};
  ASSERT_TRUE(fake.source->drain(now, 8, c));
  EXPECT_EQ(fake.source->deadline(), now.age + std::chrono::milliseconds{250});
}

TEST(SlotSize, HoldsTheLargestDatagramSeen) {
  EXPECT_GE(slot_size(4096, 65531), 130'624U);
  EXPECT_GE(slot_size(65536, 256), 130'676U);
  EXPECT_GE(slot_size(131072, 65531), 261'660U);
  EXPECT_GE(slot_size(4096, 1), 65531U + 1024U) << "before our copy_range is in force";
}

TEST(Kind, ChecksTheGroups) {
  const auto problem = [](const Values& v) { return kind.validate(v); };
  EXPECT_FALSE(problem(values()));
  EXPECT_FALSE(problem(values({5, 6, 65535, 0})));
  EXPECT_EQ(problem(values({5, 6, 5}))->text, "group 5 is named twice");
  EXPECT_TRUE(problem(values({})));
  Values one;
  EXPECT_EQ(problem(one)->key, "group");
  one.set("group", std::int64_t{5});
  EXPECT_FALSE(problem(one));
  one.set("groups", std::vector<std::int64_t>{6});
  EXPECT_EQ(problem(one)->key, "groups");
  EXPECT_EQ(kind.quick_key("5"), "groups");
}

TEST(Kind, DecodesRecordings) {
  test::FixedLinks links;
  auto decoder = kind.decoder(2, {}, links);
  const auto payload = test::payload("arp_input");
  Collect c;
  const auto numbered_100 = [&] {
    auto p = payload;
    test::set_be32(p, test::attribute_at(p, 12), 100);
    return p;
  }();
  decoder->message({kind.recording.message_type, 0, numbered_100, WallTime{}}, c);
  decoder->message({0x0401, 0, payload, WallTime{}}, c);  // a configuration message
  decoder->flush(c);
  EXPECT_EQ(c.kept.size(), 1U);
  EXPECT_EQ(c.lost, 0U);
  EXPECT_EQ(c.kept[0].frame.source, 2);
}

// The text of Linux 6.18.
constexpr std::string_view log_table =
    "    5  22382     0 2   256      5  1\n"
    "    6 3645362232     0 2   256      5  1\n";
constexpr std::string_view socket_table =
    "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"
    "0000000000000000 0   22382      00000000 0        0        0     2        0        1111    \n"
    "0000000000000000 12  22382      00000000 0        0        0     2        0        99083   \n";

TEST(Holder, IsFoundInTheKernelsTables) {
  EXPECT_EQ(holder_in(log_table, 5), 22382U);
  EXPECT_EQ(holder_in(log_table, 6), 3645362232U);
  EXPECT_FALSE(holder_in(log_table, 7));
  EXPECT_FALSE(holder_in("", 5));
  EXPECT_FALSE(holder_in("5\n", 5));
  EXPECT_EQ(inode_in(socket_table, 22382), 99083U);
  EXPECT_EQ(inode_in(socket_table, 1), 0U);
}

}  // namespace
}  // namespace netweir::nflog
