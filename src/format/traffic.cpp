// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/traffic.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "format/ip_protocol.h"
#include "format/line.h"

namespace netweir::format {
namespace {

// All keys at their longest but texts, less what every event has.
constexpr std::size_t keys_room = 704;

// The classes that length_bounds makes.
constexpr std::array<std::string_view, length_bounds.size() + 1> length_classes{
    "0-64", "65-127", "128-255", "256-511", "512-1023", "1024-1518", "1519-"};

constexpr double beyond_integers = 18446744073709551616.0;  // 2^64

/// A key and a value that is none below 0, in whole units; nothing for what JSON has no number for.
template <std::size_t N>
char* put_whole(char* to, const char (&key)[N], double value) noexcept {
  if (!std::isfinite(value)) return to;
  to = put_json(to, key);
  const double whole = std::round(value);
  if (whole >= beyond_integers) return put_number(to, whole);
  return put_number(to, whole > 0 ? static_cast<std::uint64_t>(whole) : 0);
}

template <std::size_t N>
char* put_fraction(char* to, const char (&key)[N], double value) noexcept {
  if (!std::isfinite(value)) return to;
  return put_number(put_json(to, key), value);
}

template <std::size_t N>
char* put_address(char* to, const char (&key)[N], const Ip& ip,
                  const TrafficEvent& event) noexcept {
  if (ip.version == IpVersion::none) return to;
  to = put(put_json(to, key), ip);
  const bool v4 = ip.version == IpVersion::v4;
  const unsigned bits = v4 ? event.prefix_v4 : event.prefix_v6;
  if (bits < (v4 ? 32U : 128U)) to = put_number(put_json(to, "/"), bits);
  return put_json(to, "\"");
}

char* put_key(char* to, const TrafficEvent& event) noexcept {
  const TrafficKey& key = event.total->key;
  const auto has = [&](Dimension d) { return (key.has & event.dimensions & bit(d)) != 0; };
  if (has(Dimension::proto)) {
    to = put_word(put_json(to, ",\"proto\":"), key.arp ? "ARP" : protocol_name(key.protocol),
                  key.protocol);
  }
  if (has(Dimension::src_ip)) to = put_address(to, ",\"src_ip\":\"", key.src, event);
  if (has(Dimension::src_port)) to = put_number(put_json(to, ",\"src_port\":"), key.src_port);
  if (has(Dimension::dest_ip)) to = put_address(to, ",\"dest_ip\":\"", key.dst, event);
  if (has(Dimension::dest_port)) to = put_number(put_json(to, ",\"dest_port\":"), key.dst_port);
  if (has(Dimension::dscp)) to = put_number(put_json(to, ",\"dscp\":"), unsigned{key.dscp});
  if (has(Dimension::ecn)) to = put_number(put_json(to, ",\"ecn\":"), unsigned{key.ecn});
  if (has(Dimension::length) && key.length_class < length_classes.size()) {
    to = put_json(to, ",\"length_class\":\"");
    to = put_json(put_json(to, length_classes[key.length_class]), "\"");
  }
  if (has(Dimension::tcp_flags))
    to = put_number(put_json(to, ",\"tcp_flags\":"), unsigned{key.tcp_flags});
  if (has(Dimension::flow_label)) to = put_number(put_json(to, ",\"flow_label\":"), key.flow_label);
  if (has(Dimension::queue)) to = put_number(put_json(to, ",\"queue\":"), key.queue);
  if (has(Dimension::prefix)) to = put_key_text(to, ",\"prefix\":\"", event.prefix);
  if (has(Dimension::mark)) to = put_number(put_json(to, ",\"mark\":"), key.mark);
  return to;
}

char* put_packets(char* to, const Estimate& all) noexcept {
  to = put_whole(to, ",\"est_packets\":", all.value);
  to = put_fraction(to, ",\"est_packets_error\":", all.error);
  to = put_whole(to, ",\"est_packets_low\":", all.low);
  return put_whole(to, ",\"est_packets_high\":", all.high);
}

char* put_bytes(char* to, const Estimate& all) noexcept {
  to = put_whole(to, ",\"est_bytes\":", all.value);
  to = put_fraction(to, ",\"est_bytes_error\":", all.error);
  to = put_whole(to, ",\"est_bytes_low\":", all.low);
  return put_whole(to, ",\"est_bytes_high\":", all.high);
}

char* put_latency(char* to, const LatencyTotals& latency) noexcept {
  if (latency.count == 0) return to;
  to = put_number(put_json(to, ",\"count\":"), latency.count);
  to = put_whole(to, ",\"mean\":", latency.mean);
  to = put_whole(to, ",\"p50\":", latency.p50);
  return put_whole(to, ",\"p99\":", latency.p99);
}

char* put_keys(char* to, const TrafficEvent& event) noexcept {
  const TrafficTotal& total = *event.total;
  to = put_json(put_escaped(put_json(to, ",\"name\":\""), event.name), "\"");
  to = put_rfc3339(put_json(to, ",\"from\":\""), event.from);
  to = put_json(put_rfc3339(put_json(to, "\",\"to\":\""), event.to), "\"");
  if (event.rest) {
    to = put_number(put_json(to, ",\"rest\":true,\"keys\":"), event.keys);
  } else {
    to = put_key(to, event);
  }
  to = put_number(put_json(to, ",\"packets\":"), total.packets);
  to = put_number(put_json(to, ",\"bytes\":"), total.octets);
  if (event.estimated) to = put_bytes(put_packets(to, total.all_packets), total.all_octets);
  // A bound: rounded up.
  if (total.missed_at_most > 0)
    to = put_whole(to, ",\"missed_at_most\":", std::ceil(total.missed_at_most));
  return put_object(to, ",\"latency\":", [&](char* p) { return put_latency(p, total.latency); });
}

}  // namespace

std::size_t extra_room(const TrafficEvent& event) noexcept {
  return keys_room + room(event.name) + room(event.prefix);
}

char* put_traffic(char* to, const TrafficEvent& event) noexcept {
  return put_object(to, ",\"traffic\":", [&](char* p) { return put_keys(p, event); });
}

}  // namespace netweir::format
