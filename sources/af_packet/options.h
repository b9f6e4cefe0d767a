// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <cstdint>
#include <string>

namespace netweir::af_packet {

/// How packets come out of the kernel: blocks of a ring that both map, or recvmmsg().
enum class Receive : std::uint8_t { ring, recvmmsg };

/// Which of the times of a packet is asked for (Documentation/networking/timestamping.rst).
/// `hardware`: the device's where it gives one, else the kernel's. `both`: each.
enum class Stamps : std::uint8_t { software, hardware, both };

/// How an interface is listened to.
struct Options {
  std::string interface, filter, netns;
  std::uint32_t snaplen = 256;
  std::uint32_t sample = 1;        ///< of the packets that pass, a random one in so many
  std::uint32_t buffer = 8 << 20;  ///< octets, of each socket
  Receive receive = Receive::ring;
  std::uint32_t sockets = 1;
  std::uint16_t fanout = PACKET_FANOUT_HASH;  ///< of more than one socket (packet(7))
  std::uint16_t protocol = ETH_P_ALL;         ///< EtherType
  bool outgoing = true, promiscuous = false;
  Stamps stamps = Stamps::software;
};

}  // namespace netweir::af_packet
