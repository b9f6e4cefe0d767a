// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/event.h"

#include <cstddef>

#include "format/names.h"

namespace netweir {

static_assert(std::variant_size_v<decltype(Event::body)> == event_types);

EventType Event::type() const noexcept { return static_cast<EventType>(body.index()); }

std::string_view name(EventType type) noexcept {
  switch (type) {
    case EventType::hello:
      return "hello";
    case EventType::binding:
      return "binding";
    case EventType::station:
      return "station";
    case EventType::packet:
      return "packet";
    case EventType::flow:
      return "flow";
    case EventType::nat:
      return "nat";
    case EventType::traffic:
      return "traffic";
    case EventType::loss:
      return "loss";
    case EventType::source:
      return "source";
    case EventType::alert:
      return "alert";
    case EventType::stats:
      return "stats";
    case EventType::goodbye:
      return "goodbye";
  }
  return {};
}

namespace format {

std::string_view word(BindingAction action) noexcept {
  switch (action) {
    case BindingAction::created:
      return "NEW";
    case BindingAction::refreshed:
      return "REFRESHED";
    case BindingAction::moved:
      return "MOVED";
    case BindingAction::expired:
      return "EXPIRED";
  }
  return {};
}

std::string_view word(StationAction action) noexcept {
  switch (action) {
    case StationAction::created:
      return "NEW";
    case StationAction::moved:
      return "MOVED";
    case StationAction::expired:
      return "EXPIRED";
  }
  return {};
}

std::string_view word(ExpiredReason reason) noexcept {
  switch (reason) {
    case ExpiredReason::age:
      return "age";
    case ExpiredReason::table_full:
      return "table_full";
  }
  return {};
}

std::string_view word(Evidence evidence) noexcept {
  switch (evidence) {
    case Evidence::arp_request:
      return "arp_request";
    case Evidence::arp_reply:
      return "arp_reply";
    case Evidence::arp_reply_target:
      return "arp_reply_target";
    case Evidence::arp_announce:
      return "arp_announce";
    case Evidence::nd_ns:
      return "nd_ns";
    case Evidence::nd_na:
      return "nd_na";
    case Evidence::nd_rs:
      return "nd_rs";
    case Evidence::nd_ra:
      return "nd_ra";
    case Evidence::ip:
      return "ip";
    case Evidence::dhcp:
      return "dhcp";
  }
  return {};
}

std::string_view word(Stop stop) noexcept {
  switch (stop) {
    case Stop::done:
      return "done";
    case Stop::cut:
      return "cut";
    case Stop::malformed:
      return "malformed";
    case Stop::unsupported:
      return "unsupported";
    case Stop::too_many_layers:
      return "too_many_layers";
  }
  return {};
}

std::string_view word(Direction direction) noexcept {
  switch (direction) {
    case Direction::unknown:
      return "unknown";
    case Direction::ingress:
      return "ingress";
    case Direction::egress:
      return "egress";
  }
  return {};
}

std::string_view word(Unit unit) noexcept {
  switch (unit) {
    case Unit::packets:
      return "packets";
    case Unit::batches:
      return "batches";
    case Unit::events:
      return "events";
    case Unit::datagrams:
      return "datagrams";
  }
  return {};
}

std::string_view word(SourceState state) noexcept {
  switch (state) {
    case SourceState::up:
      return "up";
    case SourceState::down:
      return "down";
    case SourceState::retrying:
      return "retrying";
    case SourceState::fallback:
      return "fallback";
    case SourceState::overloaded:
      return "overloaded";
    case SourceState::recovered:
      return "recovered";
    case SourceState::resync_begin:
      return "resync_begin";
    case SourceState::resync_end:
      return "resync_end";
  }
  return {};
}

std::string_view word(FlowAction action) noexcept {
  switch (action) {
    case FlowAction::created:
      return "NEW";
    case FlowAction::updated:
      return "UPDATE";
    case FlowAction::ended:
      return "END";
  }
  return {};
}

std::string_view word(FlowReason reason) noexcept {
  switch (reason) {
    case FlowReason::kernel:
      return "kernel";
    case FlowReason::dump:
      return "dump";
    case FlowReason::resync:
      return "resync";
    case FlowReason::reconcile:
      return "reconcile";
    case FlowReason::filter:
      return "filter";
  }
  return {};
}

}  // namespace format
}  // namespace netweir
