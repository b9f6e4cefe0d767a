// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/frame_view.h"

#include <array>

#include "wire/arp.h"
#include "wire/cursor.h"
#include "wire/ethernet.h"

namespace netweir {
namespace {

using wire::be16;
using wire::be32;

constexpr std::size_t addresses = 12, ethernet = 14, tag_octets = 4, llc_snap = 8;

bool is_snap(const std::uint8_t* at) noexcept {
  return be32(at) == 0xaaaa0300U && be16(at + 4) == 0 && be16(at + 6) >= wire::ether_type::least;
}

/// Behind a length field.
FrameFault read_802_3(std::size_t length, EthernetView& view) noexcept {
  const auto rest = view.octets.subspan(view.body_at);
  if (length > rest.size()) return FrameFault::bad_length;
  view.trailer_at = static_cast<std::uint32_t>(view.body_at + length);
  if (length >= llc_snap && is_snap(rest.data())) {
    view.form = EthernetView::Form::snap;
    view.ether_type = be16(rest.data() + 6);
    view.payload_at = static_cast<std::uint32_t>(view.body_at + llc_snap);
  } else {
    view.form = EthernetView::Form::llc;
    view.ether_type = 0;
    view.payload_at = view.body_at;
  }
  return FrameFault::none;
}

}  // namespace

std::string_view describe(FrameFault fault) noexcept {
  static constexpr std::array<std::string_view, 10> words{
      "no fault",
      "fewer octets than its headers take",
      "longer than frames are here",
      "the payload is larger than the MTU",
      "the buffer is smaller than the frame",
      "a length field that the octets contradict",
      "too many VLAN tags, or none to take off",
      "the source is a group address",
      "not of this type",
      "addresses of another IP version"};
  return words[static_cast<std::size_t>(fault)];
}

FrameFault read_ethernet(Bytes octets, EthernetView& view, const FrameLimits& limits) noexcept {
  if (octets.size() < ethernet) return FrameFault::too_short;
  if (octets.size() > limits.longest || octets.size() > UINT32_MAX) return FrameFault::too_long;
  VlanTags tags;
  std::size_t at = ethernet;
  auto type = be16(octets.data() + addresses);
  while (wire::is_tag(type) && tags.count < tags.items.size()) {
    if (octets.size() < at + tag_octets) return FrameFault::too_short;
    tags.items[tags.count++] = {type, be16(octets.data() + at)};
    type = be16(octets.data() + at + 2);
    at += tag_octets;
  }
  if (type < wire::ether_type::least) {
    if (type > wire::ether_type::longest_802_3) return FrameFault::bad_type;
    EthernetView read;
    read.octets = octets;
    read.vlan = tags;
    read.body_at = static_cast<std::uint32_t>(at);
    const auto fault = read_802_3(type, read);
    if (fault == FrameFault::none) view = read;
    return fault;
  }
  view.octets = octets;
  view.vlan = tags;
  view.ether_type = type;
  view.form = EthernetView::Form::ethernet_ii;
  view.body_at = view.payload_at = static_cast<std::uint32_t>(at);
  view.trailer_at = static_cast<std::uint32_t>(octets.size());
  return FrameFault::none;
}

FrameFault read_arp(Bytes payload, Arp& arp) noexcept {
  constexpr std::size_t size = 28;
  if (payload.size() < size) return FrameFault::too_short;
  const auto* h = payload.data();
  if (!wire::is_ethernet_ipv4(h)) return FrameFault::bad_type;
  arp.sender_ip = arp.target_ip = {};
  arp.operation = be16(h + 6);
  wire::copy(arp.sender_mac, h + 8);
  wire::copy_v4(arp.sender_ip, h + 14);
  wire::copy(arp.target_mac, h + 18);
  wire::copy_v4(arp.target_ip, h + 24);
  return FrameFault::none;
}

FrameFault read_ip_addresses(const EthernetView& view, IpAddresses& addresses) noexcept {
  const auto octets = view.payload();
  if (!view.is_ip()) return FrameFault::bad_type;
  if (octets.size() < (view.is_ipv4() ? 20U : 40U)) return FrameFault::too_short;
  if (octets[0] >> 4U != (view.is_ipv4() ? 4U : 6U)) return FrameFault::wrong_family;
  addresses = {};
  if (view.is_ipv4()) {
    wire::copy_v4(addresses.src, octets.data() + 12);
    wire::copy_v4(addresses.dst, octets.data() + 16);
  } else {
    wire::copy_v6(addresses.src, octets.data() + 8);
    wire::copy_v6(addresses.dst, octets.data() + 24);
  }
  return FrameFault::none;
}

}  // namespace netweir
