// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string_view>
#include <tuple>

#include "netweir/packet.h"

namespace netweir::test {

inline bool same(const Arp& a, const Arp& b) {
  const auto all = [](const Arp& x) {
    return std::tie(x.operation, x.sender_mac, x.target_mac, x.sender_ip, x.target_ip);
  };
  return all(a) == all(b);
}

inline bool same(const NeighborDiscovery& a, const NeighborDiscovery& b) {
  const auto all = [](const NeighborDiscovery& x) {
    return std::tie(x.type, x.code, x.target, x.source_links, x.target_links, x.source_link_ok,
                    x.target_link_ok, x.source_link, x.target_link, x.options_ok, x.checksum);
  };
  return all(a) == all(b);
}

inline bool same(const DhcpAck& a, const DhcpAck& b) {
  return a.address == b.address && a.client == b.client;
}

/// Whether two packets agree in every field.
inline bool same(const Packet& a, const Packet& b) {
  const auto all = [](const Packet& x) {
    return std::tie(x.stop, x.at, x.tags, x.ethernet, x.ether_type, x.src_mac, x.dst_mac, x.vlan,
                    x.has_arp, x.has_nd, x.later_fragment, x.fragmented, x.authenticated,
                    x.ip_protocol, x.hop_limit, x.traffic_class, x.flow_label, x.tcp_flags,
                    x.has_tcp_flags, x.has_ports, x.has_icmp, x.src_port, x.dst_port, x.icmp_type,
                    x.icmp_code, x.icmp_id, x.ip_length, x.src, x.dst);
  };
  return all(a) == all(b) && same(a.arp, b.arp) && same(a.nd, b.nd) &&
         a.has_dhcp_ack == b.has_dhcp_ack && same(a.dhcp_ack, b.dhcp_ack);
}

inline bool implies(bool a, bool b) { return !a || b; }

/// What the same packet, captured to a shorter length, says that the longer capture denies; empty =
/// nothing.
inline std::string_view contradiction(const Packet& less, const Packet& more) {
  if (less.stop == Stop::done && more.stop != Stop::done && more.ip_length != 0) return "done";
  if (less.stop > Stop::cut && (less.stop != more.stop || less.at != more.at)) return "stop";
  // Tags may stand behind LLC as well as before it.
  if (less.at > more.at && less.at > Layer::llc) return "at";
  if (less.tags > more.tags) return "tags";
  for (std::size_t i = 0; i < less.tags; ++i) {
    if (!(less.vlan[i] == more.vlan[i])) return "vlan";
  }
  if (less.ethernet && (!more.ethernet || less.src_mac != more.src_mac)) return "src_mac";
  if (less.ethernet && less.dst_mac != more.dst_mac) return "dst_mac";
  if (less.ether_type != 0 && less.ether_type != more.ether_type) return "ether_type";
  if (less.has_arp && !(more.has_arp && same(less.arp, more.arp))) return "arp";
  if (less.has_dhcp_ack && !(more.has_dhcp_ack && same(less.dhcp_ack, more.dhcp_ack)))
    return "dhcp";
  if (less.src.version != IpVersion::none) {
    const auto known = [](const Packet& x) {
      return std::tie(x.src, x.dst, x.hop_limit, x.traffic_class, x.flow_label, x.ip_length);
    };
    if (known(less) != known(more)) return "ip";
    if (less.at != Layer::ipv6_extension && less.ip_protocol != more.ip_protocol) {
      return "ip_protocol";
    }
  }
  if (!implies(less.fragmented, more.fragmented)) return "fragmented";
  if (!implies(less.later_fragment, more.later_fragment)) return "later_fragment";
  if (!implies(less.authenticated, more.authenticated)) return "authenticated";
  if (less.has_ports &&
      (!more.has_ports || less.src_port != more.src_port || less.dst_port != more.dst_port)) {
    return "ports";
  }
  if (less.tcp_flags != 0 && less.tcp_flags != more.tcp_flags) return "tcp_flags";
  if (less.has_icmp &&
      (!more.has_icmp || less.icmp_type != more.icmp_type || less.icmp_code != more.icmp_code)) {
    return "icmp";
  }
  if (less.icmp_id != 0 && less.icmp_id != more.icmp_id) return "icmp_id";
  if (!less.has_nd) return {};
  const auto &a = less.nd, &b = more.nd;
  if (!more.has_nd || a.type != b.type || a.code != b.code) return "nd";
  if (a.target.version != IpVersion::none && a.target != b.target) return "nd.target";
  if (a.source_links > b.source_links || a.target_links > b.target_links) return "nd.options";
  if (!a.options_ok && b.options_ok) return "nd.options_ok";
  if (a.source_links == b.source_links && a.source_link != b.source_link) return "nd.source_link";
  if (a.target_links == b.target_links && a.target_link != b.target_link) return "nd.target_link";
  if (a.checksum != Checksum::unknown && a.checksum != b.checksum) return "nd.checksum";
  return {};
}

}  // namespace netweir::test
