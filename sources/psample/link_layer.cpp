// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/if_ether.h>

#include "psample/decode.h"
#include "wire/cursor.h"

namespace netweir::psample {
namespace {

constexpr std::size_t type_at = 12, ethernet_octets = 14;
// IPoIB (RFC 4391) as the kernel keeps it: a pseudo header of 20 octets, the type, two reserved.
constexpr std::size_t infiniband_type_at = 20, infiniband_octets = 24;
// vpp-sflow writes sFlow's header_protocol instead of an EtherType.
constexpr std::uint16_t sflow_ipv4 = 11, sflow_ipv6 = 12;
constexpr std::size_t ipv4_octets = 20, ipv6_octets = 40;

using wire::be16;

bool is_tag(std::uint32_t type) noexcept {
  return type == ETH_P_8021Q || type == ETH_P_8021AD || type == ETH_P_QINQ1;
}

bool is_ethernet(Bytes d, std::uint16_t protocol) noexcept {
  if (d.size() < ethernet_octets) return false;
  const auto type = be16(d.data() + type_at);
  return type == protocol || is_tag(type) ||
         (type < ETH_P_802_3_MIN && (protocol == ETH_P_802_2 || protocol == ETH_P_802_3));
}

/// An IP header whose length is the packet's: no address of an Ethernet header is taken for one.
bool is_ip(Bytes d, std::uint16_t protocol, std::uint32_t size) noexcept {
  if (protocol == ETH_P_IP)
    return d.size() >= ipv4_octets && d[0] >> 4U == 4 && be16(d.data() + 2) == size;
  if (protocol == ETH_P_IPV6)
    return d.size() >= ipv6_octets && d[0] >> 4U == 6 && be16(d.data() + 4) + ipv6_octets == size;
  return false;
}

bool may_be_ip(Bytes d, std::uint16_t protocol) noexcept {
  if (d.empty()) return false;
  return (protocol == ETH_P_IP && d[0] >> 4U == 4) || (protocol == ETH_P_IPV6 && d[0] >> 4U == 6);
}

}  // namespace

LinkLayer link_layer(const Sample& s) noexcept {
  if ((s.has & Sample::has_protocol) == 0) return {};
  if (s.protocol == sflow_ipv4 || s.protocol == sflow_ipv6) {
    const auto type = s.protocol == sflow_ipv4 ? ETH_P_IP : ETH_P_IPV6;
    return {linktype::raw, 0, static_cast<std::uint16_t>(type)};
  }
  const LinkLayer ethernet{linktype::ethernet, 0, s.protocol};
  const LinkLayer raw{linktype::raw, 0, s.protocol};
  const auto size = (s.has & Sample::has_original_size) != 0
                        ? s.original_size
                        : static_cast<std::uint32_t>(s.data.size());
  if (is_ip(s.data, s.protocol, size)) return raw;
  if (is_ethernet(s.data, s.protocol)) return ethernet;
  if (may_be_ip(s.data, s.protocol)) return raw;  // cut, or merged by the device
  if (s.data.size() >= infiniband_octets && be16(s.data.data() + infiniband_type_at) == s.protocol)
    return {linktype::raw, infiniband_octets, s.protocol};
  return ethernet;
}

}  // namespace netweir::psample
