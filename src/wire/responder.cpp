// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/responder.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "wire/checksum.h"
#include "wire/cursor.h"
#include "wire/transport.h"

namespace netweir {
namespace {

constexpr Ip unspecified{{}, IpVersion::v6};
constexpr Ip all_nodes{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, IpVersion::v6};
constexpr Mac all_nodes_mac{{0x33, 0x33, 0, 0, 0, 1}};
constexpr std::uint8_t solicitation = 135, echo_request = 8, echo_request_v6 = 128;

/// RFC 4291, section 2.7.1.
bool solicits(const Ip& group, const Ip& target) noexcept {
  static constexpr std::array<std::uint8_t, 13> prefix{0xff, 0x02, 0, 0, 0, 0,   0,
                                                       0,    0,    0, 0, 1, 0xff};
  return std::equal(prefix.begin(), prefix.end(), group.octets.begin()) &&
         std::equal(group.octets.begin() + 13, group.octets.end(), target.octets.begin() + 13);
}

/// The ICMP message of a packet without extension headers that is there whole; else nothing.
Bytes icmp(Bytes packet, bool v4) noexcept {
  if (v4) {
    const std::size_t header = (packet[0] & 15U) * std::size_t{4}, all = wire::be16(&packet[2]);
    return all <= packet.size() && header <= all ? packet.subspan(header, all - header) : Bytes{};
  }
  const std::size_t octets = wire::be16(&packet[4]);
  const bool plain = packet[6] == wire::ip_protocol::icmpv6 && 40 + octets <= packet.size();
  return plain ? packet.subspan(40, octets) : Bytes{};
}

}  // namespace

Responder::Responder(ResponderSettings settings) : settings_(std::move(settings)) {
  std::sort(settings_.addresses.begin(), settings_.addresses.end());
}

bool Responder::ours(const Ip& ip) const noexcept {
  return std::binary_search(settings_.addresses.begin(), settings_.addresses.end(), ip);
}

// The generic cell rate algorithm (ITU-T I.371): no tokens to count.
bool Responder::may_answer(AgeTime now) noexcept {
  ++counts_.asked;
  const std::chrono::nanoseconds second{std::chrono::seconds{1}};
  const auto apart = settings_.rate == 0 ? second : second / settings_.rate;
  due_ = std::max(due_, now);
  if (settings_.rate == 0 || due_ - now > second - apart) {
    ++counts_.limited;
    return false;
  }
  due_ += apart;
  ++counts_.answered;
  return true;
}

Built Responder::answer(Bytes frame, AgeTime now, Buffer out) noexcept {
  EthernetView view;
  if (read_ethernet(frame, view) != FrameFault::none ||
      view.form != EthernetView::Form::ethernet_ii)
    return {};
  const auto src = view.src();
  if (src.is_group() || src.is_zero() || src == settings_.mac) return {};
  if (!view.is_arp() && !view.is_ip()) return {};
  Frame whole{.data = frame};
  whole.wire_len = static_cast<std::uint32_t>(frame.size());
  Packet packet;
  decode(whole, packet);
  if (packet.has_arp) return arp(packet, view.vlan, now, out);
  if (packet.has_nd && packet.stop == Stop::done) return nd(packet, view.vlan, now, out);
  if (packet.has_icmp && packet.stop == Stop::done) return echo(packet, view, now, out);
  return {};
}

// A claim of our own address is no question, and one that names another MAC than the frame's is
// nobody's word.
Built Responder::arp(const Packet& packet, const VlanTags& vlan, AgeTime now, Buffer out) noexcept {
  const auto& asks = packet.arp;
  const bool to_us = packet.dst_mac == settings_.mac || packet.dst_mac.is_group();
  if (asks.operation != 1 || !to_us || asks.sender_mac != packet.src_mac || !ours(asks.target_ip) ||
      asks.sender_ip == asks.target_ip)
    return {};
  if (!may_answer(now)) return {};
  return build_arp(out, arp_reply(settings_.mac, asks.target_ip, asks.sender_mac, asks.sender_ip),
                   vlan);
}

Built Responder::nd(const Packet& packet, const VlanTags& vlan, AgeTime now, Buffer out) noexcept {
  const auto& asks = packet.nd;
  // RFC 4861, section 7.1.1.
  const bool detects = packet.src == unspecified;
  const bool right = asks.type == solicitation && asks.code == 0 && packet.hop_limit == 255 &&
                     asks.checksum == Checksum::right && asks.options_ok;
  if (!right || !ours(asks.target) || packet.src.octets[0] == 0xff) return {};
  if (detects && (asks.source_links != 0 || !solicits(packet.dst, asks.target))) return {};
  if (packet.dst != asks.target && !solicits(packet.dst, asks.target)) return {};
  if (asks.source_link_ok && asks.source_link != packet.src_mac) return {};
  if (!may_answer(now)) return {};
  NeighborAdvertisement answers{.sender = settings_.mac, .target = asks.target};
  answers.to = detects ? all_nodes_mac : packet.src_mac;
  answers.to_ip = detects ? all_nodes : packet.src;
  answers.solicited = !detects;
  return build_advertisement(out, answers, vlan);
}

Built Responder::echo(const Packet& packet, const EthernetView& view, AgeTime now,
                      Buffer out) noexcept {
  const bool v4 = packet.src.version == IpVersion::v4;
  if (packet.icmp_type != (v4 ? echo_request : echo_request_v6) || packet.icmp_code != 0 ||
      packet.fragmented || packet.dst_mac != settings_.mac || !ours(packet.dst))
    return {};
  const auto message = icmp(view.payload(), v4);
  if (message.size() < 8) return {};
  auto sum = std::uint64_t{wire::sum16(message)};
  if (!v4)
    sum += message.size() + wire::sum16(packet.src.octets) + wire::sum16(packet.dst.octets) +
           wire::ip_protocol::icmpv6;
  if (wire::folded(sum) != 0xffffU || !may_answer(now)) return {};

  const EthernetHeader header{packet.src_mac, settings_.mac, 0, view.vlan};
  const auto protocol = v4 ? wire::ip_protocol::icmp : wire::ip_protocol::icmpv6;
  const IpHeader ip{.src = packet.dst,
                    .dst = packet.src,
                    .protocol = protocol,
                    .traffic_class = packet.traffic_class};
  const auto built = build_ip(out, header, ip, message);
  if (!built) return built;
  auto* to = out.data() + 14 + view.vlan.count * std::size_t{4} + (v4 ? 20 : 40);
  const std::uint8_t type = v4 ? 0 : echo_request_v6 + 1;
  // RFC 1624, equation 3.
  const std::uint64_t old = wire::be16(to + 2);
  const auto checksum = static_cast<std::uint16_t>(~wire::folded(
      (~old & 0xffffU) + (~(std::uint64_t{to[0]} << 8U) & 0xffffU) + (std::uint64_t{type} << 8U)));
  to[0] = type;
  to[2] = static_cast<std::uint8_t>(checksum >> 8U);
  to[3] = static_cast<std::uint8_t>(checksum & 0xffU);
  return built;
}

}  // namespace netweir
