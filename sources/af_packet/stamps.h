// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <ctime>

#include "netweir/frame.h"

namespace netweir::af_packet {

// What the two ways of receiving tell of a packet, in the words of a frame.

inline WallTime time_of(std::int64_t seconds, std::int64_t nanoseconds) noexcept {
  return WallTime{std::chrono::seconds{seconds} + std::chrono::nanoseconds{nanoseconds}};
}

/// REQUIRES: TP_STATUS_VLAN_VALID. Kernels of before 3.14 do not say what announced the tag.
inline VlanTag tag_of(std::uint32_t status, std::uint32_t tci, std::uint16_t tpid) noexcept {
  return {(status & TP_STATUS_VLAN_TPID_VALID) != 0 ? tpid : std::uint16_t{ETH_P_8021Q},
          static_cast<std::uint16_t>(tci)};
}

inline void place(Frame& frame, bool outgoing, LinkId link) noexcept {
  frame.direction = outgoing ? Direction::egress : Direction::ingress;
  frame.in = outgoing ? 0 : link;
  frame.out = outgoing ? link : 0;
}

/// struct scm_timestamping (linux/errqueue.h): the kernel's time, and the device's. Zero = none.
struct Times {
  std::array<timespec, 3> at{};
  WallTime software() const noexcept { return time_of(at[0].tv_sec, at[0].tv_nsec); }
  WallTime hardware() const noexcept { return time_of(at[2].tv_sec, at[2].tv_nsec); }
};

/// The content of a control message, whose alignment nobody promises.
template <class T>
T content(const cmsghdr& message) noexcept {
  T value;
  std::memcpy(&value, CMSG_DATA(&message), sizeof value);
  return value;
}

}  // namespace netweir::af_packet
