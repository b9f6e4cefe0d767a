// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>

#include "netweir/flow.h"
#include "netweir/packet.h"

namespace netweir {

inline constexpr std::size_t community_id_text = 30;

/// Writes the Community ID of the packet's flow, version 1 with seed 0, from `to` on without a NUL
/// (https://github.com/corelight/community-id-spec), and returns the end: 30 octets, the same for
/// both directions. Of the outermost IP header, fragment and tunnel or not. Writes nothing where
/// something that it is made of was not read: the addresses, the protocol behind IPv6 extension
/// headers, the ports of TCP, UDP and SCTP (a later fragment has none), the type and code of ICMP
/// and ICMPv6. Never allocates.
char* put_community_id(char* to, const Packet& packet) noexcept;

/// Of a tracked session, from its original tuple: that of its packets before any translation. GRE
/// keys and the ports of DCCP and UDP-Lite are no part of it, as for packets.
char* put_community_id(char* to, const FlowTuple& tuple) noexcept;

/// Empty where there is none.
std::string community_id(const Packet& packet);
std::string community_id(const FlowTuple& tuple);

}  // namespace netweir
