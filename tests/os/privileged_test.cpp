// SPDX-License-Identifier: GPL-2.0-or-later
#include "os/privileged.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <string>

#include "kit/needs.h"

namespace netweir {
namespace {

std::string current_netns() {
  struct stat s {};
  if (::stat("/proc/thread-self/ns/net", &s) != 0) return "?";
  return std::to_string(s.st_dev) + ":" + std::to_string(s.st_ino);
}

TEST(NetnsName, KeepsWhatFits) {
  EXPECT_EQ(NetnsName::from("").view(), "");
  EXPECT_EQ(NetnsName::from("blue").view(), "blue");
  const std::string longest(255, 'x');
  EXPECT_EQ(NetnsName::from(longest).view(), longest);
  EXPECT_EQ(NetnsName::from(longest + "x").view(), "");
}

TEST(InProcess, OpensABoundSocket) {
  InProcess privileged;
  NetlinkSocket request;
  request.protocol = NETLINK_ROUTE;
  request.groups = {1, 0, 0, 0};  // RTNLGRP_LINK
  auto fd = privileged.netlink_socket(request);
  ASSERT_TRUE(fd) << fd.error().what;
  sockaddr_nl self{};
  socklen_t length = sizeof self;
  ASSERT_EQ(::getsockname(fd->get(), reinterpret_cast<sockaddr*>(&self), &length), 0);
  EXPECT_NE(self.nl_pid, 0U);
  EXPECT_EQ(self.nl_groups, 1U);
  EXPECT_TRUE(::fcntl(fd->get(), F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC);
}

TEST(InProcess, NamesWhatFailed) {
  InProcess privileged;
  NetlinkSocket request;
  request.protocol = 4096;
  auto fd = privileged.netlink_socket(request);
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().code, EPROTONOSUPPORT);
  EXPECT_NE(fd.error().what.find("4096"), std::string::npos) << fd.error().what;
}

TEST(InProcess, SaysHowToMakeAMissingNamespace) {
  InProcess privileged;
  NetlinkSocket request;
  request.netns = NetnsName::from("no-such-namespace-of-netweir");
  auto fd = privileged.netlink_socket(request);
  ASSERT_FALSE(fd);
  EXPECT_EQ(fd.error().code, ENOENT);
  EXPECT_NE(fd.error().what.find("/run/netns/no-such-namespace-of-netweir"), std::string::npos);
  EXPECT_EQ(fd.error().mend, "ip netns add no-such-namespace-of-netweir");
  bool ran = false;
  auto status = privileged.in_namespace(request.netns, [&] { ran = true; });
  EXPECT_FALSE(status);
  EXPECT_FALSE(ran);
}

TEST(InProcess, RefusesWhatIsNoNamespace) {
  InProcess privileged;
  bool ran = false;
  auto status = privileged.in_namespace(NetnsName::from("/dev/null"), [&] { ran = true; });
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, EINVAL) << status.error().what;
  EXPECT_FALSE(ran);
}

TEST(InProcess, GoesThereAndBack) {
  const Fd first(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  NETWEIR_NEEDS("kernel", test::enter_private_netns());
  const auto here = current_netns();
  const auto there = "/proc/self/fd/" + std::to_string(first.get());
  InProcess privileged;
  std::string seen;
  auto status = privileged.in_namespace(NetnsName::from(there), [&] { seen = current_netns(); });
  if (::geteuid() == 0) {
    ASSERT_TRUE(status) << status.error().what;
    EXPECT_NE(seen, here);
  }
  EXPECT_EQ(current_netns(), here);
}

TEST(InProcess, ReportsTheBufferInForceInTheTermsOfSetsockopt) {
  InProcess privileged;
  auto fd = privileged.netlink_socket({});
  ASSERT_TRUE(fd) << fd.error().what;
  for (const std::uint32_t octets : {2304U, 4096U, 65536U, 4194304U}) {
    auto set = privileged.receive_buffer(fd->get(), octets);
    ASSERT_TRUE(set) << set.error().what;
    if (::geteuid() == 0)
      EXPECT_EQ(*set, octets);
    else
      EXPECT_LE(*set, octets);
  }
  auto least = privileged.receive_buffer(fd->get(), 1);  // SOCK_MIN_RCVBUF, doubled: 2304
  ASSERT_TRUE(least);
  EXPECT_EQ(*least, 1152U);
  EXPECT_TRUE(privileged.receive_buffer(fd->get(), 0xffffffffU));
  EXPECT_FALSE(privileged.receive_buffer(-1, 4096));
}

TEST(InProcess, ActRunsTheRequestOfTheKind) {
  InProcess privileged;
  const SourceKind none{.name = "none"};
  EXPECT_FALSE(privileged.act(none, 0, {}));
  SourceKind kind{.name = "kind"};
  kind.act = [](int fd, Bytes request) -> Status {
    return Error{fd, std::to_string(request.size()), {}};
  };
  const std::array<std::uint8_t, 3> request{};
  auto status = privileged.act(kind, 7, request);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, 7);
  EXPECT_EQ(status.error().what, "3");
}

}  // namespace
}  // namespace netweir
