// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/flow.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>

#include "format/ip_protocol.h"
#include "format/line.h"
#include "format/names.h"
#include "netweir/community_id.h"

namespace netweir::format {
namespace {

// All keys at their longest but those of labels and texts, less what every event has.
constexpr std::size_t keys_room = 1024;
constexpr std::size_t nat_room = 256;
constexpr std::size_t labels_room = 512;  // 128 numbers with commas and their key

bool has(const FlowRecord& flow, FlowRecord::Has what) noexcept { return (flow.has & what) != 0; }

char* put_proto(char* to, const FlowTuple& tuple) noexcept {
  return put_word(put_json(to, ",\"proto\":"), protocol_name(tuple.protocol), tuple.protocol);
}

char* put_key_ip(char* to, std::string_view key, const Ip& ip) noexcept {
  if (ip.version == IpVersion::none) return to;
  return put_json(put(put_json(to, key), ip), "\"");
}

char* put_endpoints(char* to, const FlowTuple& tuple) noexcept {
  to = put_key_ip(to, ",\"src_ip\":\"", tuple.src);
  if (tuple.has_ports) to = put_number(put_json(to, ",\"src_port\":"), tuple.src_port);
  to = put_key_ip(to, ",\"dest_ip\":\"", tuple.dst);
  if (tuple.has_ports) to = put_number(put_json(to, ",\"dest_port\":"), tuple.dst_port);
  if (tuple.has_icmp) {
    to = put_number(put_json(to, ",\"icmp_type\":"), unsigned{tuple.icmp_type});
    to = put_number(put_json(to, ",\"icmp_code\":"), unsigned{tuple.icmp_code});
    to = put_number(put_json(to, ",\"icmp_id\":"), tuple.icmp_id);
  }
  return to;
}

/// The keys of a translation: in an object of their own, or beside those of the original.
struct NatKeys {
  std::string_view src_ip, src_port, dest_ip, dest_port, icmp_id;
};
constexpr NatKeys inner_keys{",\"src_ip\":\"", ",\"src_port\":", ",\"dest_ip\":\"",
                             ",\"dest_port\":", ",\"icmp_id\":"};
constexpr NatKeys beside_keys{",\"translated_src_ip\":\"",
                              ",\"translated_src_port\":", ",\"translated_dest_ip\":\"",
                              ",\"translated_dest_port\":", ",\"translated_icmp_id\":"};

/// What the packets of the original direction carry once they are translated, as the answers show
/// it. Nothing where nobody translates.
char* put_translation(char* to, const FlowRecord& flow, const NatKeys& keys) noexcept {
  const auto& reply = flow.reply;
  if (reply.src.version == IpVersion::none) return to;
  const FlowNat nat = nat_of(flow.orig, reply);
  if (!nat) return to;
  to = put_json(to, ",\"type\":\"");
  if (nat.source) to = put_json(to, "snat");
  if (nat.source && nat.destination) to = put_json(to, "_");
  if (nat.destination) to = put_json(to, "dnat");
  to = put_json(to, "\"");
  if (nat.source) {
    to = put_key_ip(to, keys.src_ip, reply.dst);
    if (reply.has_ports) to = put_number(put_json(to, keys.src_port), reply.dst_port);
  }
  if (nat.destination) {
    to = put_key_ip(to, keys.dest_ip, reply.src);
    if (reply.has_ports) to = put_number(put_json(to, keys.dest_port), reply.src_port);
  }
  if (nat.source && reply.has_icmp) to = put_number(put_json(to, keys.icmp_id), reply.icmp_id);
  return to;
}

char* put_zones(char* to, const FlowRecord& flow) noexcept {
  if (flow.zone != 0) to = put_number(put_json(to, ",\"zone\":"), flow.zone);
  if (flow.reply_zone == flow.zone) return to;
  return put_number(put_json(to, ",\"reply_zone\":"), flow.reply_zone);
}

char* put_labels(char* to, const FlowRecord& flow) noexcept {
  char* const open = put_json(to, ",\"labels\":");
  char* end = open;
  for (unsigned n = 0; n < 8 * flow.labels.size(); ++n) {
    if ((unsigned{flow.labels[n / 8]} >> n % 8 & 1U) != 0) end = put_number(put_json(end, ","), n);
  }
  if (end == open) return to;
  *open = '[';  // was the first comma
  return put_json(end, "]");
}

// conntrack(8)'s words for enum tcp_conntrack, sctp_conntrack and ct_dccp_states.
constexpr std::string_view tcp_states[] = {"NONE",     "SYN_SENT",   "SYN_RECV", "ESTABLISHED",
                                           "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT",
                                           "CLOSE",    "SYN_SENT2"};
constexpr std::string_view sctp_states[] = {
    "NONE",          "CLOSED",        "COOKIE_WAIT",       "COOKIE_ECHOED",  "ESTABLISHED",
    "SHUTDOWN_SENT", "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT", "HEARTBEAT_ACKED"};
constexpr std::string_view dccp_states[] = {"NONE",   "REQUEST",  "RESPOND", "PARTOPEN",
                                            "OPEN",   "CLOSEREQ", "CLOSING", "TIMEWAIT",
                                            "IGNORE", "INVALID"};

std::string_view state_name(const FlowRecord& flow) noexcept {
  std::span<const std::string_view> names;
  switch (flow.orig.protocol) {
    case ip_protocol::tcp:
      names = tcp_states;
      break;
    case ip_protocol::sctp:
      names = sctp_states;
      break;
    case ip_protocol::dccp:
      names = dccp_states;
      break;
    default:
      break;
  }
  return flow.state < names.size() ? names[flow.state] : std::string_view{};
}

// enum ip_conntrack_status, by bit. What was IPS_UNTRACKED marks clashes since Linux 5.7.
constexpr std::array<std::string_view, 16> status_bits{
    "expected",   "seen_reply",   "assured",      "confirmed", "src_nat",       "dst_nat",
    "seq_adjust", "src_nat_done", "dst_nat_done", "dying",     "fixed_timeout", "template",
    "nat_clash",  "helper",       "offload",      "hw_offload"};

char* put_status(char* to, std::uint32_t status) noexcept {
  char* const open = put_json(to, ",\"status\":");
  char* end = open;
  for (unsigned bit = 0; bit < status_bits.size(); ++bit) {
    if ((status >> bit & 1U) == 0) continue;
    end = put_json(put_json(put_json(end, ",\""), status_bits[bit]), "\"");
  }
  if (end == open) return to;
  *open = '[';  // was the first comma
  return put_json(end, "]");
}

template <std::size_t N>
char* put_key_time(char* to, const char (&key)[N], WallTime at) noexcept {
  return put_json(put_rfc3339(put_json(to, key), at), "\"");
}

char* put_interval(char* to, const FlowChange& change) noexcept {
  if (!change.inferred) return to;
  to = put_key_time(to, ",\"end_from\":\"", change.end_from);
  return put_key_time(to, ",\"end_to\":\"", change.end_to);
}

/// Nothing for an end before the start, nor for more than the 292 years that a duration holds.
char* put_duration(char* to, WallTime start, WallTime end) noexcept {
  std::int64_t ns = 0;
  if (__builtin_sub_overflow(end.time_since_epoch().count(), start.time_since_epoch().count(),
                             &ns) ||
      ns < 0) {
    return to;
  }
  return put_seconds(put_json(to, ",\"duration\":"), std::chrono::nanoseconds{ns});
}

char* put_counters(char* to, const FlowChange& change) noexcept {
  if (change.inferred) return put_json(to, ",\"counters\":\"unknown\"");
  const auto& flow = change.flow;
  if (!has(flow, FlowRecord::has_counters)) return to;
  to = put_number(put_json(to, ",\"pkts_toserver\":"), flow.to_server.packets);
  to = put_number(put_json(to, ",\"pkts_toclient\":"), flow.to_client.packets);
  to = put_number(put_json(to, ",\"bytes_toserver\":"), flow.to_server.octets);
  return put_number(put_json(to, ",\"bytes_toclient\":"), flow.to_client.octets);
}

char* put_times(char* to, const FlowChange& change) noexcept {
  const auto& flow = change.flow;
  if (has(flow, FlowRecord::has_start)) to = put_key_time(to, ",\"start\":\"", flow.start);
  if (change.inferred) return put_interval(to, change);
  if (change.action != FlowAction::ended) return to;
  const WallTime end = has(flow, FlowRecord::has_stop) ? flow.stop : flow.at;
  to = put_key_time(to, ",\"end\":\"", end);
  return has(flow, FlowRecord::has_start) ? put_duration(to, flow.start, end) : to;
}

char* put_community(char* to, const FlowTuple& tuple) noexcept {
  char* const id = put_json(to, ",\"community_id\":\"");
  char* const end = put_community_id(id, tuple);
  return end == id ? to : put_json(end, "\"");
}

char* put_id(char* to, const FlowRecord& flow) noexcept {
  return put_number(put_json(to, ",\"id\":"), flow.id);
}

char* put_reason(char* to, const FlowChange& change) noexcept {
  return put_json(put_json(put_json(to, ",\"reason\":\""), word(change.reason)), "\"");
}

/// The tuples, and what the tracker and the administrator attached.
char* put_identity(char* to, const FlowRecord& flow) noexcept {
  to = put_endpoints(put_proto(put_id(to, flow), flow.orig), flow.orig);
  if (flow.reply != inverse(flow.orig)) {
    to = put_object(to, ",\"reply\":", [&](char* p) { return put_endpoints(p, flow.reply); });
  }
  to = put_object(to, ",\"nat\":", [&](char* p) { return put_translation(p, flow, inner_keys); });
  to = put_zones(to, flow);
  if (has(flow, FlowRecord::has_mark) && flow.mark != 0)
    to = put_number(put_json(to, ",\"mark\":"), flow.mark);
  if (has(flow, FlowRecord::has_labels)) to = put_labels(to, flow);
  to = put_key_text(to, ",\"helper\":\"", flow.helper);
  return put_key_text(to, ",\"secctx\":\"", flow.secctx);
}

char* put_keys(char* to, const FlowChange& change) noexcept {
  const auto& flow = change.flow;
  to = put_json(put_json(put_json(to, ",\"action\":\""), word(change.action)), "\"");
  to = put_identity(to, flow);
  if (has(flow, FlowRecord::has_state)) {
    to = put_word(put_json(to, ",\"state\":"), state_name(flow), flow.state);
  }
  if (has(flow, FlowRecord::has_status)) to = put_status(to, flow.status);
  if (has(flow, FlowRecord::has_timeout) && change.action != FlowAction::ended) {
    to = put_number(put_json(to, ",\"timeout\":"), flow.timeout);
  }
  to = put_times(put_counters(to, change), change);
  to = put_community(to, flow.orig);
  if (has(flow, FlowRecord::has_master)) {
    to = put_object(to, ",\"master\":", [&](char* p) {
      return put_endpoints(put_proto(p, flow.master), flow.master);
    });
  }
  return put_reason(to, change);
}

char* put_nat_keys(char* to, const FlowChange& change) noexcept {
  const auto& flow = change.flow;
  to = change.action == FlowAction::ended ? put_json(to, ",\"action\":\"DELETE\"")
                                          : put_json(to, ",\"action\":\"CREATE\"");
  to = put_endpoints(put_proto(to, flow.orig), flow.orig);
  to = put_translation(to, flow, beside_keys);
  to = put_id(put_zones(to, flow), flow);
  to = put_reason(put_interval(to, change), change);
  return put_community(to, flow.orig);
}

}  // namespace

std::size_t extra_room(const FlowEvent& event) noexcept {
  const auto& flow = event.change->flow;
  return keys_room + (has(flow, FlowRecord::has_labels) ? labels_room : 0) + room(flow.helper) +
         room(flow.secctx);
}

std::size_t extra_room(const NatEvent&) noexcept { return nat_room; }

char* put_flow(char* to, const FlowEvent& event) noexcept {
  return put_object(to, ",\"flow\":", [&](char* p) { return put_keys(p, *event.change); });
}

char* put_nat(char* to, const NatEvent& event) noexcept {
  return put_object(to, ",\"nat\":", [&](char* p) { return put_nat_keys(p, *event.change); });
}

}  // namespace netweir::format
