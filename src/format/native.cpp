// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/native.h"

#include <cmath>

#include "format/line.h"
#include "format/names.h"

namespace netweir::format {
namespace {

/// `state` is for a `source` event: its envelope key and its object are one (docs/events.md).
void put_source(Line& line, const Event& event, const SourceEvent* state) {
  if (event.source == nullptr && state == nullptr) return;
  line.json(",\"source\":{");
  bool first = true;
  if (event.source != nullptr) {
    line.json("\"name\":\"").text(event.source->name);
    line.json("\",\"type\":\"").text(event.source->type).json("\"");
    first = false;
  }
  if (event.grouped) {
    if (!first) line.json(",");
    line.json("\"group\":").number(event.group);
    first = false;
  }
  if (state != nullptr) {
    if (!first) line.json(",");
    line.json("\"state\":\"").json(word(state->state)).json("\"");
    if (!state->reason.empty()) line.json(",\"reason\":\"").text(state->reason).json("\"");
  }
  line.json("}");
}

void put_envelope(Line& line, const Event& event, std::uint64_t seq, std::string_view host) {
  line.json("{\"timestamp\":\"").put(event.at);
  line.json("\",\"event_type\":\"").json(name(event.type()));
  line.json("\",\"seq\":").number(seq).json(host);
  put_source(line, event, std::get_if<SourceEvent>(&event.body));
  if (!event.in_iface.empty()) line.json(",\"in_iface\":\"").text(event.in_iface).json("\"");
  if (!event.out_iface.empty()) line.json(",\"out_iface\":\"").text(event.out_iface).json("\"");
  if (!event.vlan.empty()) {
    line.json(",\"vlan\":[").number(event.vlan[0]);
    for (const auto vid : event.vlan.subspan(1)) line.json(",").number(vid);
    line.json("]");
  }
}

void put_body(Line& line, const HelloEvent& hello) {
  line.json(",\"hello\":{\"version\":\"").text(hello.version);
  line.json("\",\"schema\":1,\"instance\":\"").text(hello.instance);
  line.json("\",\"sources\":[");
  bool first = true;
  for (const auto* source : hello.sources) {
    if (source == nullptr) continue;
    if (!first) line.json(",");
    first = false;
    line.json("{\"name\":\"").text(source->name);
    line.json("\",\"type\":\"").text(source->type).json("\"}");
  }
  line.json("]}");
}

void put_body(Line& line, const BindingEvent& binding) {
  const auto& change = *binding.change;
  line.json(",\"binding\":{\"action\":\"").json(word(change.action));
  if (change.action == BindingAction::expired) {
    line.json("\",\"reason\":\"").json(word(change.reason));
  }
  line.json("\",\"domain\":\"").text(binding.domain);
  line.json("\",\"ip\":\"").put(change.key.ip).json("\",\"mac\":\"").put(change.mac);
  if (change.action == BindingAction::moved) {
    line.json("\",\"previous_mac\":\"").put(change.previous_mac);
  }
  if (binding.has_evidence) line.json("\",\"evidence\":\"").json(word(binding.evidence));
  line.json("\",\"first_seen\":\"").put(change.first_seen);
  line.json("\",\"last_seen\":\"").put(change.last_seen);
  line.json("\",\"count\":").number(change.count);
  if (binding.sample_rate != 1 && std::isfinite(binding.sample_rate)) {
    line.json(",\"sample_rate\":").number(binding.sample_rate);
  }
  if (!binding.prefix.empty()) line.json(",\"prefix\":\"").text(binding.prefix).json("\"");
  line.json("}");
}

void put_body(Line& line, const LossEvent& event) {
  const auto& loss = *event.loss;
  line.json(",\"loss\":{\"unit\":\"").json(word(loss.unit));
  line.json("\",\"count\":").number(loss.count);
  line.json(",\"exact\":").json(loss.exact ? std::string_view("true") : std::string_view("false"));
  line.json(",\"cause\":\"").text(loss.cause);
  line.json("\",\"from\":\"").put(loss.from).json("\",\"to\":\"").put(loss.to).json("\"}");
}

void put_body(Line&, const SourceEvent&) {}  // in the envelope

void put_body(Line& line, const AlertEvent& alert) {
  line.json(",\"alert\":{\"kind\":\"").text(alert.kind).json("\"");
  if (!alert.text.empty()) line.json(",\"message\":\"").text(alert.text).json("\"");
  if (alert.count != 0) line.json(",\"count\":").number(alert.count);
  line.json("}");
}

void put_ledger(Line& line, const Ledger& l) {
  line.json("{\"name\":\"").text(l.name).json("\",\"type\":\"").text(l.type);
  line.json("\",\"unit\":\"").text(l.unit).json("\",\"received\":").number(l.received());
  line.json(",\"filtered\":").number(l.filtered).json(",\"rejected\":").number(l.rejected);
  line.json(",\"decoded\":{\"done\":").number(l.done).json(",\"cut\":").number(l.cut);
  line.json(",\"malformed\":").number(l.malformed);
  line.json(",\"unsupported\":").number(l.unsupported);
  line.json(",\"too_many_layers\":").number(l.too_many_layers);
  line.json("},\"lost\":").number(l.lost);
  line.json(",\"lost_exact\":")
      .json(l.lost_exact ? std::string_view("true") : std::string_view("false"));
  line.json(",\"foreign\":").number(l.foreign);
  line.json(",\"truncated\":").number(l.truncated).json("}");
}

void put_body(Line& line, const GoodbyeEvent& goodbye) {
  line.json(",\"goodbye\":{\"reason\":\"").text(goodbye.reason).json("\",\"sources\":[");
  bool first = true;
  for (const auto& ledger : goodbye.sources) {
    if (!first) line.json(",");
    first = false;
    put_ledger(line, ledger);
  }
  line.json("]}");
}

}  // namespace

Native::Native(std::string_view host) : host_(",\"host\":\"") {
  append_escaped(host_, host);
  host_ += '"';
}

void Native::append(const Event& event, std::uint64_t seq, std::string& out) const {
  Line line(out);
  put_envelope(line, event, seq, host_);
  std::visit([&line](const auto& body) { put_body(line, body); }, event.body);
  line.json("}\n");
  line.end();
}

}  // namespace netweir::format
