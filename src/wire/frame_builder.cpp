// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/frame_builder.h"

#include <algorithm>
#include <cstring>

#include "wire/checksum.h"
#include "wire/ethernet.h"
#include "wire/transport.h"

namespace netweir {
namespace {

constexpr std::size_t ethernet = 14, macs = 12, tag_octets = 4;
constexpr std::size_t ipv4_header = 20, ipv6_header = 40, udp_header = 8, arp_octets = 28;
constexpr Mac everybody{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

void put16(std::uint8_t* to, std::uint16_t value) noexcept {
  if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) value = __builtin_bswap16(value);
  std::memcpy(to, &value, sizeof value);
}
void put32(std::uint8_t* to, std::uint32_t value) noexcept {
  if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) value = __builtin_bswap32(value);
  std::memcpy(to, &value, sizeof value);
}
void put(std::uint8_t* to, const Mac& mac) noexcept {
  std::memcpy(to, mac.octets.data(), mac.octets.size());
}
void put_v4(std::uint8_t* to, const Ip& ip) noexcept { std::memcpy(to, ip.octets.data(), 4); }
void put_v6(std::uint8_t* to, const Ip& ip) noexcept { std::memcpy(to, ip.octets.data(), 16); }

/// A frame that is being built: where its parts go, or why it cannot be.
class Plan {
 public:
  /// `behind`: octets behind the type field.
  Plan(Buffer out, const EthernetHeader& header, std::size_t behind,
       const FrameLimits& limits) noexcept
      : out_(out.data()), front_(ethernet + header.vlan.count * tag_octets) {
    octets_ = front_ + behind;
    padded_ = std::max(octets_, limits.shortest);
    if (header.vlan.count > header.vlan.items.size()) {
      fault = FrameFault::bad_tags;
    } else if (header.src.is_group()) {
      fault = FrameFault::group_source;
    } else if (behind > limits.mtu) {
      fault = FrameFault::payload_too_large;
    } else if (padded_ > limits.longest) {
      fault = FrameFault::too_long;
    } else if (padded_ > out.size()) {
      fault = FrameFault::no_room;
    }
  }

  FrameFault fault = FrameFault::none;
  std::uint8_t* behind() const noexcept { return out_ + front_; }
  Built refused() const noexcept { return {0, fault}; }

  /// What goes `at` octets behind the type field. First of all: it may lie in the buffer.
  void payload(std::size_t at, Bytes octets) const noexcept {
    if (!octets.empty()) std::memmove(behind() + at, octets.data(), octets.size());
  }

  /// The Ethernet header and the padding.
  Built finish(const EthernetHeader& header, std::uint16_t type) const noexcept {
    put(out_, header.dst);
    put(out_ + 6, header.src);
    auto* to = out_ + macs;
    for (std::size_t i = 0; i < header.vlan.count; ++i, to += tag_octets) {
      put16(to, header.vlan.items[i].tpid);
      put16(to + 2, header.vlan.items[i].tci);
    }
    put16(to, type);
    if (padded_ > octets_) std::memset(out_ + octets_, 0, padded_ - octets_);
    return {padded_, FrameFault::none};
  }

