// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <cstdint>
#include <cstring>

#include "netweir/observation.h"
#include "netweir/packet.h"

namespace netweir {
namespace {

bool bindable(const Mac& mac) noexcept {
  std::uint32_t high = 0;
  std::uint16_t low = 0;
  std::memcpy(&high, mac.octets.data(), sizeof high);
  std::memcpy(&low, mac.octets.data() + sizeof high, sizeof low);
  return !mac.is_group() && (high | low) != 0;
}

// In host order.
std::uint32_t number(const Ip& v4) noexcept {
  const auto& o = v4.octets;
  return std::uint32_t{o[0]} << 24U | std::uint32_t{o[1]} << 16U | std::uint32_t{o[2]} << 8U | o[3];
}

bool bindable_v4(std::uint32_t ip) noexcept {
  return ip != 0 && ip >> 24U != 127 && ip >> 28U != 14  // 224.0.0.0/4, multicast
         && ip != 0xffffffffU;
}

bool multicast_v6(const Ip& ip) noexcept { return ip.octets[0] == 0xff; }

bool bindable_v6(const Ip& ip) noexcept {
  static constexpr Ip unspecified{{}, IpVersion::v6};
  static constexpr Ip loopback{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, IpVersion::v6};
  return ip.version == IpVersion::v6 && !multicast_v6(ip) && ip != unspecified && ip != loopback;
}

void add(Observations& to, const Ip& ip, const Mac& mac, Evidence evidence) noexcept {
  auto& item = to.items[to.count++];
  item.ip = ip;
  item.mac = mac;
  item.evidence = evidence;
}

void arp(const Arp& a, Observations& to) noexcept {
  constexpr std::uint16_t request = 1, reply = 2;
  if (a.operation != request && a.operation != reply) return;
  const auto sender = number(a.sender_ip), target = number(a.target_ip);
  if (bindable_v4(sender) && bindable(a.sender_mac)) {
    const auto evidence = a.operation == reply ? Evidence::arp_reply
                          : sender == target   ? Evidence::arp_announce  // RFC 5227, section 2.3
                                               : Evidence::arp_request;
    add(to, a.sender_ip, a.sender_mac, evidence);
  }
  if (a.operation == reply && sender != target && bindable_v4(target) && bindable(a.target_mac)) {
    add(to, a.target_ip, a.target_mac, Evidence::arp_reply_target);
  }
}

// RFC 4861, sections 6.1 and 7.1, as far as docs/events.md asks; RFC 6980 for fragments.
bool valid(const Packet& p) noexcept {
  return (p.stop == Stop::done || p.stop == Stop::cut) && p.at == Layer::icmpv6 &&
         p.hop_limit == 255 && p.nd.code == 0 && p.nd.checksum != Checksum::wrong &&
         p.nd.options_ok && !p.fragmented && !p.authenticated && p.ip_length != 0;  // a jumbogram
}

void neighbor_discovery(const Packet& p, Observations& to) noexcept {
  constexpr std::uint8_t rs = 133, ra = 134, ns = 135, na = 136;
  const auto& nd = p.nd;
  if (!valid(p)) return;
  if ((nd.type == ns || nd.type == na) &&
      (nd.target.version == IpVersion::none || multicast_v6(nd.target))) {
    return;
  }
  switch (nd.type) {
    case rs:
    case ra:
    case ns:
      if (nd.source_links == 1 && nd.source_link_ok && bindable_v6(p.src) &&
          bindable(nd.source_link)) {
        add(to, p.src, nd.source_link,
            nd.type == rs   ? Evidence::nd_rs
            : nd.type == ra ? Evidence::nd_ra
                            : Evidence::nd_ns);
      }
      return;
    case na:
      if (nd.target_links == 1 && nd.target_link_ok && bindable_v6(nd.target) &&
          bindable(nd.target_link)) {
        add(to, nd.target, nd.target_link, Evidence::nd_na);
      }
      return;
    default:  // a redirect is evidence of nothing
      return;
  }
}

void source(const Packet& p, Observations& to) noexcept {
  const bool v4 = p.src.version == IpVersion::v4 && bindable_v4(number(p.src));
  if ((v4 || bindable_v6(p.src)) && bindable(p.src_mac)) add(to, p.src, p.src_mac, Evidence::ip);
}

void add(Vids& to, std::uint16_t vid) noexcept {
  if (vid != 0) to.items[to.count++] = vid;
}

}  // namespace

Observations observe(const Packet& packet, std::uint8_t learn) noexcept {
  Observations found;
  if (packet.has_arp) {
    if ((learn & learn_arp) != 0) arp(packet.arp, found);
  } else if (packet.has_nd && (learn & learn_nd) != 0) {
    neighbor_discovery(packet, found);
  } else if (packet.has_dhcp_ack && (learn & learn_dhcp) != 0) {
    const auto& ack = packet.dhcp_ack;
    if (bindable_v4(number(ack.address)) && bindable(ack.client))
      add(found, ack.address, ack.client, Evidence::dhcp);
  }
  if (found.count == 0 && (learn & learn_ip) != 0 && packet.ethernet && !packet.has_arp)
    source(packet, found);
  return found;
}

Vids vids(const Packet& packet, const std::array<std::uint16_t, 2>& outer) noexcept {
  Vids found;
  for (const auto vid : outer) add(found, vid);
  const std::size_t most = found.count + max_vlan_tags;
  for (std::size_t i = 0; i < packet.tags && i < packet.vlan.size() && found.count < most; ++i) {
    add(found, packet.vlan[i].vid());
  }
  return found;
}

}  // namespace netweir
