// SPDX-License-Identifier: GPL-2.0-or-later
// Live captures on veth pairs, each test in a network namespace of its own. Needs root.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "kit/collect.h"
#include "kit/contract.h"
#include "kit/hex.h"
#include "kit/needs.h"
#include "kit/sender.h"
#include "kit/veth.h"
#include "netweir/source_kind.h"
#include "os/fd.h"
#include "os/privileged.h"

namespace netweir::pcap {
extern const SourceKind kind;
}

namespace netweir::pcap::test {
namespace {

using netweir::test::Collect;
using netweir::test::drain_all;
using netweir::test::FixedLinks;
using netweir::test::hex;
using netweir::test::pair_of_interfaces;
using netweir::test::readable;
using netweir::test::Sender;
using netweir::test::tagged_arp;
using Octets = std::vector<std::uint8_t>;
using std::chrono::milliseconds;

void shell(const std::string& command) { EXPECT_EQ(std::system(command.c_str()), 0) << command; }

struct Live {
  InProcess privileged;
  FixedLinks links;
  SourceConfig config;

  explicit Live(std::string_view interface) {
    config.name = "wire";
    config.kind = &kind;
    config.values.set("interface", std::string(interface));
    config.values.set("snaplen", std::int64_t{256});
    config.values.set("promiscuous", false);
    config.values.set("receive_buffer", std::int64_t{8} << 20U);
  }
  Result<std::unique_ptr<Source>> open() {
    return kind.open(config, SourceContext{4, Now{}, privileged, links});
  }
};

/// Sends a frame until the source has one: an interface that was just set up has its carrier, and
/// so a way to it, a little later.
std::size_t send_until_seen(Source& source, const Octets& frame) {
  Collect c;
  for (int i = 0; i < 40 && c.kept.empty(); ++i) {
    Sender("v0").send(frame);
    (void)readable(source.fd(), 50);
    drain_all(source, c);
  }
  return c.kept.size();
}

#define OPENED(source, live)                                    \
  auto source##_result = (live).open();                         \
  ASSERT_TRUE(source##_result) << source##_result.error().what; \
  auto& source = **source##_result  // NOLINT(bugprone-macro-parentheses): it declares a name

TEST(PcapLive, TagsArriveInLine) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  const char* const tags[] = {
      "", "8100012c", "81000000", "8100a12c", "88a80064 8100012c", "81000fff", "9100000a 8100000b"};
  Live live("v1");
  OPENED(source, live);
  EXPECT_GE(source.fd(), 0);
  EXPECT_FALSE(readable(source.fd(), 0));
  const Sender sender("v0");
  const auto before = std::chrono::system_clock::now();
  for (const auto* tag : tags) sender.send(tagged_arp(tag));
  const auto after = std::chrono::system_clock::now();
  EXPECT_TRUE(readable(source.fd(), 1000));
  Collect c;
  EXPECT_EQ(drain_all(source, c), Drained::idle);
  EXPECT_FALSE(readable(source.fd(), 0));
  ASSERT_EQ(c.kept.size(), std::size(tags));
  bool nanoseconds = false;
  for (std::size_t i = 0; i < c.kept.size(); ++i) {
    const auto& k = c.kept[i];
    EXPECT_EQ(k.data, tagged_arp(tags[i])) << tags[i];
    EXPECT_EQ(k.frame.wire_len, k.data.size());
    EXPECT_EQ(k.frame.link, linktype::ethernet);
    EXPECT_EQ(k.frame.in, 1U);
    EXPECT_EQ(k.frame.source, 4U);
    EXPECT_FALSE(k.frame.tagged);
    EXPECT_GE(k.frame.at, before);
    EXPECT_LE(k.frame.at, after);
    nanoseconds = nanoseconds || k.frame.at.time_since_epoch().count() % 1000 != 0;
  }
  EXPECT_TRUE(nanoseconds);
  EXPECT_EQ(live.links.names, std::vector<std::string>{"v1"});
  EXPECT_EQ(c.lost, 0U);
}

TEST(PcapLive, KeepsTheContract) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  netweir::test::check_source_contract([] {
    auto live = std::make_shared<Live>("v1");
    auto source = live->open();
    EXPECT_TRUE(source) << (source ? "" : source.error().what);
    netweir::test::Rig rig;
    rig.source = *std::move(source);
    rig.keep = live;
    rig.feed = [](std::size_t n) {
      const Sender sender("v0");
      for (std::size_t i = 0; i < n; ++i) sender.send(tagged_arp(""));
    };
    return rig;
  });
}

TEST(PcapLive, SnaplenAndFilter) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  Live live("v1");
  live.config.values.set("snaplen", std::int64_t{64});
  live.config.values.set("filter", std::string("vlan 300"));
  OPENED(source, live);
  const Sender sender("v0");
  auto frame = tagged_arp("8100012c");
  frame.resize(1000);
  sender.send(tagged_arp(""));
  sender.send(frame);
  sender.send(tagged_arp("8100012d"));
  Collect c;
  drain_all(source, c);
  ASSERT_EQ(c.kept.size(), 1U);
  EXPECT_EQ(c.kept[0].data.size(), 64U);
  EXPECT_EQ(c.kept[0].frame.wire_len, 1000U);
  frame.resize(64);
  EXPECT_EQ(c.kept[0].data, frame);
  EXPECT_EQ(c.counts.filtered, 0U);  // what the kernel refuses was never offered
}

