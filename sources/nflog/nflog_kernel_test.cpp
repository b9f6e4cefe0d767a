// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kit/collect.h"
#include "kit/fake_kernel.h"
#include "kit/hex.h"
#include "kit/needs.h"
#include "netlink/link_table.h"
#include "netlink/messages.h"
#include "netlink/receiver.h"
#include "nflog/request.h"
#include "nflog/source.h"
#include "os/privileged.h"

namespace netweir::nflog {
extern const SourceKind kind;

namespace {

using test::Collect;
using Octets = std::vector<std::uint8_t>;
using std::chrono::milliseconds;

void sh(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }

/// Rules for nft, on its standard input.
void rules(const std::string& text) {
  FILE* nft = ::popen("nft -f -", "w");
  ASSERT_NE(nft, nullptr);
  ASSERT_GE(std::fputs(text.c_str(), nft), 0);
  ASSERT_EQ(::pclose(nft), 0) << text;
}

std::string output(const std::string& command) {
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return out;
  std::array<char, 4096> part{};
  while (std::fgets(part.data(), part.size(), pipe) != nullptr) out += part.data();
  ::pclose(pipe);
  return out;
}

/// What the counter in the (only) rule says.
std::uint64_t counted() {
  const auto text = output("nft list ruleset");
  const auto at = text.find("counter packets ");
  EXPECT_NE(at, std::string::npos) << text;
  return at == std::string::npos ? 0 : std::strtoull(text.c_str() + at + 16, nullptr, 10);
}

Values values(std::vector<std::int64_t> groups, std::int64_t buffer = std::int64_t{8} << 20,
              std::int64_t buffer_max = std::int64_t{32} << 20) {
  Values v;
  v.set("groups", std::move(groups));
  v.set("copy_range", std::int64_t{256});
  v.set("batch_size", std::int64_t{65536});
  v.set("queue_threshold", std::int64_t{1024});
  v.set("queue_timeout", std::chrono::nanoseconds{milliseconds{20}});
  v.set("receive_buffer", buffer);
  v.set("receive_buffer_max", buffer_max);
  return v;
}

class NflogKernelTest : public testing::Test {
 protected:
  void SetUp() override {
    NETWEIR_NEEDS("kernel", ::geteuid() == 0 ? "" : "not root");
    NETWEIR_NEEDS("kernel", test::enter_private_netns());
    sh("ip link set lo up");
  }

  /// v0 <-> v1; what is sent on v1 arrives at v0.
  void veth() {
    sh("ip link add v0 address 02:00:00:00:00:10 type veth peer name v1 address 02:00:00:00:00:01 "
       "&& ip link set v0 up && ip link set v1 up && ip addr add 192.0.2.2/24 dev v0");
    // The kernel gives the carrier from a work queue.
    sh("for i in $(seq 100); do test 2 = $(ip -o link show type veth | grep -c LOWER_UP) && exit "
       "0; "
       "sleep 0.02; done; exit 1");
    monitor();
  }
  void monitor() {
    auto opened = netlink::LinkMonitor::open(privileged, "", table);
    ASSERT_TRUE(opened) << opened.error().what;
    links = std::move(*opened);
  }

