// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/pipeline.h"

#include <algorithm>
#include <array>
#include <utility>

#include "netlink/causes.h"
#include "run/pipeline_entry.h"

namespace netweir::run {
namespace {

/// However many sources recordings speak of.
constexpr std::size_t most_sources = 4096;
/// Log lines about the loss of one source.
constexpr auto loss_line_every = std::chrono::seconds{10};

}  // namespace

Pipeline::Pipeline(Mode mode, Identity identity, const config::Bindings& bindings, bool guarded,
                   netlink::LinkTable& links, Outputs& outputs, Report report)
    : mode_(mode),
      identity_(std::move(identity)),
      settings_(bindings),
      guarded_(guarded),
      links_(links),
      outputs_(outputs),
      report_(std::move(report)),
      tracker_(limits(bindings, guarded)),
      inspection_(inspection(bindings)),
      started_(mode == Mode::live),
      traffic_({}, 0, {}, {}) {}

Pipeline::~Pipeline() = default;

SourceId Pipeline::add(const SourceConfig& config) {
  std::size_t id = 0;
  while (id < entries_.size() &&
         (entries_[id].name.name != config.name || entries_[id].name.type != config.kind->name)) {
    ++id;
  }
  if (id == entries_.size()) entries_.emplace_back();
  auto& e = entries_[id];
  e.name = {config.name, std::string(config.kind->name)};
  e.ledger.name = e.name.name;
  e.ledger.type = e.name.type;
  e.ledger.unit = config.kind->unit;
  e.ledger.has_sequence = config.kind->sequence_check;
  e.against_loss = config.kind->against_loss;
  const auto domain = config.values.text("domain");
  const auto [it, fresh] =
      domain_ids_.try_emplace(domain, static_cast<DomainId>(domain_ids_.size()));
  if (fresh) domains_.push_back(domain);
  e.domain = it->second;
  e.interface_vlan =
      config.values.get<std::map<std::string, std::int64_t, std::less<>>>("interface_vlan");
  // Flows that another configuration knew are not compared with what this one lists.
  if (e.values != config.values) e.flows.reset();
  e.values = config.values;
  if (config.kind->flow_settings != nullptr && !e.flows)
    enter_flows(e, config.kind->flow_settings(config.values));
  e.links = {};
  e.recordings.reset();
  e.packet_time.reset();
  e.time_jumps = {};
  if (mode_ == Mode::live && config.kind->finite != nullptr && config.kind->finite(config.values))
    e.packet_time.emplace();
  return static_cast<SourceId>(id);
}

Pipeline::Entry& Pipeline::entry(SourceId id) { return entries_[id]; }

void Pipeline::begin(const Now& now) {
  if (mode_ != Mode::live) return;
  now_ = now;
  if (const auto jump = clock_steps_.look(now)) {
    const auto steps = time_jumps_.due(clock_steps_.steps(), now.age);
    if (steps != 0) time_jump(nullptr, now.wall, *jump, steps);
  }
  if (traffic_.begun()) traffic_.age(now_);
}

void Pipeline::age() {
  if (next_expiry_ <= now_.age) expire_due();
  if (stations_ && stations_->next() <= now_.age) expire_stations();
  traffic_.age(traffic_time());
  if (next_loss_line_ <= now_.age) say_losses();
  if (next_stats_ <= now_.age || next_stats_ == AgeTime::max()) tell_stats();
}

AgeTime Pipeline::next_due() const noexcept {
  auto first = std::min({next_expiry_, traffic_.next(), next_loss_line_});
  if (stations_) first = std::min(first, stations_->next());
  return outputs_.wants(EventType::stats) ? std::min(first, next_stats_) : first;
}

void Pipeline::frames(std::span<const Frame> batch) {
  if (recorded_ != nullptr) {
    // A packet of LINKTYPE_NFLOG has the capture's time; a netlink datagram its time of receipt,
    // as live.
    const bool captured = recorded_->link != linktype::netlink;
    for (Frame frame : batch) {
      if (captured) frame.at = recorded_->at;
      one(frame);
    }
    return;
  }
  // All of one source.
  Entry* const capture =
      mode_ == Mode::live && !batch.empty() && entries_[batch.front().source].packet_time
          ? &entries_[batch.front().source]
          : nullptr;
  for (const auto& frame : batch) {
    if (capture != nullptr &&
        capture->packet_time->take(frame.at).step == PacketTime::Step::departs)
      departs(frame, *capture->packet_time, capture->time_jumps);
    if (mode_ == Mode::replay) {
      now_.wall = frame.at;
      if (!started_) flush_pending();
      advance(frame);
      // Before the packet counts: the ledger of an interval is that at its end.
      if (traffic_.next() <= now_.age) traffic_.age(traffic_time());
    }
    if (frame.link == linktype::nflog || frame.link == linktype::netlink) {
      recording(frame);
    } else {
      one(frame);
    }
  }
  age();
}

void Pipeline::one(const Frame& frame) {
  auto& packet = packet_;
  decode(frame, packet);
  auto& ledger = entries_[frame.source].ledger;
  switch (packet.stop) {
    case Stop::done:
      ++ledger.done;
      break;
    case Stop::cut:
      ++ledger.cut;
      break;
    case Stop::malformed:
      ++ledger.malformed;
      break;
    case Stop::unsupported:
      ++ledger.unsupported;
      break;
    case Stop::too_many_layers:
      ++ledger.too_many_layers;
      break;
  }
  const bool shown = outputs_.wants(EventType::packet);
  const bool stationed = outputs_.wants(EventType::station);
  Observations seen;
  if ((packet.has_arp || packet.has_nd || packet.has_dhcp_ack || learns_ip()) &&
      (outputs_.wants(EventType::binding) || outputs_.wants(EventType::alert))) {
    seen = observe(packet, settings_.learn);
  }
  const bool totalled = !traffic_.empty() && outputs_.wants(EventType::traffic);
  if (totalled && !traffic_.wants_vlan()) total(frame, packet, {});
  if (!shown && !stationed && seen.count == 0 && !(totalled && traffic_.wants_vlan())) return;
  const Place place = locate(frame, packet);
  if (totalled && traffic_.wants_vlan())
    total(frame, packet, {place.vlan.items.data(), place.vlan.count});
  if (next_expiry_ <= now_.age) expire_due();
  if (shown) show(frame, packet, place);
  if (stationed) station(frame, packet, place);
  if (seen.count == 0) return;
  const auto& first = seen.items[0];
  if (first.evidence == Evidence::ip && !inspection_.on_link(first.ip, place.known)) return;
  bind(frame, packet, place, seen);
}

void Pipeline::recording(const Frame& frame) {
  auto& e = entries_[frame.source];
  if (!e.recordings) {
    SourceConfig file;
    file.name = e.name.name;
    file.values = e.values;
    const auto enter = [this](const SourceConfig& config) -> std::optional<SourceId> {
      if (entries_.size() >= most_sources) return std::nullopt;
      return add(config);
    };
    e.recordings = std::make_unique<Recordings>(frame.source, std::move(file), links_, enter,
                                                [this](SourceId id) { life_begins(id); });
  }
  recorded_ = &frame;
  if (!e.recordings->frame(frame, *this)) ++e.ledger.unsupported;
  recorded_ = nullptr;
}

/// What its interfaces add to a frame. A packet that was taken on its way out is as the interface
/// that it leaves by has it.
Pipeline::Place Pipeline::locate(const Frame& frame, const Packet& packet) {
  auto& e = entries_[frame.source];
  const bool egress = frame.direction == Direction::egress;
  const auto& side =
      e.link_of(egress ? frame.out : frame.in, links_, inspection_.asks_interfaces());
  Place place{.in = {}, .out = {}, .vlan = vids(packet, side.outer), .known = {}};
  if (place.vlan.count == 0 && side.untagged != 0) {
    place.vlan.items[0] = side.untagged;
    place.vlan.count = 1;
  }
  place.known.all = side.networks;
  for (std::size_t i = 0; i < 2 && i < place.vlan.count; ++i)
    place.known.vid[i] = place.vlan.items[i];
  place.in = egress ? links_.view(frame.in).name : std::string_view(side.name);
  if (frame.out != 0) place.out = links_.view(frame.out).name;
  return place;
}

Event Pipeline::event_of(const Frame& frame, const Place& place) const {
  Event event;
  event.at = frame.at;
  event.source = &entries_[frame.source].name;
  event.grouped = frame.grouped;
  event.group = frame.group;
  event.in_iface = place.in;
  event.out_iface = place.out;
  event.vlan = {place.vlan.items.data(), place.vlan.count};
  return event;
}

void Pipeline::show(const Frame& frame, const Packet& packet, const Place& place) {
  PacketEvent body{.frame = &frame, .packet = &packet};
  if (frame.nflog != nullptr) {
    body.phys_in = links_.view(frame.nflog->phys_in).name;
    body.phys_out = links_.view(frame.nflog->phys_out).name;
  }
  Event event = event_of(frame, place);
  event.body = body;
  emit(event);
}

void Pipeline::emit(Event& event) {
  ++events_;
  outputs_.write(event, now_.wall);
}

void Pipeline::loss(const Loss& loss) {
  auto& e = entries_[loss.source];
  e.ledger.lost += loss.count;
  e.ledger.lost_exact = loss.exact && !e.tail_unknown;
  if (loss.cause == netlink::cause_shed) e.shed += loss.count;
  if (loss.count > 0) say_loss_when_due(e);
  if (loss.count == 0 || !outputs_.wants(EventType::loss)) return;
  Event event;
  event.at = loss.to;
  event.source = &e.name;
  event.body = LossEvent{&loss};
  emit(event);
}

void Pipeline::say_loss(Entry& e) {
  const auto& l = e.ledger;
  report_(Note::Level::warning,
          "source " + e.name.name + ": lost " + std::to_string(l.lost - e.said_lost) + " " +
              std::string(l.unit) + ", " + (l.lost_exact ? "" : "at least ") +
              std::to_string(l.lost) + " so far; " + std::string(e.against_loss));
  e.said_lost = l.lost;
  e.said_at = now_.age;
}

void Pipeline::say_loss_when_due(Entry& e) {
  if (!e.said_at || now_.age - *e.said_at >= loss_line_every) return say_loss(e);
  if (*e.said_at <= AgeTime::max() - loss_line_every)  // hostile packets reach the end of time
    next_loss_line_ = std::min(next_loss_line_, *e.said_at + loss_line_every);
}

/// What was lost since the last line of each source.
void Pipeline::say_losses() {
  next_loss_line_ = AgeTime::max();
  for (auto& e : entries_) {
    if (e.ledger.lost != e.said_lost) say_loss_when_due(e);
  }
}

/// What the life before lost at its end, nothing will tell any more.
void Pipeline::life_begins(SourceId id) {
  auto& e = entries_[id];
  e.tail_unknown = e.tail_unknown || !e.ledger.lost_exact;
}

void Pipeline::note(const Note& note) {
  report_(note.level, "source " + entries_[note.source].name.name + ": " + std::string(note.text));
}

void Pipeline::count(const Counts& counts) {
  auto& ledger = entries_[counts.source].ledger;
  ledger.filtered += counts.filtered;
  ledger.rejected += counts.rejected;
  ledger.malformed += counts.malformed;
  ledger.foreign += counts.foreign;
  ledger.truncated += counts.truncated;
  ledger.sequence_gaps += counts.sequence_gaps;
  ledger.sequence_late += counts.sequence_late;
}

void Pipeline::overloaded(const Overloaded& o) {
  state(o.source, o.is ? SourceState::overloaded : SourceState::recovered, o.reason);
}

void Pipeline::state(SourceId id, SourceState state, std::string_view reason,
                     std::optional<std::chrono::nanoseconds> gap,
                     const std::optional<FlowListed>& listed) {
  const bool listing = state == SourceState::resync_begin || state == SourceState::resync_end;
  if (state == SourceState::up || state == SourceState::fallback) life_begins(id);
  if (mode_ == Mode::live && !listing) {
    static constexpr std::string_view words[] = {"up",       "down",       "retrying",
                                                 "fallback", "overloaded", "recovered"};
    const bool bad = state == SourceState::retrying || state == SourceState::overloaded;
    report_(bad ? Note::Level::warning : Note::Level::info,
            "source " + entries_[id].name.name + ": " +
                std::string(words[static_cast<std::size_t>(state)]) +
                (state == SourceState::fallback ? " to " + entries_[id].name.type : "") +
                (reason.empty() ? "" : ": " + std::string(reason)));
  }
  if (!started_) {  // a replay's first event waits for the first packet's time
    pending_.push_back({id, state, std::string(reason)});
    return;
  }
  Event event;
  event.at = now_.wall;
  event.source = &entries_[id].name;
  event.body = SourceEvent{state, reason, gap, listed};
  emit(event);
}

void Pipeline::flush_pending() {
  started_ = true;
  hello();
  for (const auto& p : std::exchange(pending_, {})) state(p.id, p.state, p.reason);
}

Event Pipeline::hello_event() {
  names_.clear();
  for (const auto& e : entries_) names_.push_back(&e.name);
  Event event;
  event.at = now_.wall;
  event.body = HelloEvent{identity_.version, identity_.instance, names_};
  return event;
}

void Pipeline::hello() { outputs_.write(hello_event(), now_.wall); }

Event Pipeline::goodbye_event(std::string_view reason) {
  if (!started_) flush_pending();
  for (auto& e : entries_) {
    if (e.ledger.lost != e.said_lost) say_loss(e);
  }
  goodbye_ = ledgers();
  Event event;
  event.at = now_.wall;
  event.body = GoodbyeEvent{reason, goodbye_};
  return event;
}

const Ledger& Pipeline::ledger(SourceId id) const noexcept { return entries_[id].ledger; }

std::vector<Ledger> Pipeline::ledgers() const {
  std::vector<Ledger> all;
  for (const auto& e : entries_) all.push_back(e.ledger);
  return all;
}

}  // namespace netweir::run
