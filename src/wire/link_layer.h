// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "netweir/bytes.h"
#include "netweir/frame.h"

namespace netweir::wire {

/// Which of the link types a packet in a message begins with, and how many octets to leave out
/// before that.
struct LinkLayer {
  std::uint16_t link = linktype::ethernet;
  std::uint16_t skip = 0;
  std::uint16_t protocol = 0;  ///< EtherType of what follows; 0 = not known
};

/// Of a message that gives the packet from its link header on, and does not say what kind of
/// interface it was: `protocol` (skb->protocol in host order) and the octets must agree. `size` is
/// that of the whole packet, in octets. Pure.
LinkLayer link_layer(Bytes data, std::uint16_t protocol, std::uint32_t size) noexcept;

}  // namespace netweir::wire
