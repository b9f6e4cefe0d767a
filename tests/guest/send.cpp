// SPDX-License-Identifier: GPL-2.0-or-later
// guest_send INTERFACE FILE.pcap [ROUNDS [PAUSE_US]]: sends the frames of a pcap file, octet for
// octet, ROUNDS times, with a pause after each frame. Says how many it sent.
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::size_t file_header = 24;
constexpr std::size_t record_header = 16;

/// The packets of a pcap file in this machine's order.
std::vector<Octets> read(const char* path) {
  std::vector<Octets> frames;
  std::FILE* in = std::fopen(path, "rb");
  Octets header(file_header);
  if (in == nullptr || std::fread(header.data(), 1, file_header, in) != file_header) return frames;
  while (std::fread(header.data(), 1, record_header, in) == record_header) {
    std::uint32_t size = 0;
    std::memcpy(&size, header.data() + 8, sizeof size);
    if (size > 1 << 20) break;
    Octets frame(size);
    if (std::fread(frame.data(), 1, size, in) != size) break;
    frames.push_back(std::move(frame));
  }
  std::fclose(in);
  return frames;
}

}  // namespace

int main(int count, char** words) {
  if (count < 3) return 64;
  const long rounds = count > 3 ? std::atol(words[3]) : 1;
  const auto pause = static_cast<useconds_t>(count > 4 ? std::atol(words[4]) : 0);
  const auto frames = read(words[2]);
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = static_cast<int>(::if_nametoindex(words[1]));
  // Protocol 0: this socket receives nothing.
  const int fd = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (frames.empty() || fd < 0 || to.sll_ifindex == 0) {
    std::fprintf(stderr, "guest_send: %s or %s: %s\n", words[2], words[1], std::strerror(errno));
    return 1;
  }
  long sent = 0;
  for (long round = 0; round < rounds; ++round) {
    for (const auto& frame : frames) {
      while (::sendto(fd, frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                      sizeof to) < 0) {
        if (errno == ENOBUFS || errno == EINTR) continue;
        std::fprintf(stderr, "guest_send: frame of %zu octets: %s\n", frame.size(),
                     std::strerror(errno));
        return 1;
      }
      ++sent;
      if (pause != 0) ::usleep(pause);
    }
  }
  std::printf("%ld\n", sent);
  return 0;
}
