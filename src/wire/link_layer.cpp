// SPDX-License-Identifier: GPL-2.0-or-later
#include "wire/link_layer.h"

#include "wire/cursor.h"
#include "wire/ethernet.h"

namespace netweir::wire {
namespace {

constexpr std::size_t type_at = 12, ethernet_octets = 14;
// IPoIB (RFC 4391) as the kernel keeps it: a pseudo header of 20 octets, the type, two reserved.
constexpr std::size_t infiniband_type_at = 20, infiniband_octets = 24;
constexpr std::size_t ipv4_octets = 20, ipv6_octets = 40;
constexpr std::uint16_t linux_802_3 = 0x0001;  // ETH_P_802_3, linux/if_ether.h

bool is_ethernet(Bytes d, std::uint16_t protocol) noexcept {
  if (d.size() < ethernet_octets) return false;
  const auto type = be16(d.data() + type_at);
  return type == protocol || is_tag(type) ||
         (type < ether_type::least &&
          (protocol == ether_type::linux_802_2 || protocol == linux_802_3));
}

/// An IP header whose length is the packet's: no address of an Ethernet header is taken for one.
bool is_ip(Bytes d, std::uint16_t protocol, std::uint32_t size) noexcept {
  if (protocol == ether_type::ipv4)
    return d.size() >= ipv4_octets && d[0] >> 4U == 4 && be16(d.data() + 2) == size;
  if (protocol == ether_type::ipv6)
    return d.size() >= ipv6_octets && d[0] >> 4U == 6 && be16(d.data() + 4) + ipv6_octets == size;
  return false;
}

bool may_be_ip(Bytes d, std::uint16_t protocol) noexcept {
  if (d.empty()) return false;
  return (protocol == ether_type::ipv4 && d[0] >> 4U == 4) ||
         (protocol == ether_type::ipv6 && d[0] >> 4U == 6);
}

}  // namespace

LinkLayer link_layer(Bytes data, std::uint16_t protocol, std::uint32_t size) noexcept {
  const LinkLayer ethernet{linktype::ethernet, 0, protocol};
  const LinkLayer raw{linktype::raw, 0, protocol};
  if (is_ip(data, protocol, size)) return raw;
  if (is_ethernet(data, protocol)) return ethernet;
  if (may_be_ip(data, protocol)) return raw;  // cut, or merged by the device
  if (data.size() >= infiniband_octets && be16(data.data() + infiniband_type_at) == protocol)
    return {linktype::raw, infiniband_octets, protocol};
  return ethernet;
}

}  // namespace netweir::wire
