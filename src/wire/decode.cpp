// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "netweir/packet.h"
#include "wire/arp.h"
#include "wire/cooked.h"
#include "wire/cursor.h"
#include "wire/ethernet.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/stop.h"

namespace netweir {
namespace {

using wire::Cursor;
namespace ether_type = wire::ether_type;

// An empty head, of which the compiler does not know that it is empty: it copies it in a few wide
// moves. For a clear of this size g++ takes `rep stos`, which costs more than to decode an ARP.
const PacketHead* blank() noexcept {
  static constexpr PacketHead empty{};
  const PacketHead* head = &empty;
  __asm__("" : "+r"(head));
  return head;
}

// Octets of the packet behind the `captured` first ones.
std::size_t missing(const Frame& frame, std::size_t captured) noexcept {
  if (frame.wire_len == 0) return Cursor::unknown;
  return frame.wire_len > captured ? frame.wire_len - captured : 0;
}

// The link header and what belongs to it: the EtherType of what follows, or none where decoding has
// stopped.
std::uint16_t link(const Frame& frame, Cursor& c, Packet& p) noexcept {
  switch (frame.link) {
    case linktype::ethernet: {
      std::uint16_t type = 0;
      return wire::ethernet(c, p, type) ? wire::types(c, p, type) : ether_type::none;
    }
    case linktype::raw:
      return frame.protocol != 0 ? wire::by_protocol(c, p, frame.protocol) : wire::raw(c, p);
    case linktype::ipv4:
      return ether_type::ipv4;
    case linktype::ipv6:
      return ether_type::ipv6;
    case linktype::linux_sll:
      return wire::linux_sll(c, p);
    case linktype::linux_sll2:
      return wire::linux_sll2(c, p);
    case linktype::null:
      return wire::loopback(c, p, false);
    case linktype::loop:
      return wire::loopback(c, p, true);
    default:
      wire::stop(p, Layer::link, Stop::unsupported);
      return ether_type::none;
  }
}

[[gnu::always_inline]] inline void network(std::uint16_t type, const Cursor& c,
                                           Packet& p) noexcept {
  switch (type) {
    case ether_type::arp:
      return wire::arp(c, p);
    case ether_type::ipv4:
      return wire::ipv4(c.rest(), c.missing(), p);
    case ether_type::ipv6:
      return wire::ipv6(c.rest(), c.missing(), p);
    case ether_type::none:
      return;  // link() said why
    default:
      p.stop = Stop::unsupported;
  }
}

// An 802.3 length beyond the end of the frame: the rest is read, and the packet malformed all the
// same.
void overlong(Packet& p) noexcept {
  if (p.overlong) wire::stop(p, Layer::llc, Stop::malformed);
}

// Everything but the commonest, apart from it, so that there the cursor stays in registers. A
// cursor itself would be passed in memory; its parts are not.
[[gnu::noinline]] void decode_tagged(std::uint16_t type, Bytes captured, std::size_t missing,
                                     Packet& p) noexcept {
  Cursor c{captured, missing};
  type = wire::types(c, p, type);
  network(type, c, p);
  overlong(p);
}
[[gnu::noinline]] void decode_other(const Frame& frame, Packet& p) noexcept {
  Cursor c{frame.data, missing(frame, frame.data.size())};
  const auto type = link(frame, c, p);
  network(type, c, p);
  overlong(p);
}

// The first octets of head and tail, side by side.
template <std::size_t Size>
Bytes join(Bytes head, Bytes tail, std::array<std::uint8_t, Size>& store) noexcept {
  const auto first = std::min(Size, head.size());
  const auto second = std::min(Size - first, tail.size());
  std::copy_n(tail.begin(), second, std::copy_n(head.begin(), first, store.begin()));
  return Bytes{store}.first(first + second);
}

// A frame in two parts. Its link layer (at most 20 octets, 16 tags and SNAP) is read from a joined
// copy, what follows where it lies.
[[gnu::noinline]] void split(const Frame& frame, Packet& p) noexcept {
  const auto captured = frame.link_header.size() + frame.data.size();
  std::array<std::uint8_t, 128> store;
  const auto joined = join(frame.link_header, frame.data, store);
  Cursor c{joined, captured - joined.size() + missing(frame, captured)};
  const auto type = link(frame, c, p);
  const auto offset = c.taken_from(joined);
  const auto header = frame.link_header.size();
  if (offset >= header) {
    const auto rest = c.moved_to(frame.data.subspan(offset - header));
    return network(type, rest, p);
  }
  // The link header goes on into the network layer. No source does that; such a packet counts as
  // cut behind what is joined.
  std::array<std::uint8_t, 512> more;
  const auto rest = c.moved_to(join(frame.link_header.subspan(offset), frame.data, more));
  network(type, rest, p);
}

[[gnu::noinline]] void decode_split(const Frame& frame, Packet& p) noexcept {
  split(frame, p);
  overlong(p);
}

}  // namespace

void decode(const Frame& frame, Packet& packet) noexcept {
  static_cast<PacketHead&>(packet) = *blank();
  if (frame.tagged) {
    (void)wire::add_tag(packet, frame.tag);
    packet.at = Layer::vlan;
  }
  if (!frame.link_header.empty()) {
    decode_split(frame, packet);
    return;
  }
  if (frame.link != linktype::ethernet) {
    decode_other(frame, packet);
    return;
  }
  Cursor c{frame.data, missing(frame, frame.data.size())};
  std::uint16_t type = 0;
  if (!wire::ethernet(c, packet, type)) return;
  if (!wire::is_plain(type)) {
    decode_tagged(type, c.rest(), c.missing(), packet);
    return;
  }
  packet.ether_type = type;
  network(type, c, packet);
}

Packet decode(const Frame& frame) noexcept {
  Packet packet;
  decode(frame, packet);
  return packet;
}

}  // namespace netweir