  Result<std::unique_ptr<Source>> open(const Values& v) {
    const SourceConfig config{"fw", &kind, v};
    return kind.open(config, {1, Now{}, privileged, table.scope("")});
  }
  std::unique_ptr<Source> opened(const Values& v) {
    auto source = open(v);
    EXPECT_TRUE(source) << (source ? "" : source.error().what);
    return source ? std::move(*source) : nullptr;
  }
  static Now now() {
    return {
        AgeTime{std::chrono::steady_clock::now().time_since_epoch()},
        std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now())};
  }
  /// Drains as the loop does until `frames` have come or the time is up.
  static void drain(Source& source, Intake& into, const std::function<bool()>& enough,
                    milliseconds limit = milliseconds{3000}) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!enough() && std::chrono::steady_clock::now() < end) {
      pollfd readable{source.fd(), POLLIN, 0};
      (void)::poll(&readable, 1, 50);
      auto drained = source.drain(now(), 4096, into);
      ASSERT_TRUE(drained) << drained.error().what;
    }
  }
  static void drain(Source& source, Collect& into, std::size_t frames) {
    drain(source, into, [&] { return into.kept.size() >= frames; });
  }
  static void send_raw(const char* device, const Octets& frame) {
    const Fd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(::if_nametoindex(device));
    ASSERT_EQ(::sendto(fd.get(), frame.data(), frame.size(), 0, reinterpret_cast<sockaddr*>(&to),
                       sizeof to),
              static_cast<ssize_t>(frame.size()));
  }
  /// `n` datagrams to the discard port of loopback.
  static void send_udp(std::size_t n, std::uint16_t port = 9) {
    const Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
    std::array<char, 22> payload{};
    iovec vector{payload.data(), payload.size()};
    std::array<mmsghdr, 64> messages{};
    for (auto& m : messages) {
      m.msg_hdr.msg_iov = &vector;
      m.msg_hdr.msg_iovlen = 1;
    }
    while (n > 0) {
      const int sent = ::sendmmsg(fd.get(), messages.data(),
                                  static_cast<unsigned>(std::min(n, messages.size())), 0);
      if (sent > 0) n -= static_cast<std::size_t>(sent);  // an error: a queue was full for once
    }
  }
  std::string name(LinkId id) const { return std::string(table.view(id).name); }

  InProcess privileged;
  netlink::LinkTable table;
  std::unique_ptr<netlink::LinkMonitor> links;
};

constexpr const char* count_rules = R"(
table ip t {
  chain c { type filter hook prerouting priority raw
    udp dport 9 counter log group 5 prefix "count" drop
  }
}
)";

TEST_F(NflogKernelTest, APingArrivesWithNamesPrefixAndMark) {
  monitor();
  rules(R"(
table inet f {
  chain in { type filter hook input priority 0
    icmp type echo-request meta mark set 0x2a log prefix "ping: " group 5
  }
}
)");
  const auto source = opened(values({5}));
  ASSERT_TRUE(source);
  Collect c;
  sh("ping -c 3 -i 0.01 -q 127.0.0.1 > /dev/null");
  drain(*source, c, 3);
  ASSERT_EQ(c.kept.size(), 3U);
  for (const auto& k : c.kept) {
    EXPECT_EQ(k.prefix, "ping: ");
    EXPECT_EQ(k.nflog.mark, 0x2aU);
    EXPECT_EQ(name(k.frame.in), "lo");
    EXPECT_EQ(k.frame.protocol, 0x0800);
    EXPECT_EQ(k.data.at(9), 1);  // ICMP
    EXPECT_FALSE(k.frame.at_is_receipt);
    const auto age = now().wall - k.frame.at;
    EXPECT_LT(std::chrono::abs(age), std::chrono::seconds{10});
  }
  EXPECT_EQ(c.lost, 0U);
}