 private:
  std::uint8_t* out_;
  std::size_t front_;
  std::size_t octets_ = 0, padded_ = 0;
};

FrameFault family(const IpHeader& ip) noexcept {
  return ip.src.version == ip.dst.version && ip.src.version != IpVersion::none
             ? FrameFault::none
             : FrameFault::wrong_family;
}
std::size_t header_octets(const IpHeader& ip) noexcept {
  return ip.src.version == IpVersion::v4 ? ipv4_header : ipv6_header;
}

// Sums are of values, not of what was just written: a load that spans several stores waits for
// them.

std::uint64_t address_sum(const Ip& ip) noexcept {
  return wire::sum16({ip.octets.data(), ip.version == IpVersion::v4 ? std::size_t{4} : 16});
}

/// The IP header in front of `octets` octets; the EtherType. `addresses`: the sum of both.
std::uint16_t put_ip(std::uint8_t* to, const IpHeader& ip, std::uint8_t protocol,
                     std::size_t octets, std::uint64_t addresses) noexcept {
  if (ip.src.version == IpVersion::v6) {
    put32(to, 6U << 28U | std::uint32_t{ip.traffic_class} << 20U | (ip.flow_label & 0xfffffU));
    put16(to + 4, static_cast<std::uint16_t>(octets));
    to[6] = protocol;
    to[7] = ip.hop_limit;
    put_v6(to + 8, ip.src);
    put_v6(to + 24, ip.dst);
    return ethertype::ipv6;
  }
  const std::uint32_t first = 0x4500U | ip.traffic_class;
  const auto length = static_cast<std::uint32_t>(ipv4_header + octets);
  const std::uint32_t ttl = std::uint32_t{ip.hop_limit} << 8U | protocol;
  const auto sum = wire::folded(addresses + first + length + ip.id + ttl);
  put32(to, first << 16U | length);
  put32(to + 4, std::uint32_t{ip.id} << 16U);
  put32(to + 8, ttl << 16U | (~sum & 0xffffU));
  put_v4(to + 12, ip.src);
  put_v4(to + 16, ip.dst);
  return ethertype::ipv4;
}

/// A checksum with the pseudo-header (RFC 768; RFC 8200, section 8.1), of a message of `octets`
/// octets and this sum.
std::uint16_t upper_checksum(std::uint64_t addresses, std::uint8_t protocol, std::size_t octets,
                             std::uint64_t sum) noexcept {
  return static_cast<std::uint16_t>(~wire::folded(addresses + octets + protocol + sum));
}

/// A neighbor discovery message with one link-layer option, or none.
struct Message {
  std::uint8_t type = 0, option = 0;  ///< option 0 = none
  std::uint32_t flags = 0;
  Ip src{}, dst{}, target{};
  Mac link{};
};

Built build_nd(Buffer out, const EthernetHeader& header, const Message& m,
               const FrameLimits& limits) noexcept {
  if (m.src.version != IpVersion::v6 || m.dst.version != IpVersion::v6 ||
      m.target.version != IpVersion::v6)
    return {0, FrameFault::wrong_family};
  const std::size_t octets = m.option == 0 ? 24 : 32;
  const Plan plan(out, header, ipv6_header + octets, limits);
  if (plan.fault != FrameFault::none) return plan.refused();
  auto* to = plan.behind() + ipv6_header;
  const auto addresses = address_sum(m.src) + address_sum(m.dst);
  auto sum = (std::uint64_t{m.type} << 8U) + (m.flags >> 16U) + address_sum(m.target);
  put32(to + 4, m.flags);
  put_v6(to + 8, m.target);
  if (m.option != 0) {
    to[24] = m.option;
    to[25] = 1;  // of 8 octets
    put(to + 26, m.link);
    sum += (std::uint64_t{m.option} << 8U) + 1 + wire::sum16(m.link.octets);
  }
  const auto checksum = upper_checksum(addresses, wire::ip_protocol::icmpv6, octets, sum);
  put32(to, std::uint32_t{m.type} << 24U | checksum);
  const IpHeader ip{.src = m.src, .dst = m.dst, .hop_limit = 255};
  return plan.finish(header,
                     put_ip(plan.behind(), ip, wire::ip_protocol::icmpv6, octets, addresses));
}

}  // namespace

Built build_ethernet(Buffer out, const EthernetHeader& header, Bytes payload,
                     const FrameLimits& limits) noexcept {
  if (header.ether_type < wire::ether_type::least) return {0, FrameFault::bad_type};
  const Plan plan(out, header, payload.size(), limits);
  if (plan.fault != FrameFault::none) return plan.refused();
  plan.payload(0, payload);
  return plan.finish(header, header.ether_type);
}

Built build_802_3(Buffer out, const EthernetHeader& header, Bytes body,
                  const FrameLimits& limits) noexcept {
  if (body.size() > wire::ether_type::longest_802_3) return {0, FrameFault::payload_too_large};
  const Plan plan(out, header, body.size(), limits);
  if (plan.fault != FrameFault::none) return plan.refused();
  plan.payload(0, body);
  return plan.finish(header, static_cast<std::uint16_t>(body.size()));
}

Built build(Buffer out, const EthernetView& view, const FrameLimits& limits) noexcept {
  const EthernetHeader header{view.dst(), view.src(), view.ether_type, view.vlan};
  return view.form == EthernetView::Form::ethernet_ii
             ? build_ethernet(out, header, view.payload(), limits)
             : build_802_3(out, header, view.body(), limits);
}

Built push_vlan(Buffer frame, std::size_t octets, VlanTag tag, const FrameLimits& limits) noexcept {
  if (octets < ethernet || octets > frame.size()) return {0, FrameFault::too_short};
  if (!wire::is_tag(tag.tpid)) return {0, FrameFault::bad_type};
  if (octets + tag_octets > limits.longest) return {0, FrameFault::too_long};
  if (octets + tag_octets > frame.size()) return {0, FrameFault::no_room};
  auto* at = frame.data() + macs;
  std::memmove(at + tag_octets, at, octets - macs);
  put16(at, tag.tpid);
  put16(at + 2, tag.tci);
  return {octets + tag_octets, FrameFault::none};
}

Built pop_vlan(Buffer frame, std::size_t octets, VlanTag& tag, const FrameLimits& limits) noexcept {
  if (octets < ethernet || octets > frame.size()) return {0, FrameFault::too_short};
  auto* at = frame.data() + macs;
  if (!wire::is_tag(wire::be16(at))) return {0, FrameFault::bad_tags};
  if (octets < ethernet + tag_octets) return {0, FrameFault::too_short};
  const auto left = octets - tag_octets;
  const auto padded = std::max(left, limits.shortest);
  if (padded > frame.size()) return {0, FrameFault::no_room};
  tag = {wire::be16(at), wire::be16(at + 2)};
  std::memmove(at, at + tag_octets, left - macs);
  std::memset(frame.data() + left, 0, padded - left);
  return {padded, FrameFault::none};
}

