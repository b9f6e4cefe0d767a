// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <vector>

#include "netweir/bytes.h"
#include "os/fd.h"
#include "os/privileged.h"

namespace netweir::test {

/// Plays the kernel: multicasts to a group of NETLINK_USERSOCK. Real netlink, so real ENOBUFS,
/// drops and cuts, and no kernel module needed. Its datagrams come from sender(), not from 0.
class FakeKernel {
 public:
  static constexpr std::uint32_t group = 7;

  FakeKernel() : rx_(open()), tx_(open()) {
    const auto joined = group;
    EXPECT_EQ(::setsockopt(rx_.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &joined, sizeof joined),
              0);
    const int room = 1 << 20;
    EXPECT_EQ(::setsockopt(tx_.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
  }

  int rx() const noexcept { return rx_.get(); }
  std::uint32_t sender() const { return port(tx_.get()); }

  /// Hands the receiving descriptor over: rx() is not to be used any more.
  Fd take() { return std::move(rx_); }

  /// One datagram to the group, as it stands. The send also speaks to port 0, where nobody
  /// listens: ECONNREFUSED says nothing of the multicast.
  void send(Bytes datagram) const { send(tx_.get(), datagram); }
  /// One datagram to the socket of that port alone.
  void send_to(std::uint32_t port_id, Bytes datagram) const {
    sockaddr_nl to{};
    to.nl_family = AF_NETLINK;
    to.nl_pid = port_id;
    (void)::sendto(tx_.get(), datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&to),
                   sizeof to);
  }
  static void send(int from, Bytes datagram) {
    sockaddr_nl to{};
    to.nl_family = AF_NETLINK;
    to.nl_groups = 1U << (group - 1);
    (void)::sendto(from, datagram.data(), datagram.size(), 0, reinterpret_cast<sockaddr*>(&to),
                   sizeof to);
  }

  /// One message of `payload` zero octets, its datagram padded to four octets or not.
  static std::vector<std::uint8_t> message(std::uint16_t type, std::size_t payload,
                                           bool padded = true, std::uint16_t flags = 0) {
    nlmsghdr head{};
    head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + payload);
    head.nlmsg_type = type;
    head.nlmsg_flags = flags;
    std::vector<std::uint8_t> out(padded ? (head.nlmsg_len + 3U) & ~3U : head.nlmsg_len);
    std::memcpy(out.data(), &head, sizeof head);
    return out;
  }

  static Fd open() {
    Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_USERSOCK));
    sockaddr_nl self{};
    self.nl_family = AF_NETLINK;
    EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&self), sizeof self), 0);
    return fd;
  }
  static std::uint32_t port(int fd) {
    sockaddr_nl self{};
    socklen_t length = sizeof self;
    EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&self), &length), 0);
    return self.nl_pid;
  }

 private:
  Fd rx_, tx_;
};

/// Hands over the fake kernel's socket first, then sockets that only hear what is sent to them; the
/// kinds' requests are recorded and answered with success, buffers are set for real.
class FakePrivileged final : public Privileged {
 public:
  explicit FakePrivileged(FakeKernel& kernel) : kernel_(kernel) {}

  Result<Fd> netlink_socket(const NetlinkSocket&) override {
    if (auto first = kernel_.take()) return first;
    return FakeKernel::open();
  }
  Status act(const SourceKind&, int fd, Bytes request) override {
    acts.emplace_back(request.begin(), request.end());
    if (on_act) on_act(fd);
    return Ok{};
  }
  Result<std::uint32_t> receive_buffer(int fd, std::uint32_t octets) override {
    buffers.push_back(octets);
    return real_.receive_buffer(fd, octets);
  }
  Result<Fd> sampler(int fd) override { return real_.sampler(fd); }
  Status in_namespace(const NetnsName&, const std::function<void()>& act) override {
    act();
    return Ok{};
  }

  std::vector<std::vector<std::uint8_t>> acts;
  std::vector<std::uint32_t> buffers;
  std::function<void(int fd)> on_act;

 private:
  FakeKernel& kernel_;
  InProcess real_;
};

}  // namespace netweir::test