TEST(PcapLive, TheFilterOfTheSampleTakesTaggedAndUntagged) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  Live live("v1");
  live.config.values.set("filter", std::string("arp or (vlan and arp)"));
  OPENED(source, live);
  const Sender sender("v0");
  sender.send(tagged_arp(""));
  sender.send(tagged_arp("8100012c"));
  sender.send(hex(std::string("ffffffffffff 020000000001 86dd") + std::string(92, '0')));
  Collect c;
  drain_all(source, c);
  ASSERT_EQ(c.kept.size(), 2U);
  EXPECT_EQ(c.kept[0].data, tagged_arp(""));
  EXPECT_EQ(c.kept[1].data, tagged_arp("8100012c"));
}

TEST(PcapLive, PromiscuousOnlyWhenAsked) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  for (const bool promiscuous : {false, true}) {
    Live live("v1");
    live.config.values.set("promiscuous", promiscuous);
    OPENED(source, live);
    EXPECT_GE(source.fd(), 0);
    shell(std::string("ip -d link show v1 | grep -q 'promiscuity ") + (promiscuous ? "1" : "0") +
          " '");
  }
}

TEST(PcapLive, ReceivedAndDroppedIsSent) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  for (const std::int64_t buffer : {4096, 65536, 1 << 20}) {
    Live live("v1");
    live.config.values.set("receive_buffer", buffer);
    OPENED(source, live);
    const Sender sender("v0");
    constexpr std::uint64_t sent = 20000;
    Collect c;
    for (std::uint64_t i = 0; i < sent; ++i) {
      sender.send(tagged_arp(""));
      // Now and then a drain, so that losses lie between frames.
      if (i % 7000 == 6999) (void)source.drain(Now{}, 10, c);
    }
    drain_all(source, c);
    source.stop(Now{}, c);
    EXPECT_GT(c.lost, 0U) << buffer;
    EXPECT_TRUE(c.exact);
    EXPECT_EQ(c.kept.size() + c.lost, sent) << buffer;
    for (const auto& l : c.losses) {
      EXPECT_EQ(l.cause, "receive_buffer");
      EXPECT_EQ(l.loss.unit, Unit::packets);
      EXPECT_GT(l.after, 0U);
    }
  }
}

TEST(PcapLive, LossesAreLookedForFourTimesASecond) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  Live live("v1");
  OPENED(source, live);
  ASSERT_TRUE(source.deadline());
  EXPECT_EQ(*source.deadline(), AgeTime{} + milliseconds{250});
  Collect c;
  EXPECT_TRUE(source.drain({AgeTime{} + std::chrono::seconds{3}, {}}, 8, c));
  EXPECT_EQ(*source.deadline(), AgeTime{} + milliseconds{3250});
}

TEST(PcapLive, DeletedAndMadeAgain) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  {
    Live live("v1");
    OPENED(source, live);
    Sender("v0").send(tagged_arp(""));
    shell("ip link del v0");
    Collect c;
    Error error;
    for (int turn = 0; turn < 20 && error.what.empty(); ++turn) {
      (void)readable(source.fd(), 250);  // as the loop waits: by descriptor and deadline
      auto drained = source.drain(Now{}, 8, c);
      if (!drained) error = drained.error();
    }
    EXPECT_EQ(error.what, "interface v1 is gone");
    EXPECT_EQ(error.code, ENODEV);
    EXPECT_EQ(c.kept.size(), 1U);  // what came before is not lost
    source.stop(Now{}, c);
  }
  Live live("v1");
  auto absent = live.open();
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ENODEV);
  EXPECT_EQ(absent.error().what, "capture on v1: there is no such interface");
  EXPECT_EQ(absent.error().mend, "ip link");
  shell("ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up");
  OPENED(source, live);
  EXPECT_GE(send_until_seen(source, tagged_arp("")), 1U);
}

