// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/native.h"

#include <type_traits>

#include "format/flow.h"
#include "format/line.h"
#include "format/names.h"
#include "format/packet.h"
#include "format/traffic.h"

namespace netweir::format {
namespace {

// The longest form of everything but texts, generously: keys, words, numbers, times and addresses.
constexpr std::size_t envelope_room = 320;
constexpr std::size_t vid_room = 6;
constexpr std::size_t body_room = 512;
constexpr std::size_t source_room = 32;                      // of a hello's
constexpr std::size_t ledger_room = 512, output_room = 128;  // of a goodbye's and stats'

constexpr std::string_view envelope_start = "{\"timestamp\":\"";

std::size_t text_room(const HelloEvent& hello) noexcept {
  std::size_t octets = room(hello.version) + room(hello.instance);
  for (const auto* source : hello.sources) {
    if (source != nullptr) octets += source_room + room(source->name) + room(source->type);
  }
  return octets;
}
std::size_t text_room(const BindingEvent& binding) noexcept {
  return room(binding.domain) + room(binding.prefix);
}
std::size_t text_room(const StationEvent& station) noexcept {
  return room(station.domain) + room(station.previous_iface);
}
std::size_t text_room(const PacketEvent& event) noexcept { return extra_room(event); }
std::size_t text_room(const FlowEvent& event) noexcept { return extra_room(event); }
std::size_t text_room(const NatEvent& event) noexcept { return extra_room(event); }
std::size_t text_room(const TrafficEvent& event) noexcept { return extra_room(event); }
std::size_t text_room(const LossEvent& event) noexcept { return room(event.loss->cause); }
std::size_t text_room(const SourceEvent& state) noexcept { return room(state.reason); }
std::size_t text_room(const AlertEvent& alert) noexcept {
  return room(alert.kind) + room(alert.text) + room(alert.domain);
}
std::size_t text_room(std::span<const Ledger> ledgers) noexcept {
  std::size_t octets = 0;
  for (const auto& l : ledgers) octets += ledger_room + room(l.name) + room(l.type) + room(l.unit);
  return octets;
}
std::size_t text_room(const StatsEvent& stats) noexcept {
  std::size_t octets = text_room(stats.sources);
  for (const auto& o : stats.outputs) octets += output_room + room(o.type) + room(o.path);
  return octets;
}
std::size_t text_room(const GoodbyeEvent& goodbye) noexcept {
  return room(goodbye.reason) + text_room(goodbye.sources);
}

std::size_t line_room(const Event& event, std::string_view host) {
  std::size_t octets = envelope_room + body_room + host.size() + room(event.in_iface) +
                       room(event.out_iface) + event.vlan.size() * vid_room;
  if (event.source != nullptr) octets += room(event.source->name) + room(event.source->type);
  return octets + std::visit([](const auto& body) { return text_room(body); }, event.body);
}

char* put_name(char* to, const SourceName& source) noexcept {
  to = put_escaped(put_json(to, "\"name\":\""), source.name);
  to = put_escaped(put_json(to, "\",\"type\":\""), source.type);
  return put_json(to, "\"");
}

/// `state` is of a `source` event, whose envelope key and object are one (docs/events.md).
char* put_source(char* to, const Event& event, const SourceEvent* state) noexcept {
  if (event.source == nullptr && state == nullptr) return to;
  to = put_json(to, ",\"source\":{");
  const char* const start = to;
  if (event.source != nullptr) to = put_name(to, *event.source);
  if (event.grouped) {
    if (to != start) to = put_json(to, ",");
    to = put_number(put_json(to, "\"group\":"), event.group);
  }
  if (state != nullptr) {
    if (to != start) to = put_json(to, ",");
    to = put_json(put_json(to, "\"state\":\""), word(state->state));
    to = put_json(to, "\"");
    if (!state->reason.empty()) {
      to = put_json(put_escaped(put_json(to, ",\"reason\":\""), state->reason), "\"");
    }
    if (const auto& listed = state->listed) {
      to = put_number(put_json(to, ",\"added\":"), listed->added);
      to = put_number(put_json(to, ",\"closed\":"), listed->closed);
      to = put_number(put_json(to, ",\"unchanged\":"), listed->unchanged);
    }
    if (state->gap) to = put_seconds(put_json(to, ",\"gap\":"), *state->gap);
  }
  return put_json(to, "}");
}

char* put_envelope(char* to, const Event& event, std::uint64_t seq,
                   std::string_view host) noexcept {
  to = put_rfc3339(put_json(to, envelope_start), event.at);
  to = put_json(put_json(to, "\",\"event_type\":\""), name(event.type()));
  to = put_number(put_json(to, "\",\"seq\":"), seq);
  to = put_json(to, host);
  to = put_source(to, event, std::get_if<SourceEvent>(&event.body));
  if (!event.in_iface.empty()) {
    to = put_json(put_escaped(put_json(to, ",\"in_iface\":\""), event.in_iface), "\"");
  }
  if (!event.out_iface.empty()) {
    to = put_json(put_escaped(put_json(to, ",\"out_iface\":\""), event.out_iface), "\"");
  }
  if (!event.vlan.empty()) {
    to = put_number(put_json(to, ",\"vlan\":["), event.vlan.front());
    for (const auto vid : event.vlan.subspan(1)) to = put_number(put_json(to, ","), vid);
    to = put_json(to, "]");
  }
  return to;
}

template <class T>
char* put_text(char* to, std::string_view key, const T& value) noexcept {
  to = put_json(put_escaped(put_json(to, ",\""), key), "\":\"");
  if constexpr (std::is_convertible_v<T, std::string_view>)
    to = put_escaped(to, value);
  else
    to = put(to, value);
  return put_json(to, "\"");
}

char* put_body(char* to, const Event&, std::string_view, const HelloEvent& hello) noexcept {
  to = put_escaped(put_json(to, ",\"hello\":{\"version\":\""), hello.version);
  to = put_escaped(put_json(to, "\",\"schema\":1,\"instance\":\""), hello.instance);
  to = put_json(to, "\",\"sources\":[");
  bool first = true;
  for (const auto* source : hello.sources) {
    if (source == nullptr) continue;
    to = first ? put_json(to, "{") : put_json(to, ",{");
    to = put_json(put_name(to, *source), "}");
    first = false;
  }
  return put_json(to, "]}");
}

char* put_body(char* to, const Event& event, std::string_view timestamp,
               const BindingEvent& binding) noexcept {
  const auto& change = *binding.change;
  to = put_json(put_json(to, ",\"binding\":{\"action\":\""), word(change.action));
  if (change.action == BindingAction::expired) {
    to = put_json(put_json(to, "\",\"reason\":\""), word(change.reason));
  }
  to = put_escaped(put_json(to, "\",\"domain\":\""), binding.domain);
  to = put(put_json(to, "\",\"ip\":\""), change.key.ip);
  to = put(put_json(to, "\",\"mac\":\""), change.mac);
  if (change.action == BindingAction::moved) {
    to = put(put_json(to, "\",\"previous_mac\":\""), change.previous_mac);
  }
  if (binding.has_evidence) {
    to = put_json(put_json(to, "\",\"evidence\":\""), word(binding.evidence));
  }
  to = put_rfc3339(put_json(to, "\",\"first_seen\":\""), change.first_seen);
  to = put_json(to, "\",\"last_seen\":\"");
  // Nearly always the time of the event, which is written already.
  to = change.last_seen == event.at ? put_json(to, timestamp) : put_rfc3339(to, change.last_seen);
  to = put_number(put_json(to, "\",\"count\":"), change.count);
  to = put_sample_rate(to, binding.sample_rate);
  if (!binding.prefix.empty()) {
    to = put_json(put_escaped(put_json(to, ",\"prefix\":\""), binding.prefix), "\"");
  }
  return put_json(to, "}");
}

char* put_body(char* to, const Event&, std::string_view, const StationEvent& station) noexcept {
  const bool expired = station.action == StationAction::expired;
  to = put_json(put_json(to, ",\"station\":{\"action\":\""), word(station.action));
  if (expired) to = put_json(put_json(to, "\",\"reason\":\""), word(station.reason));
  to = put_escaped(put_json(to, "\",\"domain\":\""), station.domain);
  to = put_json(put(put_json(to, "\",\"mac\":\""), station.mac), "\"");
  if (station.action == StationAction::moved && !station.previous_iface.empty())
    to = put_text(to, "previous_iface", station.previous_iface);
  if (expired) {
    to = put_seconds(put_json(to, ",\"duration\":"), station.duration);
    to = put_seconds(put_json(to, ",\"idle\":"), station.idle);
  }
  return put_json(put_sample_rate(to, station.sample_rate), "}");
}

char* put_body(char* to, const Event&, std::string_view, const PacketEvent& event) noexcept {
  return put_packet(to, event);
}

char* put_body(char* to, const Event&, std::string_view, const FlowEvent& event) noexcept {
  return put_flow(to, event);
}

char* put_body(char* to, const Event&, std::string_view, const NatEvent& event) noexcept {
  return put_nat(to, event);
}

char* put_body(char* to, const Event&, std::string_view, const TrafficEvent& event) noexcept {
  return put_traffic(to, event);
}

char* put_body(char* to, const Event&, std::string_view, const LossEvent& event) noexcept {
  const auto& loss = *event.loss;
  to = put_json(put_json(to, ",\"loss\":{\"unit\":\""), word(loss.unit));
  to = put_number(put_json(to, "\",\"count\":"), loss.count);
  to = put_json(put_json(to, ",\"exact\":"), loss.exact);
  to = put_escaped(put_json(to, ",\"cause\":\""), loss.cause);
  to = put_rfc3339(put_json(to, "\",\"from\":\""), loss.from);
  to = put_rfc3339(put_json(to, "\",\"to\":\""), loss.to);
  return put_json(to, "\"}");
}

char* put_body(char* to, const Event&, std::string_view, const SourceEvent&) noexcept { return to; }

char* put_body(char* to, const Event&, std::string_view, const AlertEvent& alert) noexcept {
  to = put_escaped(put_json(to, ",\"alert\":{\"kind\":\""), alert.kind);
  to = put_json(to, "\"");
  if (!alert.text.empty()) to = put_text(to, "message", alert.text);
  if (alert.count != 0) to = put_number(put_json(to, ",\"count\":"), alert.count);
  if (!alert.domain.empty()) to = put_text(to, "domain", alert.domain);
  if (alert.ip.version != IpVersion::none) to = put_text(to, "ip", alert.ip);
  if (!alert.mac.is_zero()) to = put_text(to, "mac", alert.mac);
  if (!alert.previous_mac.is_zero()) to = put_text(to, "previous_mac", alert.previous_mac);
  if (!alert.src_mac.is_zero()) to = put_text(to, "src_mac", alert.src_mac);
  if (alert.from) to = put_json(put_rfc3339(put_json(to, ",\"from\":\""), *alert.from), "\"");
  if (alert.to) to = put_json(put_rfc3339(put_json(to, ",\"to\":\""), *alert.to), "\"");
  return put_json(to, "}");
}

char* put_ledger(char* to, const Ledger& l) noexcept {
  to = put_escaped(put_json(to, "{\"name\":\""), l.name);
  to = put_escaped(put_json(to, "\",\"type\":\""), l.type);
  to = put_escaped(put_json(to, "\",\"unit\":\""), l.unit);
  to = put_number(put_json(to, "\",\"received\":"), l.received());
  to = put_number(put_json(to, ",\"filtered\":"), l.filtered);
  to = put_number(put_json(to, ",\"rejected\":"), l.rejected);
  to = put_number(put_json(to, ",\"decoded\":{\"done\":"), l.done);
  to = put_number(put_json(to, ",\"cut\":"), l.cut);
  to = put_number(put_json(to, ",\"malformed\":"), l.malformed);
  to = put_number(put_json(to, ",\"unsupported\":"), l.unsupported);
  to = put_number(put_json(to, ",\"too_many_layers\":"), l.too_many_layers);
  to = put_number(put_json(to, "},\"lost\":"), l.lost);
  to = put_json(put_json(to, ",\"lost_exact\":"), l.lost_exact);
  to = put_number(put_json(to, ",\"foreign\":"), l.foreign);
  to = put_number(put_json(to, ",\"truncated\":"), l.truncated);
  if (l.has_sequence) {
    to = put_number(put_json(to, ",\"sequence_gaps\":"), l.sequence_gaps);
    to = put_number(put_json(to, ",\"sequence_late\":"), l.sequence_late);
  }
  return put_json(to, "}");
}

char* put_ledgers(char* to, std::span<const Ledger> ledgers) noexcept {
  to = put_json(to, "\"sources\":[");
  for (const auto& ledger : ledgers) {
    if (&ledger != ledgers.data()) to = put_json(to, ",");
    to = put_ledger(to, ledger);
  }
  return put_json(to, "]");
}

char* put_body(char* to, const Event&, std::string_view, const StatsEvent& stats) noexcept {
  to = put_ledgers(put_json(to, ",\"stats\":{"), stats.sources);
  to = put_json(to, ",\"outputs\":[");
  for (const auto& o : stats.outputs) {
    if (&o != stats.outputs.data()) to = put_json(to, ",");
    to = put_escaped(put_json(to, "{\"type\":\""), o.type);
    to = put_json(to, "\"");
    if (!o.path.empty()) to = put_text(to, "path", o.path);
    to = put_number(put_json(to, ",\"written\":"), o.written);
    to = put_number(put_json(to, ",\"queued\":"), o.queued);
    to = put_number(put_json(to, ",\"dropped\":"), o.dropped);
    to = put_json(to, "}");
  }
  to = put_number(put_json(to, "],\"bindings\":{\"count\":"), stats.bindings);
  to = put_number(put_json(to, ",\"max\":"), stats.max);
  to = put_number(put_json(to, ",\"evicted\":"), stats.tracker.evicted);
  to = put_number(put_json(to, ",\"suppressed\":"), stats.tracker.suppressed);
  to = put_number(put_json(to, ",\"damped\":"), stats.tracker.damped);
  to = put_number(put_json(to, ",\"overruled\":"), stats.tracker.overruled);
  to = put_json(to, "}");
  if (stats.stations) {
    to = put_number(put_json(to, ",\"stations\":{\"count\":"), stats.stations->count);
    to = put_number(put_json(to, ",\"max\":"), stats.stations->max);
    to = put_number(put_json(to, ",\"evicted\":"), stats.stations->evicted);
    to = put_number(put_json(to, ",\"suppressed\":"), stats.stations->suppressed);
    to = put_json(to, "}");
  }
  return put_json(to, "}");
}

char* put_body(char* to, const Event&, std::string_view, const GoodbyeEvent& goodbye) noexcept {
  to = put_escaped(put_json(to, ",\"goodbye\":{\"reason\":\""), goodbye.reason);
  return put_json(put_ledgers(put_json(to, "\","), goodbye.sources), "}");
}

}  // namespace

Native::Native(std::string_view host) : host_(",\"host\":\"") {
  append_escaped(host_, host);
  host_ += '"';
}

void Native::append(const Event& event, std::uint64_t seq, std::string& out) const {
  with_room(out, line_room(event, host_), [&](char* to) {
    const std::string_view timestamp(to + envelope_start.size(), time_text);
    to = put_envelope(to, event, seq, host_);
    to = std::visit([&](const auto& body) { return put_body(to, event, timestamp, body); },
                    event.body);
    return put_json(to, "}\n");
  });
}

}  // namespace netweir::format
