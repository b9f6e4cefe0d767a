// SPDX-License-Identifier: GPL-2.0-or-later
// live_sender INTERFACE COUNT: that many UDP frames of 64 octets, as fast as they go, past the
// queue. Prints how many were sent and in how many nanoseconds. Ends by itself.
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t at_once = 64, octets = 64;

// 02:00:00:00:00:01 to :02, 10.0.0.1 to 10.0.0.2, UDP 1000 to 2000 without a checksum.
constexpr std::array<std::uint8_t, octets> frame{
    2, 0, 0,  0,  0,    2,    2,  0, 0, 0, 0,  1, 8, 0, 0x45, 0,    0,    50,   0, 0,
    0, 0, 64, 17, 0x66, 0xb9, 10, 0, 0, 1, 10, 0, 0, 2, 0x03, 0xe8, 0x07, 0xd0, 0, 30};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  const auto count = std::strtoull(argv[2], nullptr, 10);
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(::if_nametoindex(argv[1]));
  const int on = 1;
  if (fd < 0 || to.sll_ifindex == 0 ||
      ::setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on) != 0) {
    std::perror(argv[1]);
    return 71;
  }
  auto copy = frame;
  iovec piece{copy.data(), copy.size()};
  std::array<mmsghdr, at_once> messages{};
  for (auto& m : messages) {
    m.msg_hdr.msg_iov = &piece;
    m.msg_hdr.msg_iovlen = 1;
    m.msg_hdr.msg_name = &to;
    m.msg_hdr.msg_namelen = sizeof to;
  }
  const auto begin = std::chrono::steady_clock::now();
  unsigned long long sent = 0;
  while (sent < count) {
    const auto most = static_cast<unsigned>(std::min<unsigned long long>(at_once, count - sent));
    const int n = ::sendmmsg(fd, messages.data(), most, 0);
    if (n < 0 && errno != ENOBUFS && errno != EINTR) {
      std::perror("sendmmsg");
      return 71;
    }
    if (n > 0) sent += static_cast<unsigned>(n);
  }
  const auto took = std::chrono::steady_clock::now() - begin;
  std::printf("%llu %lld\n", sent, static_cast<long long>(took / std::chrono::nanoseconds{1}));
}