TEST_F(NflogKernelTest, TagsComeThroughNetdevIngress) {
  veth();
  rules(R"(
table netdev n {
  chain in { type filter hook ingress device v0 priority 0
    ether saddr 02:00:00:00:00:77 log group 5
  }
}
)");
  const auto source = opened(values({5}));
  ASSERT_TRUE(source);
  struct Case {
    const char* tags;
    bool tagged;
    VlanTag tag;
    const char* inner;  // what is left in line
  };
  const std::vector<Case> cases = {{"", false, {}, ""},
                                   {"81000000", true, {0x8100, 0}, ""},
                                   {"81000001", true, {0x8100, 1}, ""},
                                   {"8100a12c", true, {0x8100, 0xa12c}, ""},
                                   {"81000fff", true, {0x8100, 0xfff}, ""},
                                   {"88a80064810000c8", true, {0x88a8, 100}, "810000c8"}};
  const auto tagged = [](std::string_view tags) {
    std::string frame = "ffffffffffff020000000077";
    frame.append(tags);
    frame.append("0806 0001080006040001020000000077c0000201000000000000c0000202");
    return test::hex(frame);
  };
  for (const auto& c : cases) send_raw("v1", tagged(c.tags));
  Collect got;
  drain(*source, got, cases.size());
  ASSERT_EQ(got.kept.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const auto& k = got.kept[i];
    EXPECT_EQ(k.frame.tagged, cases[i].tagged) << i;
    EXPECT_TRUE(k.frame.tag == cases[i].tag) << i;
    EXPECT_EQ(k.frame.link, linktype::ethernet) << i;
    EXPECT_EQ(name(k.frame.in), "v0");
    auto whole = k.link_header;
    whole.insert(whole.end(), k.data.begin(), k.data.end());
    EXPECT_EQ(whole, tagged(cases[i].inner)) << i;
  }
}

TEST_F(NflogKernelTest, TheArpFamilyLogsArp) {
  veth();
  rules("table arp a {\n chain i { type filter hook input priority 0\n log group 6\n }\n}\n");
  const auto source = opened(values({6}));
  ASSERT_TRUE(source);
  send_raw("v1", test::hex("ffffffffffff 020000000001 0806"
                           "0001080006040001020000000001c0000201000000000000c0000202"));
  Collect c;
  drain(*source, c, 1);
  ASSERT_GE(c.kept.size(), 1U);
  EXPECT_EQ(c.kept[0].frame.link, linktype::ethernet);
  EXPECT_EQ(c.kept[0].link_header, test::hex("ffffffffffff 020000000001 0806"));
  EXPECT_EQ(c.kept[0].data.size(), 28U);
  EXPECT_EQ(c.kept[0].nflog.family, 3);
}

/// Counts units; keeps nothing.
class Tally final : public Intake {
 public:
  void frames(std::span<const Frame> batch) override { received += batch.size(); }
  void flows(std::span<const FlowRecord>) override {}
  bool listing(const FlowListing&) override { return false; }
  void loss(const Loss& loss) override {
    lost += loss.count;
    exact = loss.exact;
  }
  void note(const Note&) override {}
  void count(const Counts& c) override {
    received += c.rejected;
    truncated += c.truncated;
  }
  std::uint64_t received = 0, lost = 0, truncated = 0;
  bool exact = true;
};

class Flood : public NflogKernelTest, public testing::WithParamInterface<std::int64_t> {};

TEST_P(Flood, ReceivedAndLostAreWhatTheCounterSays) {
  rules(count_rules);
  const auto source = opened(values({5}, GetParam(), GetParam()));
  ASSERT_TRUE(source);
  constexpr std::size_t packets = 300'000;
  std::atomic<bool> sent{false};
  std::thread sender([&] {
    send_udp(packets);
    sent = true;
  });
  Tally t;
  drain(
      *source, t, [&] { return sent.load(); }, milliseconds{40000});
  sender.join();
  const auto offered = counted();
  EXPECT_EQ(offered, packets);
  // The last batch, then one more packet.
  drain(
      *source, t, [&] { return t.received + t.lost >= offered && t.exact; }, milliseconds{200});
  send_udp(1);
  drain(*source, t, [&] { return t.received + t.lost > offered && t.exact; });
  EXPECT_EQ(t.received + t.lost, offered + 1);
  EXPECT_TRUE(t.exact);
  EXPECT_EQ(t.truncated, 0U);
  if (GetParam() <= 4096) {
    EXPECT_GT(t.lost, 0U);
  }
  std::printf("receive_buffer %lld: received %llu, lost %llu\n", static_cast<long long>(GetParam()),
              static_cast<unsigned long long>(t.received), static_cast<unsigned long long>(t.lost));
  Tally rest;
  source->stop(now(), rest);
  EXPECT_EQ(rest.received + rest.lost, 0U);
}
INSTANTIATE_TEST_SUITE_P(Buffers, Flood, testing::Values(2304, 4096, 65536, 4194304),
                         [](const auto& i) { return std::to_string(i.param); });

