// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>

#include "format/names.h"
#include "run/pipeline.h"
#include "run/pipeline_entry.h"

namespace netweir::run {
namespace {

/// Ends that one call writes: well below what the outputs have room for (Outputs::has_room).
constexpr std::size_t ends_a_call = 256;

}  // namespace

void Pipeline::flows(std::span<const FlowRecord> batch) {
  for (const auto& record : batch) {
    auto& e = entries_[record.source];
    if (record.what != FlowRecord::What::listed)
      ++(record.left ? e.ledger.filtered : e.ledger.done);
    if (!wants_flows()) continue;
    if (!e.flows) enter_flows(e, FlowSettings{});  // of a capture that says nothing of its source
    e.flows->record(record, flow_changes_);
    for (const auto& change : flow_changes_) emit(change, e);
    if (e.flow_table_full.is_news(e.flows->untracked())) say_untracked(e);
  }
}

void Pipeline::enter_flows(Entry& e, FlowSettings settings) {
  settings.hash_seed = identity_.hash_seed;
  e.flows.emplace(settings);
  e.flow_table_full = {};
}

bool Pipeline::wants_flows() const noexcept {
  return outputs_.wants(EventType::flow) || outputs_.wants(EventType::nat);
}

void Pipeline::emit(const FlowChange& change, const Entry& e) {
  Event event;
  event.at = change.inferred ? change.end_to : change.flow.at;
  event.source = &e.name;
  if (outputs_.wants(EventType::flow)) {
    event.body = FlowEvent{&change};
    emit(event);
  }
  if (change.action == FlowAction::updated || !outputs_.wants(EventType::nat)) return;
  if (!nat_of(change.flow.orig, change.flow.reply)) return;
  event.body = NatEvent{&change};
  emit(event);
}

bool Pipeline::listing(const FlowListing& listing) {
  using Phase = FlowListing::Phase;
  auto& e = entries_[listing.source];
  if (!e.flows || !wants_flows()) return false;
  const std::string reason(format::word(listing.reason));
  if (listing.phase == Phase::begins) {
    e.flows->begin_listing(listing.reason, now_.age);
    state(listing.source, SourceState::resync_begin, reason);
    return false;
  }
  if (listing.phase == Phase::fails) {
    e.flows->abandon_listing();
    state(listing.source, SourceState::resync_end, reason + ": failed, another one follows");
    return false;
  }
  // A recording goes on when all is told.
  const bool at_once = mode_ == Mode::replay || recorded_ != nullptr;
  FlowChange change;
  for (std::size_t told = 0; at_once || told < ends_a_call; ++told) {
    if (!e.flows->close(listing.at, change)) {
      state(
          listing.source, SourceState::resync_end,
          listing.repeated ? reason + ": events were lost meanwhile, another one follows" : reason,
          std::nullopt, e.flows->listed());
      say_untracked(e);
      return false;
    }
    emit(change, e);
  }
  return true;
}

void Pipeline::say_untracked(Entry& e) {
  const auto more = e.flow_table_full.due(e.flows->untracked(), now_.age);
  if (more == 0) return;
  AlertEvent body;
  body.kind = "table_full";
  body.text = "max of the source is reached: flows beyond it are ended by their own events alone";
  body.count = more;
  Event event = alert_event(body, now_.wall, &e.name);
  emit(event);
  report_(Note::Level::warning,
          "source " + e.name.name + ": the flow table is full (max " +
              std::to_string(e.values.integer("max")) +
              "): flows beyond it are ended by their own events alone; raise max");
}

}  // namespace netweir::run