Arp arp_request(const Mac& sender, const Ip& sender_ip, const Ip& wanted) noexcept {
  return {1, sender, {}, sender_ip, wanted};
}
Arp arp_reply(const Mac& sender, const Ip& sender_ip, const Mac& to, const Ip& to_ip) noexcept {
  return {2, sender, to, sender_ip, to_ip};
}
Arp arp_announcement(const Mac& sender, const Ip& ip) noexcept {
  return arp_request(sender, ip, ip);
}
Arp arp_probe(const Mac& sender, const Ip& ip) noexcept {
  return arp_request(sender, Ip::v4(0, 0, 0, 0), ip);
}

Built build_arp(Buffer out, const Arp& arp, const VlanTags& vlan,
                const FrameLimits& limits) noexcept {
  if (arp.sender_ip.version != IpVersion::v4 || arp.target_ip.version != IpVersion::v4)
    return {0, FrameFault::wrong_family};
  const EthernetHeader header{arp.operation == 2 ? arp.target_mac : everybody, arp.sender_mac,
                              ethertype::arp, vlan};
  const Plan plan(out, header, arp_octets, limits);
  if (plan.fault != FrameFault::none) return plan.refused();
  auto* to = plan.behind();
  put32(to, 0x00010800);  // Ethernet, IPv4
  put16(to + 4, 0x0604);  // of 6 and 4 octets
  put16(to + 6, arp.operation);
  put(to + 8, arp.sender_mac);
  put_v4(to + 14, arp.sender_ip);
  put(to + 18, arp.target_mac);
  put_v4(to + 24, arp.target_ip);
  return plan.finish(header, ethertype::arp);
}

Built build_ip(Buffer out, const EthernetHeader& header, const IpHeader& ip, Bytes payload,
               const FrameLimits& limits) noexcept {
  if (const auto fault = family(ip); fault != FrameFault::none) return {0, fault};
  const auto front = header_octets(ip);
  if (payload.size() > 0xffffU - ipv4_header) return {0, FrameFault::payload_too_large};
  const Plan plan(out, header, front + payload.size(), limits);
  if (plan.fault != FrameFault::none) return plan.refused();
  plan.payload(front, payload);
  const auto addresses = address_sum(ip.src) + address_sum(ip.dst);
  return plan.finish(header, put_ip(plan.behind(), ip, ip.protocol, payload.size(), addresses));
}

Built build_udp(Buffer out, const EthernetHeader& header, const IpHeader& ip, UdpPorts ports,
                Bytes payload, const FrameLimits& limits) noexcept {
  if (const auto fault = family(ip); fault != FrameFault::none) return {0, fault};
  const auto front = header_octets(ip);
  const auto octets = udp_header + payload.size();
  if (octets > 0xffffU - ipv4_header) return {0, FrameFault::payload_too_large};
  const Plan plan(out, header, front + octets, limits);
  if (plan.fault != FrameFault::none) return plan.refused();
  plan.payload(front + udp_header, payload);
  auto* to = plan.behind() + front;
  const auto addresses = address_sum(ip.src) + address_sum(ip.dst);
  const auto length = static_cast<std::uint32_t>(octets);
  const auto sum = upper_checksum(addresses, wire::ip_protocol::udp, octets,
                                  std::uint64_t{ports.src} + ports.dst + length +
                                      wire::sum16({to + udp_header, payload.size()}));
  put32(to, std::uint32_t{ports.src} << 16U | ports.dst);
  put32(to + 4, length << 16U | (sum == 0 ? 0xffffU : sum));  // 0 would mean that there is none
  return plan.finish(header, put_ip(plan.behind(), ip, wire::ip_protocol::udp, octets, addresses));
}

Built build_solicitation(Buffer out, const NeighborSolicitation& asks, const VlanTags& vlan,
                         const FrameLimits& limits) noexcept {
  // RFC 4291, section 2.7.1; RFC 2464, section 7.
  Ip to{{0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01, 0xff}, IpVersion::v6};
  std::copy(asks.target.octets.begin() + 13, asks.target.octets.end(), to.octets.begin() + 13);
  const EthernetHeader header{
      {{0x33, 0x33, 0xff, to.octets[13], to.octets[14], to.octets[15]}}, asks.sender, 0, vlan};
  const bool detects = asks.sender_ip == Ip{{}, IpVersion::v6};
  return build_nd(out, header,
                  {.type = 135,
                   .option = detects ? std::uint8_t{0} : std::uint8_t{1},
                   .src = asks.sender_ip,
                   .dst = to,
                   .target = asks.target,
                   .link = asks.sender},
                  limits);
}

Built build_advertisement(Buffer out, const NeighborAdvertisement& answers, const VlanTags& vlan,
                          const FrameLimits& limits) noexcept {
  const EthernetHeader header{answers.to, answers.sender, 0, vlan};
  const auto flags = (answers.router ? 1U << 31U : 0U) | (answers.solicited ? 1U << 30U : 0U) |
                     (answers.overrides ? 1U << 29U : 0U);
  return build_nd(out, header,
                  {.type = 136,
                   .option = 2,
                   .flags = flags,
                   .src = answers.target,
                   .dst = answers.to_ip,
                   .target = answers.target,
                   .link = answers.sender},
                  limits);
}

}  // namespace netweir