TEST_F(NflogKernelTest, AStoppedReaderLosesTheTailAndSaysAtLeast) {
  rules(count_rules);
  auto v = values({5}, 4096, 4096);
  v.set("queue_threshold", std::int64_t{10});
  const auto source = opened(v);
  ASSERT_TRUE(source);
  send_udp(1000);
  std::this_thread::sleep_for(milliseconds{60});
  Tally t;
  drain(
      *source, t, [] { return false; }, milliseconds{300});
  EXPECT_GT(t.lost, 0U);
  EXPECT_FALSE(t.exact);
  EXPECT_LT(t.received + t.lost, 1000U);
  send_udp(1);
  drain(*source, t, [&] { return t.exact; });
  EXPECT_EQ(t.received + t.lost, 1001U);
  EXPECT_TRUE(t.exact);
}

TEST_F(NflogKernelTest, SeveralGroupsHaveOneSequenceEachAndOneAccount) {
  rules(R"(
table ip t {
  chain c { type filter hook prerouting priority raw
    udp dport 9 counter log group 5 drop
    udp dport 10 log group 6 drop
    udp dport 11 log group 65535 drop
  }
}
)");
  const auto source = opened(values({5, 6, 65535}, 4096, 4096));
  ASSERT_TRUE(source);
  send_udp(3000);
  send_udp(2000, 10);
  send_udp(1000, 11);
  std::this_thread::sleep_for(milliseconds{60});
  Tally t;
  drain(
      *source, t, [] { return false; }, milliseconds{200});
  EXPECT_FALSE(t.exact);
  for (const auto port : std::initializer_list<std::uint16_t>{9, 10, 11}) {
    send_udp(1, port);
    drain(
        *source, t, [&] { return t.exact; }, milliseconds{200});
  }
  EXPECT_EQ(t.received + t.lost, 6003U);
  EXPECT_TRUE(t.exact);
}

TEST_F(NflogKernelTest, NothingIsLostAtShutdown) {
  rules(count_rules);
  auto v = values({5});
  v.set("queue_timeout", std::chrono::nanoseconds{std::chrono::seconds{60}});
  const auto source = opened(v);
  ASSERT_TRUE(source);
  send_udp(500);
  Collect c;
  ASSERT_TRUE(source->drain(now(), 4096, c));
  EXPECT_EQ(c.kept.size(), 0U) << "the kernel keeps its batch";
  source->stop(now(), c);
  EXPECT_EQ(c.kept.size(), 500U);
  EXPECT_EQ(c.lost, 0U);
  EXPECT_TRUE(c.exact);
  EXPECT_EQ(counted(), 500U);
}

TEST_F(NflogKernelTest, WhatHappenedBeforeTheNextLifeIsNoLoss) {
  rules(count_rules);
  auto first = opened(values({5}));
  Collect c;
  send_udp(5);
  first->stop(now(), c);
  first.reset();
  send_udp(7);
  const auto second = opened(values({5}));
  ASSERT_TRUE(second);
  send_udp(2);
  drain(*second, c, 7);
  EXPECT_EQ(c.kept.size(), 7U);
  EXPECT_EQ(c.lost, 0U);
}

