// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <arpa/inet.h>

#include <array>
#include <cstdio>
#include <string>

#include "netweir/packet.h"

namespace netweir::test {

inline const char* text(Stop stop) {
  constexpr std::array words{"done", "cut", "malformed", "unsupported", "too_many_layers"};
  return words.at(static_cast<std::size_t>(stop));
}
inline const char* text(Layer layer) {
  constexpr std::array words{"link", "vlan",   "llc", "arp", "ipv4", "ipv6", "ipv6_extension",
                             "icmp", "icmpv6", "tcp", "udp", "sctp", "other"};
  return words.at(static_cast<std::size_t>(layer));
}
inline std::string text(const Ip& ip) {
  std::array<char, INET6_ADDRSTRLEN> to{};
  if (ip.version == IpVersion::none) return "-";
  return inet_ntop(ip.version == IpVersion::v4 ? AF_INET : AF_INET6, ip.octets.data(), to.data(),
                   to.size());
}
inline std::string text(const Mac& mac) {
  std::array<char, 18> to{};
  const auto& o = mac.octets;
  (void)std::snprintf(to.data(), to.size(), "%02x:%02x:%02x:%02x:%02x:%02x", o[0], o[1], o[2], o[3],
                      o[4], o[5]);
  return to.data();
}
inline std::string number(const char* format, unsigned value) {
  std::array<char, 32> to{};
  (void)std::snprintf(to.data(), to.size(), format, value);
  return to.data();
}

/// A packet on one line: how it stopped, then all that is known, outermost first.
inline std::string describe(const Packet& p) {
  std::string s = std::string(text(p.stop)) + " " + text(p.at);
  if (p.ethernet) s += " " + text(p.src_mac).substr(15) + ">" + text(p.dst_mac).substr(15);
  for (std::size_t i = 0; i < p.tags; ++i) {
    s += number(" %04x", p.vlan[i].tpid) + number(":%u", p.vlan[i].tci);
  }
  if (p.ether_type != 0) s += number(" type=%04x", p.ether_type);
  if (p.has_arp) {
    s += number(" op=%u ", p.arp.operation) + text(p.arp.sender_mac) + "/" + text(p.arp.sender_ip) +
         " " + text(p.arp.target_mac) + "/" + text(p.arp.target_ip);
  }
  if (p.src.version != IpVersion::none) {
    s += " " + text(p.src) + ">" + text(p.dst) + number(" proto=%u", p.ip_protocol) +
         number(" hops=%u", p.hop_limit) + number(" len=%u", p.ip_length);
    if (p.traffic_class != 0) s += number(" class=%02x", p.traffic_class);
    if (p.flow_label != 0) s += number(" label=%05x", p.flow_label);
    if (p.fragmented) s += " fragmented";
    if (p.later_fragment) s += " later";
    if (p.authenticated) s += " authenticated";
  }
  if (p.has_ports) s += number(" %u", p.src_port) + number(">%u", p.dst_port);
  if (p.has_dhcp_ack) s += " ack=" + text(p.dhcp_ack.client) + "/" + text(p.dhcp_ack.address);
  if (p.tcp_flags != 0) s += number(" flags=%02x", p.tcp_flags);
  if (p.at == Layer::icmp || p.at == Layer::icmpv6) {
    s += number(" icmp=%u", p.icmp_type) + number(".%u", p.icmp_code);
    if (p.icmp_id != 0) s += number(" id=%04x", p.icmp_id);
  }
  if (p.has_nd) {
    s += number(" nd=%u", p.nd.type) + " target=" + text(p.nd.target);
    s += number(" src*%u", p.nd.source_links);
    if (p.nd.source_link_ok) s += "=" + text(p.nd.source_link);
    s += number(" tgt*%u", p.nd.target_links);
    if (p.nd.target_link_ok) s += "=" + text(p.nd.target_link);
    if (!p.nd.options_ok) s += " spoilt";
    constexpr std::array words{"unknown", "right", "wrong"};
    s += std::string(" sum=") + words.at(static_cast<std::size_t>(p.nd.checksum));
  }
  return s;
}

}  // namespace netweir::test
