// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/decode.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <utility>

#include "netlink/attributes.h"
#include "wire/cursor.h"

namespace netweir::conntrack {
namespace {

static_assert(new_message == (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW));
static_assert(delete_message == (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE));

// Newer kernels than the build host's header: its number, tied to the last that both know.
constexpr std::uint16_t attr_timestamp_event = 27;
static_assert(CTA_STATUS_MASK + 1 == attr_timestamp_event);

constexpr std::size_t nfgenmsg_octets = 4;
constexpr std::size_t helper_at_most = 15;  // NF_CT_HELPER_NAME_LEN, without its NUL
constexpr std::uint8_t any_length = 0xff;

/// The length of each attribute of a message or of a nest, by type; anything for those not listed.
class Lengths {
 public:
  constexpr Lengths(std::initializer_list<std::pair<std::uint16_t, std::uint8_t>> known) noexcept {
    for (auto& length : of_) length = any_length;
    for (const auto& [type, length] : known) of_[type] = length;
  }
  constexpr bool fits(std::uint16_t type, std::size_t size) const noexcept {
    return type >= of_.size() || of_[type] == any_length || of_[type] == size;
  }

 private:
  std::array<std::uint8_t, attr_timestamp_event + 1> of_{};
};

constexpr Lengths lengths{
    {CTA_STATUS, 4},      {CTA_TIMEOUT, 4},         {CTA_MARK, 4}, {CTA_USE, 4},
    {CTA_ID, 4},          {CTA_SECMARK, 4},         {CTA_ZONE, 2}, {CTA_MARK_MASK, 4},
    {CTA_STATUS_MASK, 4}, {attr_timestamp_event, 8}};
constexpr Lengths tuple_lengths{{CTA_TUPLE_ZONE, 2}};
constexpr Lengths ip_lengths{
    {CTA_IP_V4_SRC, 4}, {CTA_IP_V4_DST, 4}, {CTA_IP_V6_SRC, 16}, {CTA_IP_V6_DST, 16}};
constexpr Lengths proto_lengths{
    {CTA_PROTO_NUM, 1},       {CTA_PROTO_SRC_PORT, 2},    {CTA_PROTO_DST_PORT, 2},
    {CTA_PROTO_ICMP_ID, 2},   {CTA_PROTO_ICMP_TYPE, 1},   {CTA_PROTO_ICMP_CODE, 1},
    {CTA_PROTO_ICMPV6_ID, 2}, {CTA_PROTO_ICMPV6_TYPE, 1}, {CTA_PROTO_ICMPV6_CODE, 1}};
constexpr Lengths tcp_lengths{{CTA_PROTOINFO_TCP_STATE, 1},
                              {CTA_PROTOINFO_TCP_WSCALE_ORIGINAL, 1},
                              {CTA_PROTOINFO_TCP_WSCALE_REPLY, 1},
                              {CTA_PROTOINFO_TCP_FLAGS_ORIGINAL, 2},
                              {CTA_PROTOINFO_TCP_FLAGS_REPLY, 2}};
constexpr Lengths dccp_lengths{{CTA_PROTOINFO_DCCP_STATE, 1},
                               {CTA_PROTOINFO_DCCP_ROLE, 1},
                               {CTA_PROTOINFO_DCCP_HANDSHAKE_SEQ, 8}};
constexpr Lengths sctp_lengths{{CTA_PROTOINFO_SCTP_STATE, 1},
                               {CTA_PROTOINFO_SCTP_VTAG_ORIGINAL, 4},
                               {CTA_PROTOINFO_SCTP_VTAG_REPLY, 4}};
constexpr Lengths counters_lengths{{CTA_COUNTERS_PACKETS, 8},
                                   {CTA_COUNTERS_BYTES, 8},
                                   {CTA_COUNTERS32_PACKETS, 4},
                                   {CTA_COUNTERS32_BYTES, 4}};
constexpr Lengths timestamp_lengths{{CTA_TIMESTAMP_START, 8}, {CTA_TIMESTAMP_STOP, 8}};
constexpr Lengths text_lengths{};

using wire::be16;
using wire::be32;
using wire::be64;

/// Calls each(type, value) for the attributes of a message or a nest. False where they do not add
/// up, one has a wrong length, or each() refuses one.
template <class Each>
bool walk(Bytes octets, const Lengths& known, Each&& each) noexcept {
  netlink::Attributes a(octets);
  while (a.next()) {
    if (!known.fits(a.type(), a.data().size()) || !each(a.type(), a.data())) return false;
  }
  return a.ok();
}

/// `octets` are as many as the version has.
template <IpVersion version>
void read_address(const std::uint8_t* octets, Ip& ip) noexcept {
  ip.octets = {};
  std::memcpy(ip.octets.data(), octets, version == IpVersion::v4 ? 4 : 16);
  ip.version = version;
}

bool read_addresses(Bytes octets, FlowTuple& tuple) noexcept {
  return walk(octets, ip_lengths, [&](std::uint16_t type, Bytes value) noexcept {
    switch (type) {
      case CTA_IP_V4_SRC:
        read_address<IpVersion::v4>(value.data(), tuple.src);
        break;
      case CTA_IP_V4_DST:
        read_address<IpVersion::v4>(value.data(), tuple.dst);
        break;
      case CTA_IP_V6_SRC:
        read_address<IpVersion::v6>(value.data(), tuple.src);
        break;
      case CTA_IP_V6_DST:
        read_address<IpVersion::v6>(value.data(), tuple.dst);
        break;
      default:
        break;
    }
    return true;
  });
}

/// The parts of a CTA_TUPLE_PROTO that came.
enum : unsigned {
  part_number = 1,
  part_src = 2,
  part_dst = 4,
  part_id = 8,
  part_type = 16,
  part_code = 32
};
constexpr unsigned ports = part_src | part_dst, icmp = part_id | part_type | part_code;

bool read_protocol(Bytes octets, FlowTuple& tuple, unsigned& parts) noexcept {
  return walk(octets, proto_lengths, [&](std::uint16_t type, Bytes value) noexcept {
    const auto* p = value.data();
    switch (type) {
      case CTA_PROTO_NUM:
        parts |= part_number;
        tuple.protocol = *p;
        break;
      case CTA_PROTO_SRC_PORT:
        parts |= part_src;
        tuple.src_port = be16(p);
        break;
      case CTA_PROTO_DST_PORT:
        parts |= part_dst;
        tuple.dst_port = be16(p);
        break;
      case CTA_PROTO_ICMP_ID:
      case CTA_PROTO_ICMPV6_ID:
        parts |= part_id;
        tuple.icmp_id = be16(p);
        break;
      case CTA_PROTO_ICMP_TYPE:
      case CTA_PROTO_ICMPV6_TYPE:
        parts |= part_type;
        tuple.icmp_type = *p;
        break;
      case CTA_PROTO_ICMP_CODE:
      case CTA_PROTO_ICMPV6_CODE:
        parts |= part_code;
        tuple.icmp_code = *p;
        break;
      default:
        break;
    }
    return true;
  });
}

/// A CTA_TUPLE_*. `zone` is set where the tuple has one: that of its direction.
bool read_tuple(Bytes octets, FlowTuple& tuple, std::uint16_t& zone) noexcept {
  tuple = {};
  zone = 0;
  unsigned parts = 0;
  const bool read = walk(octets, tuple_lengths, [&](std::uint16_t type, Bytes value) noexcept {
    switch (type) {
      case CTA_TUPLE_IP:
        return read_addresses(value, tuple);
      case CTA_TUPLE_PROTO:
        return read_protocol(value, tuple, parts);
      case CTA_TUPLE_ZONE:
        zone = be16(value.data());
        return true;
      default:
        return true;
    }
  });
  tuple.has_ports = (parts & ports) == ports;
  tuple.has_icmp = (parts & icmp) == icmp;
  return read && tuple.src.version != IpVersion::none && tuple.src.version == tuple.dst.version &&
         (parts & part_number) != 0 && (tuple.has_ports || (parts & ports) == 0) &&
         (tuple.has_icmp || (parts & icmp) == 0);
}

/// What a CTA_PROTOINFO told, and of which protocol.
struct State {
  bool known = false;
  std::uint8_t protocol = 0, value = 0;
};

bool read_state(Bytes octets, const Lengths& known, std::uint16_t attribute, std::uint8_t protocol,
                State& state) noexcept {
  return walk(octets, known, [&](std::uint16_t type, Bytes value) noexcept {
    if (type == attribute) state = {true, protocol, value[0]};
    return true;
  });
}

bool read_protoinfo(Bytes octets, State& state) noexcept {
  return walk(octets, text_lengths, [&](std::uint16_t type, Bytes value) noexcept {
    switch (type) {
      case CTA_PROTOINFO_TCP:
        return read_state(value, tcp_lengths, CTA_PROTOINFO_TCP_STATE, IPPROTO_TCP, state);
      case CTA_PROTOINFO_DCCP:
        return read_state(value, dccp_lengths, CTA_PROTOINFO_DCCP_STATE, IPPROTO_DCCP, state);
      case CTA_PROTOINFO_SCTP:
        return read_state(value, sctp_lengths, CTA_PROTOINFO_SCTP_STATE, IPPROTO_SCTP, state);
      default:
        return true;
    }
  });
}

/// A CTA_COUNTERS_*; `known` becomes true where both numbers are there.
bool read_counters(Bytes octets, FlowCounters& counters, bool& known) noexcept {
  bool packets = false;
  bool bytes = false;
  counters = {};
  const bool read = walk(octets, counters_lengths, [&](std::uint16_t type, Bytes value) noexcept {
    const auto* p = value.data();
    switch (type) {
      case CTA_COUNTERS_PACKETS:
        packets = true;
        counters.packets = be64(p);
        break;
      case CTA_COUNTERS_BYTES:
        bytes = true;
        counters.octets = be64(p);
        break;
      case CTA_COUNTERS32_PACKETS:
        packets = true;
        counters.packets = be32(p);
        break;
      case CTA_COUNTERS32_BYTES:
        bytes = true;
        counters.octets = be32(p);
        break;
      default:
        break;
    }
    return true;
  });
  known = packets && bytes;
  return read;
}

/// Nanoseconds since the epoch. False where no WallTime can hold them.
bool read_time(const std::uint8_t* p, WallTime& at) noexcept {
  const auto ns = be64(p);
  if (ns > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
  at = WallTime{std::chrono::nanoseconds{static_cast<std::int64_t>(ns)}};
  return true;
}

bool read_timestamp(Bytes octets, FlowRecord& record) noexcept {
  return walk(octets, timestamp_lengths, [&](std::uint16_t type, Bytes value) noexcept {
    if (type == CTA_TIMESTAMP_START && read_time(value.data(), record.start))
      record.has |= FlowRecord::has_start;
    else if (type == CTA_TIMESTAMP_STOP && read_time(value.data(), record.stop))
      record.has |= FlowRecord::has_stop;
    return true;
  });
}

/// The text `wanted` of a nest, up to its NUL.
bool read_text(Bytes octets, std::uint16_t wanted, std::size_t at_most,
               std::string_view& text) noexcept {
  return walk(octets, text_lengths, [&](std::uint16_t type, Bytes value) noexcept {
    if (type != wanted) return true;
    std::size_t length = 0;
    while (length < value.size() && length < at_most && value[length] != 0) ++length;
    text = {reinterpret_cast<const char*>(value.data()), length};
    return true;
  });
}

/// CTA_LABELS is an array of unsigned long in host order.
bool read_labels(Bytes octets, FlowRecord& record) noexcept {
  if (octets.size() > record.labels.size() || octets.size() % 4 != 0) return false;
  record.labels = {};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    std::size_t from = i;
    if constexpr (std::endian::native == std::endian::big) {
      const std::size_t word = std::min(sizeof(unsigned long), octets.size());
      from = i - i % word + (word - 1 - i % word);
      if (from >= octets.size()) return false;
    }
    record.labels[i] = octets[from];
  }
  record.has |= FlowRecord::has_labels;
  return true;
}

FlowRecord::What what_of(std::uint16_t type, std::uint16_t flags) noexcept {
  if (type == delete_message) return FlowRecord::What::destroyed;
  if ((flags & NLM_F_MULTI) != 0) return FlowRecord::What::listed;
  return (flags & NLM_F_CREATE) != 0 ? FlowRecord::What::created : FlowRecord::What::updated;
}

/// What only the whole message tells.
struct Seen {
  State state{};
  bool orig = false, reply = false;
  bool to_server = false, to_client = false;
  bool zone = false;
  std::uint16_t both_zones = 0, orig_zone = 0, reply_zone = 0, master_zone = 0;
};

bool read_attribute(std::uint16_t type, Bytes value, FlowRecord& record, Seen& seen) noexcept {
  const auto* p = value.data();
  switch (type) {
    case CTA_TUPLE_ORIG:
      seen.orig = true;
      return read_tuple(value, record.orig, seen.orig_zone);
    case CTA_TUPLE_REPLY:
      seen.reply = true;
      return read_tuple(value, record.reply, seen.reply_zone);
    case CTA_TUPLE_MASTER:
      record.has |= FlowRecord::has_master;
      return read_tuple(value, record.master, seen.master_zone);
    case CTA_STATUS:
      record.has |= FlowRecord::has_status;
      record.status = be32(p);
      return true;
    case CTA_PROTOINFO:
      return read_protoinfo(value, seen.state);
    case CTA_HELP:
      return read_text(value, CTA_HELP_NAME, helper_at_most, record.helper);
    case CTA_TIMEOUT:
      record.has |= FlowRecord::has_timeout;
      record.timeout = be32(p);
      return true;
    case CTA_MARK:
      record.has |= FlowRecord::has_mark;
      record.mark = be32(p);
      return true;
    case CTA_COUNTERS_ORIG:
      return read_counters(value, record.to_server, seen.to_server);
    case CTA_COUNTERS_REPLY:
      return read_counters(value, record.to_client, seen.to_client);
    case CTA_ID:
      record.id = be32(p);
      return true;
    case CTA_ZONE:
      seen.zone = true;
      seen.both_zones = be16(p);
      return true;
    case CTA_SECCTX:
      return read_text(value, CTA_SECCTX_NAME, value.size(), record.secctx);
    case CTA_TIMESTAMP:
      return read_timestamp(value, record);
    case CTA_LABELS:
      return read_labels(value, record);
    case attr_timestamp_event:
      if (read_time(p, record.at)) record.at_is_receipt = false;
      return true;
    default:
      return true;
  }
}

}  // namespace

bool decode(std::uint16_t type, std::uint16_t flags, Bytes payload, WallTime receipt,
            FlowRecord& record) noexcept {
  const auto source = record.source;
  record = FlowRecord{};
  record.source = source;
  if (type != new_message && type != delete_message) return false;
  if (payload.size() < nfgenmsg_octets) return false;
  record.what = what_of(type, flags);
  record.at = receipt;
  record.at_is_receipt = true;

  Seen seen;
  const bool read = walk(payload.subspan(nfgenmsg_octets), lengths,
                         [&](std::uint16_t attribute, Bytes value) noexcept {
                           return read_attribute(attribute, value, record, seen);
                         });
  if (!read || !seen.orig || !seen.reply) return false;
  if (record.reply.src.version != record.orig.src.version ||
      record.reply.protocol != record.orig.protocol)
    return false;
  if (seen.state.known) {
    if (seen.state.protocol != record.orig.protocol) return false;
    record.has |= FlowRecord::has_state;
    record.state = seen.state.value;
  }
  if (seen.to_server && seen.to_client) record.has |= FlowRecord::has_counters;
  record.zone = seen.zone ? seen.both_zones : seen.orig_zone;
  record.reply_zone = seen.zone ? seen.both_zones : seen.reply_zone;
  return true;
}

}  // namespace netweir::conntrack