TEST_F(NflogKernelTest, AHeldGroupNamesItsHolder) {
  const Fd holder(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  sockaddr_nl self{};
  self.nl_family = AF_NETLINK;
  self.nl_pid = 123456789;
  ASSERT_EQ(::bind(holder.get(), reinterpret_cast<sockaddr*>(&self), sizeof self), 0);
  Request bind;
  bind.group = 5;
  bind.batch_size = 4096;
  bind.threshold = 1;
  bind.timeout = 1;
  ASSERT_TRUE(act(holder.get(), {reinterpret_cast<const std::uint8_t*>(&bind), sizeof bind}));
  for (const auto& groups : {std::vector<std::int64_t>{5}, std::vector<std::int64_t>{6, 5}}) {
    auto refused = open(values(groups));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, EBUSY);
    EXPECT_NE(refused.error().what.find("group 5"), std::string::npos) << refused.error().what;
    EXPECT_NE(refused.error().what.find("port id 123456789 (this very process"), std::string::npos)
        << refused.error().what;
    EXPECT_FALSE(refused.error().mend.empty());
  }
  EXPECT_TRUE(opened(values({6}))) << "a refused life leaves no group behind";
  const auto trouble = kind.trouble(values({5}), privileged);
  ASSERT_TRUE(trouble);
  EXPECT_NE(trouble->what.find("123456789"), std::string::npos);
  EXPECT_FALSE(kind.trouble(values({6}), privileged));
  EXPECT_FALSE(kind.trouble({}, privileged));
}

