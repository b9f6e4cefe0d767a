// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "netweir/flow_table.h"
#include "netweir/frame.h"
#include "netweir/observation.h"
#include "netweir/packet.h"
#include "netweir/source.h"
#include "netweir/tracker.h"
#include "netweir/traffic.h"

namespace netweir {

/// The types of docs/events.md that this version emits. `hello` and `goodbye` frame every native
/// output.
enum class EventType : std::uint8_t {
  hello,
  binding,
  station,
  packet,
  flow,
  nat,
  traffic,
  loss,
  source,
  alert,
  stats,
  goodbye
};
inline constexpr std::size_t event_types = 12;
std::string_view name(EventType type) noexcept;

/// What a source did with all that was offered to it, over all its lives. received() + lost =
/// offered.
struct Ledger {
  std::string_view name{}, type{}, unit{};
  std::uint64_t filtered = 0, rejected = 0;
  std::uint64_t done = 0, cut = 0, malformed = 0, unsupported = 0, too_many_layers = 0;
  std::uint64_t lost = 0;
  bool lost_exact = true;
  std::uint64_t foreign = 0, truncated = 0;
  bool has_sequence = false;  ///< the source has sequence numbers that only cross-check `lost`
  std::uint64_t sequence_gaps = 0, sequence_late = 0;

  std::uint64_t received() const noexcept {
    return filtered + rejected + done + cut + malformed + unsupported + too_many_layers;
  }
};

/// A source as events name it. The formatter may keep what it derives from one by its address.
struct SourceName {
  std::string name, type;
};

struct HelloEvent {
  std::string_view version{}, instance{};
  std::span<const SourceName* const> sources{};
};
struct BindingEvent {
  const BindingChange* change = nullptr;
  std::string_view domain{};
  bool has_evidence = false;  ///< false: expired
  Evidence evidence = Evidence::arp_request;
  double sample_rate = 1;
  std::string_view prefix{};  ///< NFLOG's; empty = none
};
enum class StationAction : std::uint8_t { created, moved, expired };
/// Behind which interface (Event::in_iface) a MAC is, and that this changed.
struct StationEvent {
  StationAction action = StationAction::created;
  ExpiredReason reason = ExpiredReason::age;  ///< of expired
  std::string_view domain{};
  Mac mac{};
  std::string_view previous_iface{};  ///< of moved; empty = not known
  /// Of expired: from when it was learned until it was seen last, and since then.
  std::chrono::nanoseconds duration{}, idle{};
  double sample_rate = 1;
};
/// One packet as it was taken, and all that its source and decode() know of it.
struct PacketEvent {
  const Frame* frame = nullptr;
  const Packet* packet = nullptr;
  std::string_view phys_in{}, phys_out{};  ///< names of NflogExtra's links; empty = not known
};
/// What became of a session.
struct FlowEvent {
  const FlowChange* change = nullptr;
};
/// An address translation alone: CREATE with the flow, DELETE with its end. REQUIRES:
/// nat_of(orig, reply), and not an update.
struct NatEvent {
  const FlowChange* change = nullptr;
};
/// One line of a total at the end of its interval: a key, or the rest.
struct TrafficEvent {
  std::string_view name{};  ///< of the total
  WallTime from{}, to{};    ///< the interval
  DimensionSet dimensions = 0;
  std::uint8_t prefix_v4 = 32, prefix_v6 = 128;  ///< bits of an address that count
  const TrafficTotal* total = nullptr;
  bool estimated = false;  ///< sampled, or with loss: the estimates are no copies of what was seen
  bool rest = false;       ///< of all keys that have no line
  std::uint64_t keys = 0;  ///< of the rest: how many
  std::string_view prefix{};  ///< NFLOG's
};
struct LossEvent {
  const Loss* loss = nullptr;
};
enum class SourceState : std::uint8_t {
  up,
  down,
  retrying,
  fallback,
  overloaded,
  recovered,
  resync_begin,  ///< a listing of its flows; `reason` says why
  resync_end
};
struct SourceEvent {
  SourceState state = SourceState::up;
  std::string_view reason{};
  /// Where a source and its fallback took turns: how long neither was read.
  std::optional<std::chrono::nanoseconds> gap{};
  std::optional<FlowListed> listed{};  ///< of resync_end, where the listing was complete
};
struct AlertEvent {
  std::string_view kind{}, text{};
  std::uint64_t count = 0;               ///< 0 = not given
  std::string_view domain{};             ///< of `ip`; empty = none
  Ip ip{};                               ///< version none = not given
  Mac mac{}, previous_mac{};             ///< zero = not given
  Mac src_mac{};                         ///< of the frame; likewise
  std::optional<WallTime> from{}, to{};  ///< what the time was, and what it is
};
/// What became of the events that an output was given; of all lines, hello and goodbye included.
struct OutputStats {
  std::string_view type{}, path{};  ///< as configured
  std::uint64_t written = 0, queued = 0, dropped = 0;
};
/// Of the table of stations, where there is one.
struct StationCounts {
  std::uint64_t count = 0, max = 0;
  std::uint64_t evicted = 0;
  std::uint64_t suppressed = 0;  ///< frames that the limit kept from being news; tried again
};
/// All counters, periodically.
struct StatsEvent {
  std::span<const Ledger> sources{};
  std::span<const OutputStats> outputs{};
  std::uint64_t bindings = 0, max = 0;  ///< in the table
  TrackerCounts tracker{};
  std::optional<StationCounts> stations{};
};
struct GoodbyeEvent {
  std::string_view reason{};
  std::span<const Ledger> sources{};
};

/// One line to be. A view, on the loop thread: sinks format or copy inside the call.
struct Event {
  WallTime at{};
  const SourceName* source = nullptr;  ///< null = of no source
  bool grouped = false;
  std::uint32_t group = 0;
  std::string_view in_iface{}, out_iface{};  ///< any octets; empty = not known
  std::span<const std::uint16_t> vlan{};     ///< VIDs, outermost first
  std::variant<HelloEvent, BindingEvent, StationEvent, PacketEvent, FlowEvent, NatEvent,
               TrafficEvent, LossEvent, SourceEvent, AlertEvent, StatsEvent, GoodbyeEvent>
      body{};

  EventType type() const noexcept;
};

}  // namespace netweir
