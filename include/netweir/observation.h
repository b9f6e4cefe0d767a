// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>

#include "netweir/address.h"
#include "netweir/packet.h"

namespace netweir {

/// What made us believe that an address belongs to a MAC.
enum class Evidence : std::uint8_t {
  arp_request,
  arp_reply,
  arp_reply_target,
  arp_announce,
  nd_ns,
  nd_na,
  nd_rs,
  nd_ra,
  ip,   ///< the source address of a packet
  dhcp  ///< an acknowledgement (RFC 2131)
};

/// How much evidence counts for: weaker never overrides stronger within its lifetime. ARP and ND
/// are the host's own word, DHCP the server's; who forwards a packet has not its address.
constexpr std::uint8_t strength(Evidence evidence) noexcept {
  return evidence == Evidence::ip ? 0 : evidence == Evidence::dhcp ? 1 : 2;
}

/// Which protocols count as evidence; bits, or-ed together.
enum Learn : std::uint8_t { learn_arp = 1, learn_nd = 2, learn_ip = 4, learn_dhcp = 8 };

/// One piece of evidence: `ip` is at `mac`.
struct Observation {
  Ip ip{};
  Mac mac{};
  Evidence evidence = Evidence::arp_request;
};

/// What one packet shows, in order: at most the sender and then the target of an ARP reply.
struct Observations {
  std::array<Observation, 2> items{};
  std::uint8_t count = 0;

  const Observation* begin() const noexcept { return items.data(); }
  const Observation* end() const noexcept { return items.data() + count; }
};

/// The evidence in a packet, by the rules of docs/events.md ("What is evidence of a binding"): ARP
/// (RFC 826, RFC 5227), neighbor discovery (RFC 4861), DHCP acknowledgements (RFC 2131), and the
/// source address of a packet that has nothing better: only for addresses that are known to be of
/// this link, since routers forward what is not their own. `learn` is a set of Learn bits. Pure.
Observations observe(const Packet& packet, std::uint8_t learn = learn_arp | learn_nd) noexcept;

/// The VIDs of a packet that count: `outer` (those of the VLAN device it arrived on, outermost
/// first), then its own tags; priority tags (VID 0) dropped.
struct Vids {
  std::array<std::uint16_t, max_vlan_tags + 2> items{};
  std::uint8_t count = 0;

  const std::uint16_t* begin() const noexcept { return items.data(); }
  const std::uint16_t* end() const noexcept { return items.data() + count; }
};
Vids vids(const Packet& packet, const std::array<std::uint16_t, 2>& outer = {}) noexcept;

}  // namespace netweir
