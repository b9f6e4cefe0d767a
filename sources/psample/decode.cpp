// SPDX-License-Identifier: GPL-2.0-or-later
#include "psample/decode.h"

#include <linux/psample.h>

#include <array>
#include <cstring>

#include "netlink/attributes.h"
#include "wire/cursor.h"

namespace netweir::psample {
namespace {

// Newer kernels than the build host's header: their numbers, tied where both are known.
constexpr std::uint16_t attr_user_cookie = 15, attr_sample_probability = 16;
static_assert(PSAMPLE_ATTR_PROTO + 1 == attr_user_cookie);

constexpr std::size_t command_header = 4;  // struct genlmsghdr
constexpr std::uint32_t always = 0xffffffff;

/// The length of each attribute, by type; anything for those not listed.
constexpr std::uint8_t any_length = 0xff;
constexpr auto lengths = [] {
  std::array<std::uint8_t, attr_sample_probability + 1> t{};
  for (auto& length : t) length = any_length;
  t[PSAMPLE_ATTR_IIFINDEX] = 2;
  t[PSAMPLE_ATTR_OIFINDEX] = 2;
  t[PSAMPLE_ATTR_ORIGSIZE] = 4;
  t[PSAMPLE_ATTR_SAMPLE_GROUP] = 4;
  t[PSAMPLE_ATTR_GROUP_SEQ] = 4;
  t[PSAMPLE_ATTR_SAMPLE_RATE] = 4;
  t[PSAMPLE_ATTR_OUT_TC] = 2;
  t[PSAMPLE_ATTR_OUT_TC_OCC] = 8;
  t[PSAMPLE_ATTR_LATENCY] = 8;
  t[PSAMPLE_ATTR_TIMESTAMP] = 8;
  t[PSAMPLE_ATTR_PROTO] = 2;
  t[attr_sample_probability] = 0;
  return t;
}();

constexpr auto tunnel_lengths = [] {
  std::array<std::uint8_t, PSAMPLE_TUNNEL_KEY_ATTR_IPV4_INFO_BRIDGE + 1> t{};
  for (auto& length : t) length = any_length;
  t[PSAMPLE_TUNNEL_KEY_ATTR_ID] = 8;
  t[PSAMPLE_TUNNEL_KEY_ATTR_IPV4_SRC] = 4;
  t[PSAMPLE_TUNNEL_KEY_ATTR_IPV4_DST] = 4;
  t[PSAMPLE_TUNNEL_KEY_ATTR_TOS] = 1;
  t[PSAMPLE_TUNNEL_KEY_ATTR_TTL] = 1;
  t[PSAMPLE_TUNNEL_KEY_ATTR_DONT_FRAGMENT] = 0;
  t[PSAMPLE_TUNNEL_KEY_ATTR_CSUM] = 0;
  t[PSAMPLE_TUNNEL_KEY_ATTR_OAM] = 0;
  t[PSAMPLE_TUNNEL_KEY_ATTR_TP_SRC] = 2;
  t[PSAMPLE_TUNNEL_KEY_ATTR_TP_DST] = 2;
  t[PSAMPLE_TUNNEL_KEY_ATTR_IPV6_SRC] = 16;
  t[PSAMPLE_TUNNEL_KEY_ATTR_IPV6_DST] = 16;
  t[PSAMPLE_TUNNEL_KEY_ATTR_IPV4_INFO_BRIDGE] = 0;
  return t;
}();

template <class T>
T host(const std::uint8_t* p) noexcept {
  T value{};
  std::memcpy(&value, p, sizeof value);
  return value;
}

using wire::be16;
using wire::be64;

Ip address(Bytes octets, IpVersion version) noexcept {
  Ip ip;
  std::memcpy(ip.octets.data(), octets.data(), octets.size());
  ip.version = version;
  return ip;
}

/// A nest of PSAMPLE_TUNNEL_KEY_ATTR_*; numbers in network order. False where it is malformed.
bool read_tunnel(Bytes octets, PsampleTunnel& tunnel) noexcept {
  tunnel = {};
  netlink::Attributes a(octets);
  while (a.next()) {
    const auto type = a.type();
    const auto value = a.data();
    const auto* p = value.data();
    if (type < tunnel_lengths.size() && tunnel_lengths[type] != any_length &&
        tunnel_lengths[type] != value.size())
      return false;
    switch (type) {
      case PSAMPLE_TUNNEL_KEY_ATTR_ID:
        tunnel.has |= PsampleTunnel::has_id;
        tunnel.id = be64(p);
        break;
      case PSAMPLE_TUNNEL_KEY_ATTR_IPV4_SRC:
      case PSAMPLE_TUNNEL_KEY_ATTR_IPV6_SRC:
        tunnel.has |= PsampleTunnel::has_src;
        tunnel.src = address(value, value.size() == 4 ? IpVersion::v4 : IpVersion::v6);
        break;
      case PSAMPLE_TUNNEL_KEY_ATTR_IPV4_DST:
      case PSAMPLE_TUNNEL_KEY_ATTR_IPV6_DST:
        tunnel.has |= PsampleTunnel::has_dst;
        tunnel.dst = address(value, value.size() == 4 ? IpVersion::v4 : IpVersion::v6);
        break;
      case PSAMPLE_TUNNEL_KEY_ATTR_TOS:
        tunnel.has |= PsampleTunnel::has_tos;
        tunnel.tos = *p;
        break;
      case PSAMPLE_TUNNEL_KEY_ATTR_TTL:
        tunnel.has |= PsampleTunnel::has_ttl;
        tunnel.ttl = *p;
        break;
      case PSAMPLE_TUNNEL_KEY_ATTR_DONT_FRAGMENT:
        tunnel.flags |= PsampleTunnel::dont_fragment;
        break;
      case PSAMPLE_TUNNEL_KEY_ATTR_CSUM:
        tunnel.flags |= PsampleTunnel::csum;
        break;
      case PSAMPLE_TUNNEL_KEY_ATTR_OAM:
        tunnel.flags |= PsampleTunnel::oam;
        break;
      case PSAMPLE_TUNNEL_KEY_ATTR_GENEVE_OPTS:
        tunnel.geneve_options = value;
        break;
      case PSAMPLE_TUNNEL_KEY_ATTR_TP_SRC:
        tunnel.has |= PsampleTunnel::has_src_port;
        tunnel.src_port = be16(p);
        break;
      case PSAMPLE_TUNNEL_KEY_ATTR_TP_DST:
        tunnel.has |= PsampleTunnel::has_dst_port;
        tunnel.dst_port = be16(p);
        break;
      case PSAMPLE_TUNNEL_KEY_ATTR_ERSPAN_OPTS:
        tunnel.erspan_options = value;
        break;
      case PSAMPLE_TUNNEL_KEY_ATTR_IPV4_INFO_BRIDGE:
        tunnel.flags |= PsampleTunnel::ipv4_info_bridge;
        break;
      default:  // VXLAN_OPTS is declared and never sent
        break;
    }
  }
  return a.ok();
}

void clear(Sample& s) noexcept {
  s.has = 0;
  s.in_ifindex = s.out_ifindex = s.protocol = 0;
  s.original_size = s.group = s.sequence = s.rate = 0;
  s.probability = false;
  s.timestamp_ns = 0;
  s.data = {};
  s.extra.has = 0;
  s.extra.cookie = {};
  s.extra.out_tc = 0;
  s.extra.out_tc_occ = s.extra.latency_ns = 0;
}

}  // namespace

double Sample::one_in() const noexcept {
  if ((has & has_rate) == 0 || rate == 0) return 1;
  return probability ? double{always} / static_cast<double>(rate) : static_cast<double>(rate);
}

std::optional<Command> command_of(Bytes message) noexcept {
  if (message.size() < command_header || message[0] > PSAMPLE_CMD_DEL_GROUP) return std::nullopt;
  return static_cast<Command>(message[0]);
}

bool decode(Bytes message, Sample& s) noexcept {
  clear(s);
  if (message.size() < command_header || message[0] != PSAMPLE_CMD_SAMPLE) return false;
  bool has_group = false;
  netlink::Attributes a(message.subspan(command_header));
  while (a.next()) {
    const auto type = a.type();
    const auto value = a.data();
    const auto* p = value.data();
    if (type < lengths.size() && lengths[type] != any_length && lengths[type] != value.size())
      return false;
    switch (type) {
      case PSAMPLE_ATTR_IIFINDEX:
        s.has |= Sample::has_in;
        s.in_ifindex = host<std::uint16_t>(p);
        break;
      case PSAMPLE_ATTR_OIFINDEX:
        s.has |= Sample::has_out;
        s.out_ifindex = host<std::uint16_t>(p);
        break;
      case PSAMPLE_ATTR_ORIGSIZE:
        s.has |= Sample::has_original_size;
        s.original_size = host<std::uint32_t>(p);
        break;
      case PSAMPLE_ATTR_SAMPLE_GROUP:
        has_group = true;
        s.group = host<std::uint32_t>(p);
        break;
      case PSAMPLE_ATTR_GROUP_SEQ:
        s.has |= Sample::has_sequence;
        s.sequence = host<std::uint32_t>(p);
        break;
      case PSAMPLE_ATTR_SAMPLE_RATE:
        s.has |= Sample::has_rate;
        s.rate = host<std::uint32_t>(p);
        break;
      case PSAMPLE_ATTR_DATA:
        s.data = value;
        break;
      case PSAMPLE_ATTR_GROUP_REFCOUNT:  // of groups only: in a sample of Linux 5.8 to 5.11 TUNNEL
      case PSAMPLE_ATTR_TUNNEL:
        if (!read_tunnel(value, s.extra.tunnel)) return false;
        s.extra.has |= PsampleExtra::has_tunnel;
        break;
      case PSAMPLE_ATTR_OUT_TC:
        s.extra.has |= PsampleExtra::has_queue;
        s.extra.out_tc = host<std::uint16_t>(p);
        break;
      case PSAMPLE_ATTR_OUT_TC_OCC:
        s.extra.has |= PsampleExtra::has_occupancy;
        s.extra.out_tc_occ = host<std::uint64_t>(p);
        break;
      case PSAMPLE_ATTR_LATENCY:
        s.extra.has |= PsampleExtra::has_latency;
        s.extra.latency_ns = host<std::uint64_t>(p);
        break;
      case PSAMPLE_ATTR_TIMESTAMP:
        s.has |= Sample::has_timestamp;
        s.timestamp_ns = host<std::uint64_t>(p);
        break;
      case PSAMPLE_ATTR_PROTO:
        s.has |= Sample::has_protocol;
        s.protocol = host<std::uint16_t>(p);
        break;
      case attr_user_cookie:
        s.extra.cookie = value;
        break;
      case attr_sample_probability:
        s.probability = true;
        break;
      default:
        break;
    }
  }
  return a.ok() && has_group;
}

std::optional<Group> read_group(Bytes message) noexcept {
  const auto command = command_of(message);
  if (!command || *command == Command::sample) return std::nullopt;
  Group group;
  bool has_number = false;
  netlink::Attributes a(message.subspan(command_header));
  while (a.next()) {
    const auto type = a.type();
    // REFCOUNT was 8 in Linux 5.8 to 5.11.
    const bool refcount = type == PSAMPLE_ATTR_GROUP_REFCOUNT || type == PSAMPLE_ATTR_TUNNEL;
    if (type != PSAMPLE_ATTR_SAMPLE_GROUP && type != PSAMPLE_ATTR_GROUP_SEQ && !refcount) continue;
    const auto value = a.scalar<std::uint32_t>();
    if (!value) return std::nullopt;
    if (refcount) {
      group.references = *value;
    } else if (type == PSAMPLE_ATTR_GROUP_SEQ) {
      group.sequence = *value;
    } else {
      group.number = *value;
      has_number = true;
    }
  }
  if (!a.ok() || !has_number) return std::nullopt;
  return group;
}

}  // namespace netweir::psample
