// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/packet.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "format/ip_protocol.h"
#include "format/line.h"
#include "format/names.h"
#include "netweir/community_id.h"

namespace netweir::format {
namespace {

constexpr std::size_t psample_room = 512;  // keys, numbers and addresses, without octets
constexpr std::size_t nflog_room = 192;
constexpr std::size_t drop_room = 256;
constexpr std::size_t tc_bpf_room = 64;

Bytes first(Bytes octets, std::size_t most) noexcept {
  return octets.first(std::min(octets.size(), most));
}

template <std::size_t N>
char* put_key_octets(char* to, const char (&key)[N], Bytes octets) noexcept {
  if (octets.empty()) return to;
  return put_json(put_hex(put_json(to, key), octets), "\"");
}

char* put_protocol(char* to, const Packet& p) noexcept {
  if (p.has_arp) return put_json(to, ",\"proto\":\"ARP\"");
  if (p.src.version == IpVersion::none || !knows_protocol(p)) return to;
  return put_word(put_json(to, ",\"proto\":"), protocol_name(p.ip_protocol), p.ip_protocol);
}

char* put_addresses(char* to, const Packet& p) noexcept {
  const Ip& src = p.has_arp ? p.arp.sender_ip : p.src;
  const Ip& dst = p.has_arp ? p.arp.target_ip : p.dst;
  if (src.version == IpVersion::none) return to;
  to = put_json(put(put_json(to, ",\"src_ip\":\""), src), "\"");
  if (p.has_ports) to = put_number(put_json(to, ",\"src_port\":"), p.src_port);
  to = put_json(put(put_json(to, ",\"dest_ip\":\""), dst), "\"");
  if (p.has_ports) to = put_number(put_json(to, ",\"dest_port\":"), p.dst_port);
  if (p.has_icmp) {
    to = put_number(put_json(to, ",\"icmp_type\":"), unsigned{p.icmp_type});
    to = put_number(put_json(to, ",\"icmp_code\":"), unsigned{p.icmp_code});
  }
  return to;
}

char* put_tunnel(char* to, const PsampleTunnel& t) noexcept {
  const auto has = [&](PsampleTunnel::Has what) { return (t.has & what) != 0; };
  if (has(PsampleTunnel::has_id)) to = put_number(put_json(to, ",\"id\":"), t.id);
  if (has(PsampleTunnel::has_src)) to = put_json(put(put_json(to, ",\"src_ip\":\""), t.src), "\"");
  if (has(PsampleTunnel::has_dst)) to = put_json(put(put_json(to, ",\"dest_ip\":\""), t.dst), "\"");
  if (has(PsampleTunnel::has_tos)) to = put_number(put_json(to, ",\"tos\":"), unsigned{t.tos});
  if (has(PsampleTunnel::has_ttl)) to = put_number(put_json(to, ",\"ttl\":"), unsigned{t.ttl});
  if (has(PsampleTunnel::has_src_port)) to = put_number(put_json(to, ",\"src_port\":"), t.src_port);
  if (has(PsampleTunnel::has_dst_port))
    to = put_number(put_json(to, ",\"dest_port\":"), t.dst_port);
  if ((t.flags & PsampleTunnel::dont_fragment) != 0) to = put_json(to, ",\"dont_fragment\":true");
  if ((t.flags & PsampleTunnel::csum) != 0) to = put_json(to, ",\"csum\":true");
  if ((t.flags & PsampleTunnel::oam) != 0) to = put_json(to, ",\"oam\":true");
  if ((t.flags & PsampleTunnel::ipv4_info_bridge) != 0)
    to = put_json(to, ",\"ipv4_info_bridge\":true");
  to = put_key_octets(to, ",\"geneve_options\":\"", first(t.geneve_options, most_geneve_options));
  return put_key_octets(to, ",\"erspan_options\":\"", first(t.erspan_options, most_erspan_options));
}

char* put_psample(char* to, const PsampleExtra& x) noexcept {
  const auto has = [&](unsigned what) { return (x.has & what) != 0; };
  if (has(PsampleExtra::has_queue)) to = put_number(put_json(to, ",\"queue\":"), x.out_tc);
  if (has(PsampleExtra::has_occupancy))
    to = put_number(put_json(to, ",\"occupancy\":"), x.out_tc_occ);
  if (has(PsampleExtra::has_latency)) to = put_number(put_json(to, ",\"latency\":"), x.latency_ns);
  to = put_key_octets(to, ",\"cookie\":\"", first(x.cookie, most_cookie));
  if (has(PsampleExtra::ambiguous_in | PsampleExtra::ambiguous_out))
    to = put_json(to, ",\"ambiguous_iface\":true");
  if (!has(PsampleExtra::has_tunnel)) return to;
  return put_object(to, ",\"tunnel\":", [&](char* p) { return put_tunnel(p, x.tunnel); });
}

// The hooks of linux/netfilter.h, netfilter_arp.h and netfilter_bridge.h under nft's names.
constexpr std::string_view inet_hooks[] = {"prerouting", "input",       "forward",
                                           "output",     "postrouting", "ingress"};
constexpr std::string_view arp_hooks[] = {"input", "output", "forward"};
constexpr std::string_view netdev_hooks[] = {"ingress", "egress"};
namespace family {
constexpr std::uint8_t inet = 1, ipv4 = 2, arp = 3, netdev = 5, bridge = 7, ipv6 = 10;
}  // namespace family

std::string_view hook_name(const NflogExtra& x) noexcept {
  std::span<const std::string_view> names;
  switch (x.family) {
    case family::inet:
    case family::ipv4:
    case family::ipv6:
      names = inet_hooks;
      break;
    case family::bridge:  // what follows there is brouting, which nft does not have
      names = std::span(inet_hooks).first(5);
      break;
    case family::arp:
      names = arp_hooks;
      break;
    case family::netdev:
      names = netdev_hooks;
      break;
    default:
      break;
  }
  return x.hook < names.size() ? names[x.hook] : std::string_view{};
}

char* put_nflog(char* to, const PacketEvent& event, const NflogExtra& x) noexcept {
  to = put_key_text(to, ",\"prefix\":\"", x.prefix);
  to = put_word(put_json(to, ",\"hook\":"), hook_name(x), x.hook);
  if ((x.has & NflogExtra::has_mark) != 0) to = put_number(put_json(to, ",\"mark\":"), x.mark);
  if ((x.has & NflogExtra::has_uid) != 0) to = put_number(put_json(to, ",\"uid\":"), x.uid);
  if ((x.has & NflogExtra::has_gid) != 0) to = put_number(put_json(to, ",\"gid\":"), x.gid);
  to = put_key_text(to, ",\"phys_in\":\"", event.phys_in);
  return put_key_text(to, ",\"phys_out\":\"", event.phys_out);
}

std::string_view origin_word(DropExtra::Origin origin) noexcept {
  switch (origin) {
    case DropExtra::Origin::software:
      return "software";
    case DropExtra::Origin::hardware:
      return "hardware";
    case DropExtra::Origin::unknown:
      break;
  }
  return "unknown";
}

char* put_drop(char* to, const DropExtra& x) noexcept {
  to = put_json(put_json(put_json(to, ",\"origin\":\""), origin_word(x.origin)), "\"");
  to = put_key_text(to, ",\"reason\":\"", x.reason);
  to = put_key_text(to, ",\"location\":\"", x.symbol);
  if (x.symbol.empty() && x.pc != 0) to = put_number(put_json(to, ",\"pc\":"), x.pc);
  to = put_key_text(to, ",\"trap\":\"", x.trap);
  to = put_key_text(to, ",\"trap_group\":\"", x.trap_group);
  if (x.ifindex != 0) to = put_number(put_json(to, ",\"ifindex\":"), x.ifindex);
  to = put_key_text(to, ",\"port\":\"", x.port);
  return put_key_octets(to, ",\"cookie\":\"", first(x.cookie, most_cookie));
}

char* put_tc_bpf(char* to, const TcBpfExtra& x) noexcept {
  if (x.mark != 0) to = put_number(put_json(to, ",\"mark\":"), x.mark);
  if (x.hash != 0) to = put_number(put_json(to, ",\"hash\":"), x.hash);
  return x.has_queue ? put_number(put_json(to, ",\"queue\":"), x.queue) : to;
}

char* put_keys(char* to, const PacketEvent& event) noexcept {
  const Frame& frame = *event.frame;
  const Packet& p = *event.packet;
  if (p.ethernet) {
    to = put(put_json(to, ",\"src_mac\":\""), p.src_mac);
    to = put_json(put(put_json(to, "\",\"dest_mac\":\""), p.dst_mac), "\"");
  }
  if (p.ether_type != 0) to = put_number(put_json(to, ",\"ether_type\":"), p.ether_type);
  to = put_addresses(put_protocol(to, p), p);
  if (frame.hardware_at != WallTime{}) {
    to = put_json(put_rfc3339(put_json(to, ",\"hardware_timestamp\":\""), frame.hardware_at), "\"");
  }
  if (frame.wire_len != 0) to = put_number(put_json(to, ",\"length\":"), frame.wire_len);
  to = put_number(put_json(to, ",\"captured\":"), frame.link_header.size() + frame.data.size());
  if (p.stop != Stop::done) {
    to = put_json(put_json(put_json(to, ",\"stop\":\""), word(p.stop)), "\"");
  }
  to = put_sample_rate(to, frame.one_in);
  if (frame.direction != Direction::unknown) {
    to = put_json(put_json(put_json(to, ",\"direction\":\""), word(frame.direction)), "\"");
  }
  char* const id = put_json(to, ",\"community_id\":\"");
  if (char* const end = put_community_id(id, p); end != id) to = put_json(end, "\"");
  if (frame.psample != nullptr) {
    to = put_object(to, ",\"psample\":", [&](char* x) { return put_psample(x, *frame.psample); });
  }
  if (frame.nflog != nullptr) {
    to = put_object(to, ",\"nflog\":", [&](char* x) { return put_nflog(x, event, *frame.nflog); });
  }
  if (frame.drop != nullptr) {
    to = put_object(to, ",\"drop\":", [&](char* x) { return put_drop(x, *frame.drop); });
  }
  if (frame.tc_bpf != nullptr) {
    to = put_object(to, ",\"tc_bpf\":", [&](char* x) { return put_tc_bpf(x, *frame.tc_bpf); });
  }
  return to;
}

}  // namespace

std::size_t extra_room(const PacketEvent& event) noexcept {
  std::size_t octets = 0;
  if (const auto* x = event.frame->psample; x != nullptr) {
    octets += psample_room + 2 * (first(x->cookie, most_cookie).size() +
                                  first(x->tunnel.geneve_options, most_geneve_options).size() +
                                  first(x->tunnel.erspan_options, most_erspan_options).size());
  }
  if (const auto* x = event.frame->nflog; x != nullptr) {
    octets += nflog_room + room(x->prefix) + room(event.phys_in) + room(event.phys_out);
  }
  if (const auto* x = event.frame->drop; x != nullptr) {
    octets += drop_room + room(x->reason) + room(x->symbol) + room(x->trap) + room(x->trap_group) +
              room(x->port) + 2 * first(x->cookie, most_cookie).size();
  }
  if (event.frame->tc_bpf != nullptr) octets += tc_bpf_room;
  return octets;
}

char* put_packet(char* to, const PacketEvent& event) noexcept {
  return put_object(to, ",\"packet\":", [&](char* p) { return put_keys(p, event); });
}

}  // namespace netweir::format
