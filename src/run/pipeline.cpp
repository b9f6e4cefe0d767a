// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/pipeline.h"

#include <algorithm>
#include <array>
#include <utility>

#include "run/pipeline_entry.h"

namespace netweir::run {
namespace {

TrackerLimits limits(const config::Bindings& b, bool expire, std::uint64_t seed) {
  return {.refresh_after = b.refresh_after,
          .expire_after = expire ? b.expire_after : std::chrono::nanoseconds{0},
          .max = b.max,
          .hash_seed = seed};
}

/// However many sources recordings speak of.
constexpr std::size_t most_sources = 4096;
/// Log lines about the loss of one source.
constexpr auto loss_line_every = std::chrono::seconds{10};

}  // namespace

Pipeline::Pipeline(Mode mode, Identity identity, const config::Bindings& bindings, bool expire,
                   netlink::LinkTable& links, Outputs& outputs, Report report)
    : mode_(mode),
      identity_(std::move(identity)),
      settings_(bindings),
      expire_(expire),
      links_(links),
      outputs_(outputs),
      report_(std::move(report)),
      tracker_(limits(bindings, expire, identity_.hash_seed)),
      started_(mode == Mode::live) {}

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
  return static_cast<SourceId>(id);
}

void Pipeline::set_bindings(const config::Bindings& bindings, bool expire) {
  settings_ = bindings;
  expire_ = expire;
  tracker_ = Tracker(limits(bindings, expire, identity_.hash_seed));
  next_expiry_ = AgeTime::max();
  table_full_ = {};
}

Pipeline::Entry& Pipeline::entry(SourceId id) { return entries_[id]; }

void Pipeline::begin(const Now& now) {
  if (mode_ == Mode::live) now_ = now;
}

void Pipeline::age() {
  if (next_expiry_ <= now_.age) expire_due();
}

void Pipeline::expire_due() {
  BindingChange change;
  while (tracker_.expire(now_.age, change)) {
    Event event;
    emit(change, event, nullptr, Evidence::arp_request);
  }
  next_expiry_ = tracker_.next_expiry();
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
  for (const auto& frame : batch) {
    if (mode_ == Mode::replay) {
      now_.wall = frame.at;
      now_.age = std::max(now_.age, AgeTime{frame.at.time_since_epoch()});
      if (!started_) flush_pending();
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
  const Packet packet = decode(frame);
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
  Observations seen;
  if ((packet.has_arp || packet.nd.type != 0) && outputs_.wants(EventType::binding)) {
    seen = observe(packet, settings_.learn);
  }
  if (!shown && seen.count == 0) return;
  const Place place = locate(frame, packet);
  if (next_expiry_ <= now_.age) expire_due();
  if (shown) show(frame, packet, place);
  if (seen.count > 0) bind(frame, place, seen);
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
    e.recordings = std::make_unique<Recordings>(frame.source, std::move(file), links_, enter);
  }
  recorded_ = &frame;
  if (!e.recordings->frame(frame, *this)) ++e.ledger.unsupported;
  recorded_ = nullptr;
}

/// What its interfaces add to a frame. A packet that was taken on its way out is as the interface
/// that it leaves by has it.
Pipeline::Place Pipeline::locate(const Frame& frame, const Packet& packet) {
  auto& e = entries_[frame.source];
  const auto& side = e.link_of(frame.direction == Direction::egress ? frame.out : frame.in, links_);
  Place place{.in = {}, .out = {}, .vlan = vids(packet, side.outer)};
  if (place.vlan.count == 0 && side.untagged != 0) {
    place.vlan.items[0] = side.untagged;
    place.vlan.count = 1;
  }
  place.in = e.link_of(frame.in, links_).name;
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

void Pipeline::bind(const Frame& frame, const Place& place, const Observations& seen) {
  BindingKey key;
  key.domain = entries_[frame.source].domain;
  for (std::uint8_t i = 0; i < 2 && i < place.vlan.count; ++i) key.vid[i] = place.vlan.items[i];
  for (const auto& o : seen) {
    key.ip = o.ip;
    tracker_.observe(now_.age, frame.at, key, o.mac, changes_);
    for (const auto& change : changes_) {
      if (change.action == BindingAction::expired) {
        Event event;
        emit(change, event, nullptr, o.evidence);
      } else {
        Event event = event_of(frame, place);
        emit(change, event, &frame, o.evidence);
      }
    }
    if (changes_.count > 0 && expire_)
      next_expiry_ = std::min(next_expiry_, tracker_.next_expiry());
  }
  if (table_full_.is_news(tracker_.evicted())) table_full();
}

void Pipeline::emit(const BindingChange& change, Event& event, const Frame* frame,
                    Evidence evidence) {
  BindingEvent body;
  body.change = &change;
  body.domain = domains_[change.key.domain];
  std::array<std::uint16_t, 2> vlan{};
  if (frame != nullptr) {
    body.has_evidence = true;
    body.evidence = evidence;
    body.sample_rate = frame->one_in;
    if (frame->nflog != nullptr) body.prefix = frame->nflog->prefix;
  } else {
    event.at = change.last_seen + settings_.expire_after;
    vlan = change.key.vid;
    const std::size_t n = vlan[0] == 0 ? 0 : vlan[1] == 0 ? 1 : 2;
    event.vlan = {vlan.data(), n};
  }
  event.body = body;
  emit(event);
}

void Pipeline::emit(Event& event) {
  ++events_;
  outputs_.write(event, now_.wall);
}

void Pipeline::table_full() {
  const auto more = table_full_.due(tracker_.evicted(), now_.age);
  if (more == 0) return;
  AlertEvent body;
  body.kind = "table_full";
  body.text = "bindings.max is reached: the bindings unseen longest go";
  body.count = more;
  Event event;
  event.at = now_.wall;
  event.body = body;
  emit(event);
  report_(Note::Level::warning, "the binding table is full (bindings.max " +
                                    std::to_string(settings_.max) +
                                    "): the bindings unseen longest go; raise bindings.max");
}

void Pipeline::loss(const Loss& loss) {
  auto& e = entries_[loss.source];
  e.ledger.lost += loss.count;
  e.ledger.lost_exact = loss.exact;
  if (loss.count > 0 && (!e.said_at || now_.age - *e.said_at >= loss_line_every)) say_loss(e);
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
              std::to_string(l.lost) + " so far; a larger receive_buffer may help");
  e.said_lost = l.lost;
  e.said_at = now_.age;
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

void Pipeline::state(SourceId id, SourceState state, std::string_view reason,
                     std::optional<std::chrono::nanoseconds> gap,
                     const std::optional<FlowListed>& listed) {
  const bool listing = state == SourceState::resync_begin || state == SourceState::resync_end;
  if (mode_ == Mode::live && !listing) {
    static constexpr std::string_view words[] = {"up",       "down",       "retrying",
                                                 "fallback", "overloaded", "recovered"};
    report_(state == SourceState::retrying ? Note::Level::warning : Note::Level::info,
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
