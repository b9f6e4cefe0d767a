// SPDX-License-Identifier: GPL-2.0-or-later
#include "dropmon/source.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "dropmon/messages.h"
#include "dropmon/request.h"
#include "kit/contract.h"
#include "kit/fake_kernel.h"
#include "kit/needs.h"
#include "netlink/generic.h"

namespace netweir::dropmon {
extern const SourceKind kind;

namespace {

using netweir::test::Collect;
using netweir::test::FakeKernel;
using std::chrono::milliseconds;
using std::chrono::seconds;
using test::datagram;
using Act = Request::Act;
using Octets = std::vector<std::uint8_t>;

Values values() {
  Values v;
  v.set("receive_buffer", std::int64_t{8} << 20);
  v.set("receive_buffer_max", std::int64_t{32} << 20);
  return v;
}

/// A monitor that runs or does not, and answers STATS_GET with what `statistics` holds.
class FakeMonitor final : public Privileged {
 public:
  Result<Fd> netlink_socket(const NetlinkSocket&) override { return FakeKernel::open(); }
  Status act(const SourceKind&, int fd, Bytes octets) override {
    Request request;
    EXPECT_EQ(octets.size(), sizeof request);
    std::memcpy(&request, octets.data(), sizeof request);
    acts.push_back(request);
    if (request.act == Act::ask_stats && !statistics.empty())
      kernel->send_to(FakeKernel::port(fd), datagram(statistics));
    if (request.act == Act::is_running && !software && !hardware) return Error{ENODATA, "", {}};
    if (request.act == Act::start) {
      auto& runs = request.software ? software : hardware;
      if (runs) return Error{EAGAIN, "", {}};
      runs = true;
    }
    if (request.act == Act::stop) {
      software = software && !request.software;
      hardware = hardware && !request.hardware;
    }
    return Ok{};
  }
  Result<std::uint32_t> receive_buffer(int fd, std::uint32_t octets) override {
    return real_.receive_buffer(fd, octets);
  }
  Result<Fd> sampler(int fd) override { return real_.sampler(fd); }
  Status in_namespace(const NetnsName&, const std::function<void()>& act) override {
    act();
    return Ok{};
  }
  std::size_t count(Act act) const {
    std::size_t n = 0;
    for (const auto& one : acts) n += one.act == act ? 1U : 0U;
    return n;
  }

  FakeKernel* kernel = nullptr;
  std::vector<Request> acts;
  std::string statistics;
  bool software = true, hardware = true;

 private:
  InProcess real_;
};

struct Fake {
  FakeKernel kernel;
  FakeMonitor monitor;
  netweir::test::FixedLinks links;
  std::uint32_t control_port = 0;
  std::unique_ptr<Source> source;

