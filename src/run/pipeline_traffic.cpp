// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>
#include <utility>
#include <vector>

#include "run/pipeline.h"
#include "run/pipeline_entry.h"

namespace netweir::run {

void Pipeline::set_traffic(const std::vector<config::Traffic>& settings) {
  finish();
  const auto count = [this](SourceId id) {
    const auto& e = entries_[id];
    // What was shed is in the rate of the packets that were kept.
    return Traffic::Count{e.ledger.received(), e.ledger.lost - e.shed};
  };
  std::vector<Traffic::Count> begun;
  for (std::size_t id = 0; id < entries_.size(); ++id)
    begun.push_back(count(static_cast<SourceId>(id)));
  Traffic::World world{
      .count = count,
      .emit = [this](SourceId id, const TrafficEvent& traffic) { emit(id, traffic); },
      .refuse = [this](SourceId id, const config::Traffic& total) { refuse(id, total); }};
  if (auto* viewer = outputs_.viewer(); viewer != nullptr) {
    world.closed = [this, viewer](WallTime from, WallTime to) {
      viewer->interval(from, to, ledgers());
    };
    world.empty = mode_ == Mode::live;
  }
  traffic_ = Traffic(settings, identity_.hash_seed, std::move(begun), std::move(world));
}

void Pipeline::refuse(SourceId id, const config::Traffic& total) {
  AlertEvent body;
  body.kind = "table_full";
  const auto text = "no room for the total " + total.name + " of this source: it is in no line";
  body.text = text;
  Event event = alert_event(body, now_.wall, &entries_[id].name);
  emit(event);
  report_(Note::Level::warning, "source " + entries_[id].name.name + ": " + text +
                                    "; lower `max` of the totals, or name fewer `sources`");
}

/// In a replay intervals go by the packets' time, without what is doubtful.
Now Pipeline::traffic_time() const noexcept {
  if (mode_ == Mode::live) return now_;
  return {now_.age, packet_time_.now()};
}

void Pipeline::finish() { traffic_.finish(traffic_time()); }

void Pipeline::total(const Frame& frame, const Packet& packet,
                     std::span<const std::uint16_t> vlan) {
  traffic_.add(traffic_time(), entries_[frame.source].name.name, frame, packet, vlan);
}

void Pipeline::emit(SourceId id, const TrafficEvent& traffic) {
  const auto& key = traffic.total->key;
  const auto has = [&key](Dimension d) { return (key.has & bit(d)) != 0; };
  Event event;
  event.at = traffic.to;
  event.source = &entries_[id].name;
  event.grouped = has(Dimension::group);
  event.group = key.group;
  if (has(Dimension::in_iface)) event.in_iface = links_.view(key.in).name;
  if (has(Dimension::out_iface)) event.out_iface = links_.view(key.out).name;
  if (has(Dimension::vlan)) event.vlan = {key.vlan.data(), key.vlan[1] != 0 ? 2U : 1U};
  event.body = traffic;
  emit(event);
}

}  // namespace netweir::run
