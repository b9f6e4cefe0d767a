// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <string>

#include "run/pipeline.h"
#include "run/pipeline_entry.h"

namespace netweir::run {

TrackerLimits Pipeline::limits(const config::Bindings& b, bool guarded) const {
  TrackerLimits limits{.refresh_after = b.refresh_after,
                       .expire_after = {},
                       .max = b.max,
                       .hash_seed = identity_.hash_seed};
  if (!guarded) return limits;
  limits.expire_after = b.expire_after;
  limits.fair = true;
  limits.flap_moves = b.flap_moves;
  limits.flap_window = b.flap_window;
  limits.proxy = b.proxy;
  limits.rate = b.rate;
  limits.burst = b.burst;
  return limits;
}

track::InspectionSettings Pipeline::inspection(const config::Bindings& b) {
  return {.on_link = b.on_link, .interfaces = b.on_link_interfaces, .arp_flood = b.arp_flood};
}

void Pipeline::set_bindings(const config::Bindings& bindings, bool guarded) {
  settings_ = bindings;
  guarded_ = guarded;
  tracker_ = Tracker(limits(bindings, guarded));
  inspection_ = track::Inspection(inspection(bindings));
  next_expiry_ = AgeTime::max();
  table_full_ = {};
}

void Pipeline::expire_due() {
  BindingChange change;
  while (tracker_.expire(now_.age, change)) {
    Event event;
    emit(change, event, nullptr, Evidence::arp_request);
  }
  next_expiry_ = tracker_.next_expiry();
}

void Pipeline::bind(const Frame& frame, const Packet& packet, const Place& place,
                    const Observations& seen) {
  if (guarded_) inspect(frame, packet, place, seen);
  BindingClaim claim;
  claim.key.domain = entries_[frame.source].domain;
  claim.port = frame.direction == Direction::egress ? frame.out : frame.in;
  claim.key.vid = place.known.vid;
  for (const auto& o : seen) {
    claim.key.ip = o.ip;
    claim.mac = o.mac;
    claim.evidence = o.evidence;
    const auto& shared = settings_.virtual_ips;
    claim.shared = std::find(shared.begin(), shared.end(), o.ip) != shared.end();
    tracker_.observe(now_.age, frame.at, claim, changes_);
    for (const auto& change : changes_) {
      if (change.action == BindingAction::expired) {
        Event event;
        emit(change, event, nullptr, o.evidence);
      } else {
        Event event = event_of(frame, place);
        emit(change, event, &frame, o.evidence);
      }
    }
    if (changes_.flap.what != BindingFlap::What::none) flap(changes_.flap, frame, place, o);
    if (changes_.proxied != 0) suspect(track::Suspicion::proxy, frame, place, o, {});
    if (guarded_ && next_expiry_ == AgeTime::max()) next_expiry_ = tracker_.next_expiry();
  }
  const auto evicted = tracker_.counts().evicted;
  if (table_full_.is_news(evicted))
    table_full(table_full_.due(evicted, now_.age), "bindings", settings_.max, guarded_);
}

void Pipeline::inspect(const Frame& frame, const Packet& packet, const Place& place,
                       const Observations& seen) {
  using track::Suspicion;
  const auto port = frame.direction == Direction::egress ? frame.out : frame.in;
  if (inspection_.floods(port, now_.age))
    suspect(Suspicion::arp_flood, frame, place, seen.items[0], {});
  for (const auto& o : seen) {
    if (inspection_.bogon(o, place.known)) suspect(Suspicion::bogon, frame, place, o, {});
    if (inspection_.l2_mismatch(packet, o))
      suspect(Suspicion::l2_mismatch, frame, place, o, packet.src_mac);
  }
}

void Pipeline::suspect(track::Suspicion what, const Frame& frame, const Place& place,
                       const Observation& seen, const Mac& other) {
  struct Text {
    std::string_view kind, text;
  };
  static constexpr std::array<Text, track::suspicions> texts{{
      {"l2_mismatch", "the MAC of the claim is not that of its frame"},
      {"bogon", "an address outside the networks of bindings.on_link"},
      {"proxy", "one MAC has more addresses than bindings.proxy"},
      {"arp_flood", "more ARP and ND a second than bindings.arp_flood"},
  }};
  const auto port = frame.direction == Direction::egress ? frame.out : frame.in;
  const auto times = inspection_.say(what, port, now_.age);
  if (times == 0) return;
  const auto& [kind, text] = texts[static_cast<std::size_t>(what)];
  AlertEvent body{.kind = kind, .text = text, .count = times};
  if (what != track::Suspicion::arp_flood) {
    body.domain = domains_[entries_[frame.source].domain];
    body.ip = seen.ip;
    body.mac = seen.mac;
    body.src_mac = other;
  }
  Event event = event_of(frame, place);
  event.body = body;
  emit(event);
}

void Pipeline::flap(const BindingFlap& flap, const Frame& frame, const Place& place,
                    const Observation& seen) {
  AlertEvent body;
  body.kind = flap.expected ? "flapping" : "duplicate";
  body.text = flap.what == BindingFlap::What::begins
                  ? "the address keeps moving: its moves are silent until it is quiet"
                  : "the address still keeps moving";
  body.count = flap.moves;
  body.domain = domains_[entries_[frame.source].domain];
  body.ip = seen.ip;
  body.mac = flap.mac;
  body.previous_mac = flap.previous_mac;
  Event event = event_of(frame, place);
  event.body = body;
  emit(event);
}

void Pipeline::emit(const BindingChange& change, Event& event, const Frame* frame,
                    Evidence evidence) {
  BindingEvent body;
  body.change = &change;
  body.domain = domains_[change.key.domain];
  if (frame != nullptr) {
    body.has_evidence = true;
    body.evidence = evidence;
    body.sample_rate = frame->one_in;
    if (frame->nflog != nullptr) body.prefix = frame->nflog->prefix;
  } else {
    event.at = change.last_seen > WallTime::max() - settings_.expire_after
                   ? WallTime::max()
                   : change.last_seen + settings_.expire_after;
    event.vlan = vids_of(change.key.vid);
  }
  event.body = body;
  emit(event);
}

void Pipeline::table_full(std::uint64_t more, std::string_view section, std::size_t max,
                          bool fairly) {
  if (more == 0) return;
  const std::string name(section);
  const std::string who = fairly ? "those of the interface and VLAN that hold most go first"
                                 : "the " + name + " unseen longest go";
  const auto text = name + ".max is reached: " + who;
  AlertEvent body;
  body.kind = "table_full";
  body.text = text;
  body.count = more;
  Event event = alert_event(body, now_.wall);
  emit(event);
  report_(Note::Level::warning, "the table of " + name + " is full (" + name + ".max " +
                                    std::to_string(max) + "): " + who + "; raise " + name + ".max");
}

}  // namespace netweir::run
