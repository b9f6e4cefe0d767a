// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/receiver.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "kit/fake_kernel.h"
#include "kit/needs.h"

namespace netweir::netlink {
namespace {

using test::FakeKernel;

struct Seen {
  std::size_t messages = 0, octets = 0;
  Receiver::Each each = [this](const Message& m) {
    EXPECT_EQ(m.type, 0x20);
    ++messages;
    octets += m.payload.size();
  };
};

Received read(Receiver& receiver, int fd, const Receiver::Each& each, std::size_t max = 16) {
  auto r = receiver.read(fd, max, each);
  EXPECT_TRUE(r) << (r ? "" : r.error().what);
  return r ? *r : Received{};
}

class ReceiverTest : public testing::Test {
 protected:
  void SetUp() override { NETWEIR_NEEDS("kernel", test::enter_private_netns()); }
};

TEST_F(ReceiverTest, ReadsToTheEndAndSaysSo) {
  const FakeKernel k;
  Receiver receiver(16384, 4, k.sender());
  Seen seen;
  EXPECT_TRUE(read(receiver, k.rx(), seen.each).empty);
  for (int i = 0; i < 6; ++i) k.send(FakeKernel::message(0x20, 5, i % 2 == 0));
  auto r = read(receiver, k.rx(), seen.each);
  EXPECT_EQ(r.datagrams, 4U);  // as many as there are slots
  EXPECT_FALSE(r.empty);
  r = read(receiver, k.rx(), seen.each, 1);
  EXPECT_EQ(r.datagrams, 1U);
  r = read(receiver, k.rx(), seen.each);
  EXPECT_EQ(r.datagrams, 1U);
  EXPECT_TRUE(read(receiver, k.rx(), seen.each).empty);
  EXPECT_EQ(seen.messages, 6U);
  EXPECT_EQ(seen.octets, 30U);
  EXPECT_EQ(read(receiver, k.rx(), seen.each, 0).datagrams, 0U);
}

TEST_F(ReceiverTest, CountsCutsAndForeignSenders) {
  const FakeKernel k;
  Receiver receiver(16384, 16, k.sender());
  Seen seen;
  k.send(FakeKernel::message(0x20, 20000));
  k.send(FakeKernel::message(0x20, 8));
  const Fd stranger = FakeKernel::open();
  FakeKernel::send(stranger.get(), FakeKernel::message(0x20, 8));
  FakeKernel::send(stranger.get(), FakeKernel::message(0x20, 20000));
  const auto r = read(receiver, k.rx(), seen.each);
  EXPECT_EQ(r.datagrams, 4U);
  EXPECT_EQ(r.truncated, 1U);
  EXPECT_EQ(r.foreign, 2U);
  EXPECT_EQ(r.malformed, 0U);
  EXPECT_EQ(seen.messages, 1U);

  Receiver trusts_the_kernel_alone(16384, 16);
  k.send(FakeKernel::message(0x20, 8));
  EXPECT_EQ(read(trusts_the_kernel_alone, k.rx(), seen.each).foreign, 1U);
  EXPECT_EQ(seen.messages, 1U);
}

TEST_F(ReceiverTest, CountsDropsExactlyAndOverrunsOnce) {
  const FakeKernel k;
  Receiver receiver(16384, 16, k.sender());
  const int small = 2048;
  ASSERT_EQ(::setsockopt(k.rx(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
  for (int i = 0; i < 200; ++i) k.send(FakeKernel::message(0x20, 8));
  Seen seen;
  std::uint64_t overruns = 0;
  for (bool empty = false; !empty;) {
    const auto r = read(receiver, k.rx(), seen.each);
    overruns += r.overruns;
    empty = r.empty;
  }
  EXPECT_EQ(overruns, 1U);
  EXPECT_GT(seen.messages, 0U);
  EXPECT_EQ(seen.messages + drops(k.rx()), 200U);
}

TEST_F(ReceiverTest, CountsTheTimesThatTheKernelSaysOverrun) {
  const FakeKernel k;
  Receiver receiver(16384, 16, k.sender());
  Seen seen;
  k.send(FakeKernel::message(NLMSG_OVERRUN, 0));
  k.send(FakeKernel::message(NLMSG_NOOP, 0));
  k.send(FakeKernel::message(NLMSG_DONE, 4));                     // ends a batch of NFLOG
  k.send(FakeKernel::message(NLMSG_DONE, 0, true, NLM_F_MULTI));  // cut short
  auto r = read(receiver, k.rx(), seen.each, 3);
  EXPECT_EQ(r.overruns, 1U);
  EXPECT_FALSE(r.done);
  r = read(receiver, k.rx(), seen.each);
  EXPECT_TRUE(r.done);
  EXPECT_EQ(r.error, 0);
  EXPECT_EQ(seen.messages, 0U);

  auto failed = FakeKernel::message(NLMSG_ERROR, 20);
  const int code = -EPERM;
  std::memcpy(failed.data() + 16, &code, sizeof code);
  k.send(failed);
  EXPECT_EQ(read(receiver, k.rx(), seen.each).error, EPERM);
  k.send(FakeKernel::message(NLMSG_ERROR, 20));  // an acknowledgement
  k.send(FakeKernel::message(NLMSG_ERROR, 3));
  EXPECT_EQ(read(receiver, k.rx(), seen.each).error, 0);
}

TEST_F(ReceiverTest, HandsOutWhatIsBeforeABadLength) {
  const FakeKernel k;
  Receiver receiver(16384, 16, k.sender());
  const auto good = FakeKernel::message(0x20, 8);
  for (std::size_t cut = 1; cut <= good.size(); ++cut) {
    auto two = good;
    two.insert(two.end(), good.begin(), good.end());
    two.resize(two.size() - cut);
    k.send(two);
    Seen seen;
    const auto r = read(receiver, k.rx(), seen.each);
    EXPECT_EQ(seen.messages, 1U) << cut;
    EXPECT_EQ(r.malformed, cut == good.size() ? 0U : 1U) << cut;
  }
  for (const std::uint32_t length : {0U, 1U, 15U, 25U, 0xffffffffU}) {
    auto bad = good;
    std::memcpy(bad.data(), &length, sizeof length);
    k.send(bad);
    Seen seen;
    EXPECT_EQ(read(receiver, k.rx(), seen.each).malformed, 1U) << length;
    EXPECT_EQ(seen.messages, 0U) << length;
  }
}

TEST_F(ReceiverTest, TapSeesEveryDatagramBeforeItsMessages) {
  const FakeKernel k;
  Receiver receiver(16384, 16, k.sender());
  std::vector<std::string> order;
  std::vector<std::uint32_t> ports;
  receiver.tap([&](const Receiver::Raw& raw) {
    order.push_back("datagram " + std::to_string(raw.octets.size()) + " of " +
                    std::to_string(raw.length) + (raw.first ? " first" : ""));
    ports.push_back(raw.port);
  });
  auto two = FakeKernel::message(0x20, 8);
  const auto one = two;
  two.insert(two.end(), one.begin(), one.end());
  k.send(two);
  const Fd stranger = FakeKernel::open();
  FakeKernel::send(stranger.get(), one);
  k.send(FakeKernel::message(0x20, 20000));  // longer than a slot
  const auto r = receiver.read(k.rx(), 16, [&](const Message&) { order.emplace_back("message"); });
  ASSERT_TRUE(r);
  EXPECT_EQ(order, (std::vector<std::string>{"datagram 48 of 48 first", "message", "message",
                                             "datagram 24 of 24", "datagram 16384 of 20016"}));
  EXPECT_EQ(ports,
            (std::vector<std::uint32_t>{k.sender(), FakeKernel::port(stranger.get()), k.sender()}));
}

TEST_F(ReceiverTest, ABrokenDescriptorIsAnErrorAndNoSpin) {
  Receiver receiver(4096, 2);
  const Receiver::Each none = [](const Message&) {};
  EXPECT_FALSE(receiver.read(-1, 2, none));
  const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(receiver.read(file.get(), 2, none));
  const Fd odd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));  // EINVAL, again and again
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(receiver.read(odd.get(), 2, none)) << i;
  EXPECT_FALSE(receiver.read(odd.get(), 2, none));
  EXPECT_EQ(drops(-1), 0U);
  EXPECT_EQ(drops(file.get()), 0U);
}

}  // namespace
}  // namespace netweir::netlink
