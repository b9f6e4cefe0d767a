// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cstdint>
#include <vector>

#include "os/fd.h"

namespace netweir::test {

/// Sends frames as they are, tags included, out of an interface.
class Sender {
 public:
  explicit Sender(const char* interface) : fd_(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0)) {
    to_.sll_family = AF_PACKET;
    to_.sll_ifindex = static_cast<int>(::if_nametoindex(interface));
  }
  void send(const std::vector<std::uint8_t>& frame) const {
    EXPECT_EQ(::sendto(fd_.get(), frame.data(), frame.size(), 0,
                       static_cast<const sockaddr*>(static_cast<const void*>(&to_)), sizeof to_),
              static_cast<ssize_t>(frame.size()));
  }

 private:
  Fd fd_;
  sockaddr_ll to_{};
};

}  // namespace netweir::test
