// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "kit/hex.h"
#include "kit/needs.h"

namespace netweir::test {

/// A namespace with v0 and v1 joined and up, and nothing that talks by itself. Empty, or why not.
inline std::string pair_of_interfaces() {
  if (::geteuid() != 0) return "needs root";
  if (auto why = enter_private_netns(); !why.empty()) return why;
  std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << 1;
  if (std::system("ip link add v0 type veth peer name v1 && ip link set v0 up && "
                  "ip link set v1 up") != 0) {
    return "ip link add type veth fails";
  }
  // The kernel gives the carrier from a work queue.
  for (int i = 0; i < 500; ++i) {
    if (std::system("test 2 = $(ip -o link show type veth | grep -c 'state UP')") == 0) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return "the veth pair gets no carrier";
}

inline bool readable(int fd, int milliseconds) {
  pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, milliseconds) > 0;
}

/// The ARP request of 192.0.2.1 at 02:00:00:00:00:01 behind these tags, in hex.
inline std::vector<std::uint8_t> tagged_arp(std::string_view tags) {
  return hex(std::string("ffffffffffff 020000000001 ")
                 .append(tags)
                 .append("0806 0001 0800 0604 0001 020000000001 c0000201 000000000000 c0000202 "
                         "0000000000000000000000000000 00000000"));
}

}  // namespace netweir::test