TEST(PcapLive, DownAndUpIsNoEnd) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  Live live("v1");
  OPENED(source, live);
  shell("ip link set v1 down");
  Collect c;
  int wakes = 0;
  const auto until = std::chrono::steady_clock::now() + milliseconds{500};
  while (std::chrono::steady_clock::now() < until) {
    if (!readable(source.fd(), 50)) continue;
    ++wakes;
    auto drained = source.drain(Now{}, 8, c);
    ASSERT_TRUE(drained) << drained.error().what;
  }
  EXPECT_LE(wakes, 3);  // told of it, and no spin
  shell("ip link set v1 up");
  EXPECT_GE(send_until_seen(source, tagged_arp("")), 1U);
}

TEST(PcapLive, AnInterfaceThatIsDownAtTheStart) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  shell("ip link set v1 down");
  Live live("v1");
  auto source = live.open();
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, ENETDOWN);
  EXPECT_EQ(source.error().mend, "ip link set v1 up");
}

TEST(PcapLive, AnyNamesTheInterfaceOfEachPacket) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  Live live("any");
  OPENED(source, live);
  Sender("v0").send(tagged_arp(""));
  Collect c;
  drain_all(source, c);
  ASSERT_EQ(c.kept.size(), 2U);  // out of v0, into v1
  EXPECT_EQ(c.kept[0].frame.link, linktype::linux_sll2);
  EXPECT_EQ(c.kept[0].frame.in, 1000 + ::if_nametoindex("v0"));
  EXPECT_EQ(c.kept[1].frame.in, 1000 + ::if_nametoindex("v1"));
}

TEST(PcapLive, InANamespaceOfAnotherName) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  int ready[2];
  int done[2];
  ASSERT_EQ(::pipe(ready), 0);
  ASSERT_EQ(::pipe(done), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    char octet = ::unshare(CLONE_NEWNET) == 0 ? 'y' : 'n';
    (void)!::write(ready[1], &octet, 1);
    ::close(done[1]);
    (void)!::read(done[0], &octet, 1);
    ::_exit(0);
  }
  ::close(done[0]);
  char octet = 0;
  ASSERT_EQ(::read(ready[0], &octet, 1), 1);
  ASSERT_EQ(octet, 'y');
  const auto pid = std::to_string(child);
  const auto path = "/proc/" + pid + "/ns/net";
  shell("ip link set v1 netns " + pid + " && nsenter --net=" + path + " ip link set v1 up");

  Live live("v1");
  EXPECT_FALSE(live.open());
  live.config.values.set("netns", path);
  {
    OPENED(source, live);
    Sender("v0").send(tagged_arp(""));
    EXPECT_TRUE(readable(source.fd(), 1000));
    Collect c;
    drain_all(source, c);
    bool found = false;
    for (const auto& k : c.kept) found = found || k.data == tagged_arp("");
    EXPECT_TRUE(found);
    EXPECT_EQ(::if_nametoindex("v1"), 0U);  // and we are where we were
  }
  live.config.values.set("netns", std::string(300, 'x'));
  EXPECT_FALSE(live.open());
  ::close(done[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
}

TEST(PcapLive, WithoutPermission) {
  NETWEIR_NEEDS("kernel", pair_of_interfaces());
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresuid(65534, 65534, 65534) != 0) ::_exit(10);
    Live live("v1");
    auto source = live.open();
    if (source || source.error().code != EPERM) ::_exit(11);
    if (source.error().mend.find("cap_net_raw") == std::string::npos) ::_exit(12);
    auto why = kind.trouble(live.config.values, live.privileged);
    if (!why || why->code != EPERM || why->mend.empty()) ::_exit(13);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  const Live live("v1");
  InProcess privileged;
  EXPECT_FALSE(kind.trouble(live.config.values, privileged));
}

}  // namespace
}  // namespace netweir::pcap::test