TEST_F(NflogKernelTest, ARefusalIsSeenBehindPackets) {
  rules(R"(
table ip t {
  chain c { type filter hook prerouting priority raw
    udp dport 9 counter log group 5 queue-threshold 1 drop
  }
}
)");
  const Fd holder(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  Request bind;
  bind.group = 6;
  bind.batch_size = 4096;
  ASSERT_TRUE(act(holder.get(), {reinterpret_cast<const std::uint8_t*>(&bind), sizeof bind}));

  /// Lets packets arrive between the binding of one group and the next.
  class Busy final : public Privileged {
   public:
    Result<Fd> netlink_socket(const NetlinkSocket& r) override { return real.netlink_socket(r); }
    Status act(const SourceKind& k, int fd, Bytes request) override {
      auto status = real.act(k, fd, request);
      send_udp(3);
      return status;
    }
    Result<std::uint32_t> receive_buffer(int fd, std::uint32_t octets) override {
      return real.receive_buffer(fd, octets);
    }
    Result<Fd> sampler(int fd) override { return real.sampler(fd); }
    Status in_namespace(const NetnsName& n, const std::function<void()>& f) override {
      return real.in_namespace(n, f);
    }
    InProcess real;
  } busy;
  for (const std::int64_t buffer : {std::int64_t{1} << 20, std::int64_t{2304}}) {
    const SourceConfig config{"fw", &kind, values({5, 6}, buffer)};
    auto refused = kind.open(config, {1, Now{}, busy, table.scope("")});
    ASSERT_FALSE(refused) << buffer;
    EXPECT_EQ(refused.error().code, EBUSY);
    EXPECT_NE(refused.error().what.find("group 6"), std::string::npos) << refused.error().what;
    EXPECT_NE(refused.error().what.find("port id"), std::string::npos) << refused.error().what;
  }
}

TEST_F(NflogKernelTest, AForgedMessageIsForeign) {
  rules(count_rules);
  const auto source = opened(values({5}));
  ASSERT_TRUE(source);
  const Fd forger(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
  auto forged = test::FakeKernel::message(0x0400, 4);
  sockaddr_nl to{};
  to.nl_family = AF_NETLINK;
  to.nl_pid = test::FakeKernel::port(source->fd());
  ASSERT_GT(::sendto(forger.get(), forged.data(), forged.size(), 0,
                     reinterpret_cast<sockaddr*>(&to), sizeof to),
            0);
  send_udp(1);
  Collect c;
  drain(*source, c, 1);
  EXPECT_EQ(c.kept.size(), 1U);
  EXPECT_EQ(c.counts.foreign, 1U);
  EXPECT_EQ(c.counts.rejected, 0U);
}

TEST_F(NflogKernelTest, WithoutTheCapabilityTheErrorSaysSo) {
  ASSERT_EQ(::seteuid(65534), 0);  // drops the effective capabilities
  auto refused = open(values({5}));
  const auto trouble = kind.trouble(values({5}), privileged);
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().what.find("CAP_NET_ADMIN"), std::string::npos) << refused.error().what;
  EXPECT_FALSE(refused.error().mend.empty());
  ASSERT_TRUE(trouble);
  EXPECT_NE(trouble->what.find("CAP_NET_ADMIN"), std::string::npos);
}

TEST_F(NflogKernelTest, LargestDatagramsFitTheSlots) {
  rules(count_rules);
  sh("ip link set lo mtu 65536");
  for (const std::int64_t batch : {4096, 65536, 131072}) {
    auto v = values({5});
    v.set("batch_size", batch);
    v.set("copy_range", std::int64_t{65531});
    v.set("queue_threshold", std::int64_t{1'000'000});
    const auto source = opened(v);
    ASSERT_TRUE(source);
    const Fd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(9);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const Octets large(65000);
    (void)::sendto(fd.get(), large.data(), large.size(), 0, reinterpret_cast<sockaddr*>(&to),
                   sizeof to);
    send_udp(3000);
    Tally t;
    drain(*source, t, [&] { return t.received >= 3001; });
    EXPECT_EQ(t.received, 3001U) << batch;
    EXPECT_EQ(t.truncated, 0U) << batch;
    source->stop(now(), t);
  }
}

TEST_F(NflogKernelTest, ARecordingGivesTheSameFramesAsTheLiveSocket) {
  rules(count_rules);
  const auto source = opened(values({5}));
  ASSERT_TRUE(source);
  // Another instance of the same packets: a second socket cannot hold the group, so that the
  // datagrams are taken from the same queue, by peeking.
  send_udp(5);
  std::this_thread::sleep_for(milliseconds{60});
  Octets datagram(1U << 18U);
  const auto n = ::recv(source->fd(), datagram.data(), datagram.size(), MSG_PEEK | MSG_DONTWAIT);
  ASSERT_GT(n, 0);
  datagram.resize(static_cast<std::size_t>(n));
  Collect live;
  drain(*source, live, 5);

  Collect replayed;
  const auto decoder = kind.decoder(1, {}, table.scope(""));
  EXPECT_TRUE(netlink::each_message(datagram, [&](const netlink::Message& m) {
    if ((m.type & kind.recording.type_mask) == kind.recording.type_match)
      decoder->message({m.type, m.flags, m.payload, WallTime{}}, replayed);
  }));
  decoder->flush(replayed);
  ASSERT_EQ(live.kept.size(), 5U);
  ASSERT_EQ(replayed.kept.size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    const auto& a = live.kept[i];
    const auto& b = replayed.kept[i];
    EXPECT_EQ(a.data, b.data);
    EXPECT_EQ(a.link_header, b.link_header);
    EXPECT_EQ(a.prefix, b.prefix);
    EXPECT_EQ(a.prefix, "count");
    EXPECT_EQ(a.frame.at, b.frame.at);
    EXPECT_EQ(a.frame.in, b.frame.in);
    EXPECT_EQ(a.frame.group, b.frame.group);
    EXPECT_EQ(a.frame.link, b.frame.link);
    EXPECT_EQ(a.frame.protocol, b.frame.protocol);
  }
}

TEST_F(NflogKernelTest, AnotherNamespaceIsEnteredOnlyToOpen) {
  const Fd here(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  rules(count_rules);
  ASSERT_EQ(test::enter_private_netns(), "");  // now elsewhere
  auto v = values({5});
  v.set("netns", "/proc/self/fd/" + std::to_string(here.get()));
  const auto source = opened(v);
  ASSERT_TRUE(source);
  ASSERT_TRUE(privileged.in_namespace(NetnsName::from(v.text("netns")), [] { send_udp(4); }));
  Collect c;
  drain(*source, c, 4);
  EXPECT_EQ(c.kept.size(), 4U);
}

}  // namespace
}  // namespace netweir::nflog
