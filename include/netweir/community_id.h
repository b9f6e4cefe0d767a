// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>

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

/// Empty where there is none.
std::string community_id(const Packet& packet);

}  // namespace netweir
