// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "netweir/bytes.h"
#include "netweir/frame.h"
#include "netweir/time.h"

namespace netweir::nflog {

/// nlmsg_type of a logged packet: NFNL_SUBSYS_ULOG, NFULNL_MSG_PACKET.
inline constexpr std::uint16_t packet_message = 0x0400;

/// What a message says that only its group and its namespace can make sense of.
struct Numbers {
  std::uint32_t in = 0, out = 0, phys_in = 0, phys_out = 0;  ///< interface indexes; 0 = none
  bool has_seq = false;
  std::uint32_t seq = 0;  ///< of the group, from 0, wraps
};

/// Reads what follows the nlmsghdr: nfgenmsg and attributes, also what a packet of LINKTYPE_NFLOG
/// holds (linux/netfilter/nfnetlink_log.h). False where a known attribute has a wrong length, the
/// attributes do not add up, or NFULA_PACKET_HDR is missing; unknown attributes are skipped.
/// `receipt` becomes the frame's time where the kernel gave none. All three results are
/// overwritten, with views into `payload`; source, interfaces and Frame::nflog are left to the
/// caller. Pure; reads nothing outside `payload`.
///
/// The frame is Ethernet where the kernel gave a link header that is one: NFULA_L2HDR (bridge and
/// netdev families) or NFULA_HWHEADER of an Ethernet device, of at least 14 octets, whose EtherType
/// is the packet's. Else it is raw: the payload begins at the network header, and
/// Frame::protocol says what it is. NFULA_VLAN becomes Frame::tag.
bool decode(Bytes payload, WallTime receipt, Frame& frame, NflogExtra& extra,
            Numbers& numbers) noexcept;

/// The group of a message, without reading its attributes; 0 where it is too short.
std::uint16_t group_of(Bytes payload) noexcept;

/// Packets that the kernel numbered between two that we saw. 0 for a repeated or a late number, so
/// that one of those is not read as four thousand million lost.
constexpr std::uint32_t lost_between(std::uint32_t last, std::uint32_t now) noexcept {
  const std::uint32_t gap = now - last - 1;
  return gap < 0x80000000U ? gap : 0;
}

}  // namespace netweir::nflog
