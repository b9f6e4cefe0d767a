// SPDX-License-Identifier: GPL-2.0-or-later
#include <new>
#include <string>

#include "run/pipeline.h"
#include "run/pipeline_entry.h"

namespace netweir::run {

void Pipeline::set_stations(const config::Stations& settings, bool guarded) {
  stations_.reset();
  station_settings_ = settings;
  stations_guarded_ = guarded;
  stations_full_ = {};
  stations_refused_ = false;
}

/// The port of a bridge where it is told, else the interface. A frame that leaves the host says
/// nothing of where its sender is.
void Pipeline::station(const Frame& frame, const Packet& packet, const Place& place) {
  if (frame.direction == Direction::egress || !packet.ethernet) return;
  const bool bridged = frame.nflog != nullptr && frame.nflog->phys_in != 0;
  const LinkId port = bridged ? frame.nflog->phys_in : frame.in;
  if (port == 0) return;
  if (!stations_ && !make_stations()) return;
  const MacKey key{packet.src_mac, entries_[frame.source].domain, place.known.vid};
  const auto learned = stations_->learn(now_.age, key, port);
  if (learned.gone != nullptr) station_gone(*learned.gone, learned.reason);
  if (learned.action != MacAction::added && learned.action != MacAction::moved) return;
  StationEvent body;
  body.domain = domains_[key.domain];
  body.mac = key.mac;
  body.sample_rate = frame.one_in;
  if (learned.action == MacAction::moved) {
    body.action = StationAction::moved;
    body.previous_iface = links_.view(learned.previous_port).name;
  }
  Event event = event_of(frame, place);
  event.in_iface = links_.view(port).name;
  event.out_iface = {};
  event.body = body;
  emit(event);
  const auto evicted = stations_->counts().evicted;
  if (stations_full_.is_news(evicted))
    table_full(stations_full_.due(evicted, now_.age), "stations", station_settings_.max, true);
}

/// False: there is no memory for as many; said once.
bool Pipeline::make_stations() {
  if (stations_refused_) return false;
  try {
    stations_.emplace(station_settings_, identity_.hash_seed, stations_guarded_);
    return true;
  } catch (const std::bad_alloc&) {
    stations_refused_ = true;
  }
  AlertEvent body;
  body.kind = "table_full";
  body.text = "no memory for the table of stations: there are no station events";
  Event event = alert_event(body, now_.wall);
  emit(event);
  report_(Note::Level::warning, std::string(body.text) + "; lower stations.max");
  return false;
}

void Pipeline::station_gone(const MacEntry& entry, ExpiredReason reason) {
  StationEvent body;
  body.action = StationAction::expired;
  body.reason = reason;
  body.domain = domains_[entry.key.domain];
  body.mac = entry.key.mac;
  body.duration = entry.last_seen - entry.learned;
  body.idle = now_.age - entry.last_seen;
  Event event;
  event.at = now_.wall;
  event.in_iface = links_.view(entry.port).name;
  event.vlan = vids_of(entry.key.vid);
  event.body = body;
  emit(event);
}

void Pipeline::expire_stations() {
  for (const auto& entry : stations_->expire(now_.age)) station_gone(entry, ExpiredReason::age);
}

}  // namespace netweir::run