  explicit Fake(const Values& v = values(), Ownership ours = {true, true, true, true, {}, {}}) {
    monitor.kernel = &kernel;
    Sockets sockets;
    sockets.alerts = kernel.take();
    sockets.control = FakeKernel::open();
    sockets.requests = FakeKernel::open();
    control_port = FakeKernel::port(sockets.control.get());
    sockets.family = test::corpus_family;
    sockets.group = FakeKernel::group;
    sockets.statistics = datagram("stats_0");
    const int yes = 1;
    EXPECT_EQ(::setsockopt(sockets.alerts.get(), SOL_NETLINK, NETLINK_NO_ENOBUFS, &yes, sizeof yes),
              0);
    const SourceConfig config{"drops", &kind, v};
    auto opened = open_on(config, {3, Now{}, monitor, links}, std::move(sockets), std::move(ours),
                          kernel.sender());
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().what);
    if (opened) source = std::move(*opened);
  }
  void feed(std::size_t n, const char* name = "software") const {
    for (std::size_t i = 0; i < n; ++i) kernel.send(datagram(name));
  }
  Result<Drained> drain(Collect& c, AgeTime at = {}) const {
    return source->drain(Now{at, WallTime{seconds{7}}}, 4096, c);
  }
};

class DropmonSourceTest : public testing::Test {
 protected:
  void SetUp() override { NETWEIR_NEEDS("kernel", netweir::test::enter_private_netns()); }
};

TEST_F(DropmonSourceTest, KeepsTheContractOfSources) {
  netweir::test::check_source_contract([] {
    // The rig drops what it keeps before the source, which therefore owns nothing to stop.
    auto fake = std::make_shared<Fake>(values(), Ownership{true, true, false, false, {}, {}});
    netweir::test::Rig rig;
    rig.source = std::move(fake->source);
    rig.feed = [fake](std::size_t n) { fake->feed(n); };
    rig.keep = fake;
    return rig;
  });
}

TEST_F(DropmonSourceTest, FramesCarryWhatTheMessageSays) {
  Fake fake;
  fake.feed(1);
  fake.feed(1, "hardware_cookie");
  fake.feed(1, "software_raw_v4");
  fake.feed(1, "software_time_far");
  Collect c;
  ASSERT_TRUE(fake.drain(c));
  ASSERT_EQ(c.kept.size(), 4U);
  const auto& soft = c.kept[0].frame;
  EXPECT_EQ(soft.source, 3);
  EXPECT_EQ(soft.link, linktype::ethernet);
  EXPECT_EQ(soft.in, 0U) << "of a namespace that the kernel does not name";
  EXPECT_EQ(soft.wire_len, 49U);
  EXPECT_EQ(soft.protocol, 0x0800);
  EXPECT_FALSE(soft.grouped);
  EXPECT_EQ(soft.at.time_since_epoch().count(), 1'700'000'000'123'456'789);
  ASSERT_NE(soft.drop, nullptr);
  EXPECT_EQ(soft.drop->origin, DropExtra::Origin::software);
  EXPECT_EQ(soft.drop->reason, "NO_SOCKET");
  EXPECT_EQ(soft.drop->symbol, "__udp4_lib_rcv+0x9a5/0xb00");
  EXPECT_EQ(soft.drop->ifindex, 3U);
  const auto& hard = c.kept[1].frame;
  EXPECT_EQ(hard.in, 1007U);
  EXPECT_EQ(hard.drop->origin, DropExtra::Origin::hardware);
  EXPECT_EQ(hard.drop->trap, "ingress_flow_action_drop");
  EXPECT_EQ(hard.drop->trap_group, "acl_drops");
  EXPECT_EQ(hard.drop->port, "swp1");
  EXPECT_EQ(hard.drop->cookie.size(), 5U);
  EXPECT_EQ(c.kept[2].frame.link, linktype::raw);
  EXPECT_TRUE(c.kept[3].frame.at_is_receipt);
  EXPECT_EQ(c.kept[3].frame.at, WallTime{seconds{7}});
}

TEST_F(DropmonSourceTest, WhereThereIsOneNamespaceTheIndexTellsTheInterface) {
  auto v = values();
  v.set("single_netns", true);
  Fake fake(v);
  fake.feed(1);
  Collect c;
  ASSERT_TRUE(fake.drain(c));
  ASSERT_EQ(c.kept.size(), 1U);
  EXPECT_EQ(c.kept[0].frame.in, 1003U);
}

TEST_F(DropmonSourceTest, ReceivedAndLostAreAllOfThem) {
  for (const std::int64_t buffer : {2304, 65536, 1 << 20}) {
    auto v = values();
    v.set("receive_buffer", buffer);
    v.set("receive_buffer_max", buffer);
    Fake fake(v);
    Collect c;
    std::size_t fed = 0;
    for (std::size_t round = 0; round < 40; ++round) {
      fake.feed(round * 4);
      fed += round * 4;
      ASSERT_TRUE(fake.drain(c, AgeTime{milliseconds{round}}));
      ASSERT_TRUE(fake.drain(c, AgeTime{milliseconds{round}}));  // a source that naps
      EXPECT_EQ(c.kept.size() + c.lost, fed) << buffer;
    }
    EXPECT_TRUE(c.exact);
    if (buffer == 2304) {
      EXPECT_GT(c.lost, 0U);
    }
    for (const auto& loss : c.losses) EXPECT_EQ(loss.cause, "receive_buffer");
  }
}

TEST_F(DropmonSourceTest, WhatTheMonitorsQueuesDroppedIsLostToo) {
  Fake fake;
  Collect c;
  fake.monitor.statistics = "stats_5_2";
  fake.feed(3);
  ASSERT_TRUE(fake.drain(c));
  ASSERT_EQ(c.losses.size(), 1U);
  EXPECT_EQ(c.losses[0].cause, "kernel_queue");
  EXPECT_EQ(c.losses[0].loss.count, 7U);
  EXPECT_EQ(c.losses[0].after, 3U) << "after what came before it";
  fake.monitor.statistics = "stats_5_9";
  ASSERT_TRUE(fake.drain(c, AgeTime{milliseconds{100}}));
  EXPECT_EQ(c.lost, 7U) << "asked four times a second";
  ASSERT_TRUE(fake.drain(c, AgeTime{milliseconds{250}}));
  EXPECT_EQ(c.lost, 14U);
  fake.monitor.statistics = "stats_0";  // the module was loaded anew
  ASSERT_TRUE(fake.drain(c, AgeTime{milliseconds{500}}));
  fake.monitor.statistics = "stats_5_2";
  fake.source->stop(Now{AgeTime{milliseconds{501}}, {}}, c);
  EXPECT_EQ(c.lost, 21U);
}

TEST_F(DropmonSourceTest, TheLimitFiltersAndSaysSoOnceAMinute) {
  auto v = values();
  v.set("limit", std::int64_t{10});
  Fake fake(v);
  Collect c;
  std::uint64_t fed = 0;
  for (int tenth = 0; tenth <= 700; ++tenth) {
    fake.feed(5);
    fed += 5;
    ASSERT_TRUE(fake.drain(c, AgeTime{milliseconds{100 * tenth}}));
    EXPECT_EQ(c.kept.size() + c.counts.filtered, fed);
  }
  EXPECT_EQ(c.kept.size(), 10U * 71);
  EXPECT_EQ(c.lost, 0U);
  ASSERT_EQ(c.notes.size(), 2U);
  EXPECT_NE(c.notes[0].find("above `limit` (10 a second) were filtered"), std::string::npos);
}

TEST_F(DropmonSourceTest, HiddenAndUnwantedDropsAreFiltered) {
  auto v = values();
  v.set("hide", std::vector<std::string>{"NETFILTER_*"});
  v.set("origins", std::vector<std::string>{"software"});
  Fake fake(v);
  fake.feed(1);
  fake.feed(2, "software_module");
  fake.feed(4, "hardware");
  Collect c;
  ASSERT_TRUE(fake.drain(c));
  EXPECT_EQ(c.kept.size(), 1U);
  EXPECT_EQ(c.counts.filtered, 6U);
}

TEST_F(DropmonSourceTest, CountsForeignRejectedAndTruncated) {
  Fake fake;
  const Fd stranger = FakeKernel::open();
  FakeKernel::send(stranger.get(), datagram("software"));
  fake.feed(1, "bad_no_origin");
  fake.kernel.send(FakeKernel::message(test::corpus_family, slot));
  fake.feed(2);
  Collect c;
  ASSERT_TRUE(fake.drain(c));
  EXPECT_EQ(c.kept.size(), 2U);
  EXPECT_EQ(c.counts.foreign, 1U);
  EXPECT_EQ(c.counts.rejected, 1U);
  EXPECT_EQ(c.counts.truncated, 1U);
  ASSERT_EQ(c.losses.size(), 1U);
  EXPECT_EQ(c.losses[0].cause, "truncated");
}

TEST_F(DropmonSourceTest, StopsWhatItStartedAndNothingElse) {
  const struct {
    bool software, hardware;
  } cases[] = {{true, true}, {true, false}, {false, true}, {false, false}};
  for (const auto& ours : cases) {
    for (const bool in_order : {true, false}) {
      Ownership own{true, true, ours.software, ours.hardware, {1, 7, 8}, {"joined"}};
      Fake fake(values(), own);
      Collect c;
      ASSERT_TRUE(fake.drain(c));
      EXPECT_EQ(c.notes, std::vector<std::string>{"joined"});
      if (in_order) fake.source->stop(Now{}, c);
      fake.source.reset();
      EXPECT_EQ(fake.monitor.software, !ours.software);
      EXPECT_EQ(fake.monitor.hardware, !ours.hardware);
      const bool any = ours.software || ours.hardware;
      EXPECT_EQ(fake.monitor.count(Act::stop), any ? 1U : 0U);
      ASSERT_EQ(fake.monitor.count(Act::configure), any ? 1U : 0U);
      if (any) {
        EXPECT_EQ(fake.monitor.acts.back().truncation, 7U) << "as it was before";
      }
    }
  }
}

TEST_F(DropmonSourceTest, WhatSomebodyElseStoppedIsStartedAgain) {
  Ownership joined{true, true, false, false, {}, {}};
  Fake fake(values(), joined);
  Collect c;
  ASSERT_TRUE(fake.drain(c));
  fake.monitor.software = false;
  ASSERT_TRUE(fake.drain(c, AgeTime{milliseconds{500}}));
  EXPECT_FALSE(fake.monitor.software) << "asked once a second";
  ASSERT_TRUE(fake.drain(c, AgeTime{seconds{1}}));
  EXPECT_TRUE(fake.monitor.software);
  ASSERT_TRUE(fake.drain(c, AgeTime{milliseconds{1001}}));
  ASSERT_EQ(c.notes.size(), 1U);
  EXPECT_NE(c.notes[0].find("software drops: started again"), std::string::npos);
  fake.monitor.software = fake.monitor.hardware = false;
  const auto drained = fake.drain(c, AgeTime{seconds{3}});
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, ENODATA);
  fake.source.reset();
  EXPECT_EQ(fake.monitor.count(Act::stop), 0U) << "nothing of it is ours any more";
}

