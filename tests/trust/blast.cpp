// SPDX-License-Identifier: GPL-2.0-or-later
// trust_blast INTERFACE arp|na|pingpong COUNT [RATE [SEED]]: frames of spoofed claims on an
// interface, RATE a second (0 = as fast as they go). Prints how many were sent. Ends by itself.
//   arp       ARP requests, MAC and IP at random
//   na        neighbour advertisements of random addresses and MACs, behind two random VLAN tags
//   pingpong  two MACs that claim 10.77.0.1 in turns
#include <arpa/inet.h>
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
#include <random>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Octets = std::vector<std::uint8_t>;
using Random = std::mt19937_64;

void put(Octets& to, std::initializer_list<int> octets) {
  for (const int o : octets) to.push_back(static_cast<std::uint8_t>(o));
}
void put_random(Octets& to, Random& random, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) to.push_back(static_cast<std::uint8_t>(random()));
}

// RFC 826, a request.
void arp(Octets& f, const Octets& mac, const Octets& ip) {
  put(f, {255, 255, 255, 255, 255, 255});
  f.insert(f.end(), mac.begin(), mac.end());
  put(f, {8, 6, 0, 1, 8, 0, 6, 4, 0, 1});
  f.insert(f.end(), mac.begin(), mac.end());
  f.insert(f.end(), ip.begin(), ip.end());
  put(f, {0, 0, 0, 0, 0, 0, 10, 0, 0, 1});
  f.resize(60);
}

std::uint16_t checksum(const Octets& pseudo, const Octets& body) {
  std::uint32_t sum = 0;
  for (const auto* part : {&pseudo, &body}) {
    for (std::size_t i = 0; i < part->size(); i += 2) {
      sum += static_cast<std::uint32_t>((*part)[i] << 8U) +
             (i + 1 < part->size() ? (*part)[i + 1] : 0U);
    }
  }
  while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

// RFC 4861 section 4.4, with a target link-layer option, behind 802.1ad and 802.1Q.
void advertisement(Octets& f, Random& random) {
  Octets mac;
  put(mac, {2});
  put_random(mac, random, 5);
  Octets from;
  put(from, {0xfe, 0x80, 0, 0, 0, 0, 0, 0});
  put_random(from, random, 8);
  Octets to;
  put(to, {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  put(f, {0x33, 0x33, 0, 0, 0, 1});
  f.insert(f.end(), mac.begin(), mac.end());
  const auto outer = 1 + random() % 4094;
  const auto inner = 1 + random() % 4094;
  put(f, {0x88, 0xa8, static_cast<int>(outer >> 8U), static_cast<int>(outer & 255U)});
  put(f, {0x81, 0x00, static_cast<int>(inner >> 8U), static_cast<int>(inner & 255U)});
  put(f, {0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58, 255});
  f.insert(f.end(), from.begin(), from.end());
  f.insert(f.end(), to.begin(), to.end());
  Octets body;
  put(body, {136, 0, 0, 0, 0x20, 0, 0, 0});
  body.insert(body.end(), from.begin(), from.end());
  put(body, {2, 1});
  body.insert(body.end(), mac.begin(), mac.end());
  Octets pseudo = from;
  pseudo.insert(pseudo.end(), to.begin(), to.end());
  put(pseudo, {0, 0, 0, 32, 0, 0, 0, 58});
  const auto sum = checksum(pseudo, body);
  body[2] = static_cast<std::uint8_t>(sum >> 8U);
  body[3] = static_cast<std::uint8_t>(sum & 0xffU);
  f.insert(f.end(), body.begin(), body.end());
}

Octets frame(std::string_view what, std::uint64_t n, Random& random) {
  Octets f;
  if (what == "na") {
    advertisement(f, random);
    return f;
  }
  Octets mac;
  put(mac, {2});
  Octets ip;
  if (what == "pingpong") {
    put(mac, {0, 0, 0, 0, n % 2 == 0 ? 0x11 : 0x22});
    put(ip, {10, 77, 0, 1});
  } else {
    put_random(mac, random, 5);
    put(ip, {static_cast<int>(11 + random() % 100)});
    put_random(ip, random, 3);
  }
  arp(f, mac, ip);
  return f;
}

int fail(const char* what) {
  std::perror(what);
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("usage: trust_blast INTERFACE arp|na|pingpong COUNT [RATE [SEED]]\n", stderr);
    return 64;
  }
  const std::string_view what = argv[2];
  const auto count = std::strtoull(argv[3], nullptr, 10);
  const auto rate = argc > 4 ? std::strtoull(argv[4], nullptr, 10) : 0;
  Random random(argc > 5 ? std::strtoull(argv[5], nullptr, 10) : 1);
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail("socket");
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(::if_nametoindex(argv[1]));
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) return fail("bind");
  constexpr std::size_t batch = 64;
  std::array<Octets, batch> frames;
  std::array<iovec, batch> pieces{};
  std::array<mmsghdr, batch> messages{};
  const auto begin = std::chrono::steady_clock::now();
  std::uint64_t sent = 0;
  while (sent < count) {
    const auto n = static_cast<unsigned>(std::min<std::uint64_t>(
        {batch, count - sent, rate == 0 ? batch : std::max<std::uint64_t>(rate / 100, 1)}));
    for (unsigned i = 0; i < n; ++i) {
      frames[i] = frame(what, sent + i, random);
      pieces[i] = {frames[i].data(), frames[i].size()};
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int took = ::sendmmsg(fd, messages.data(), n, 0);
    if (took < 0 && errno != ENOBUFS && errno != EAGAIN) return fail("sendmmsg");
    if (took > 0) sent += static_cast<unsigned>(took);
    if (rate != 0) {
      std::this_thread::sleep_until(begin +
                                    std::chrono::nanoseconds{1'000'000'000ULL * sent / rate});
    }
  }
  std::printf("%llu\n", static_cast<unsigned long long>(sent));
  return 0;
}