TEST_F(DropmonSourceTest, SummariesEndALife) {
  Fake fake;
  fake.feed(1);
  fake.feed(1, "summary");
  Collect c;
  const auto drained = fake.drain(c);
  ASSERT_FALSE(drained);
  EXPECT_NE(drained.error().what.find("summary"), std::string::npos);
  EXPECT_EQ(c.kept.size(), 1U);
}

TEST_F(DropmonSourceTest, TheFamilysEndIsTheLifes) {
  Fake fake;
  Collect c;
  fake.feed(2);
  auto gone = netlink::family_request("NET_DM", 0);                  // has the name
  gone[16] = 2;                                                      // CTRL_CMD_DELFAMILY
  const std::uint16_t attribute[] = {6, 1, test::corpus_family, 0};  // CTRL_ATTR_FAMILY_ID
  const auto* octets = reinterpret_cast<const std::uint8_t*>(attribute);
  gone.insert(gone.end(), octets, octets + sizeof attribute);
  const auto length = static_cast<std::uint32_t>(gone.size());
  std::memcpy(gone.data(), &length, sizeof length);
  fake.kernel.send_to(fake.control_port, gone);
  const auto drained = fake.drain(c);
  ASSERT_FALSE(drained);
  EXPECT_EQ(drained.error().code, EPROTONOSUPPORT);
  EXPECT_EQ(drained.error().mend, "modprobe drop_monitor");
  EXPECT_EQ(c.kept.size(), 2U) << "what came before is not lost";
}

}  // namespace
}  // namespace netweir::dropmon
