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

namespace netweir {

/// The types of docs/events.md that this version emits. `hello` and `goodbye` frame every native
/// output.
enum class EventType : std::uint8_t {
  hello,
  binding,
  packet,
  flow,
  nat,
  loss,
  source,
  alert,
  goodbye
};
inline constexpr std::size_t event_types = 9;
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
  std::uint64_t count = 0;  ///< 0 = not given
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
  std::variant<HelloEvent, BindingEvent, PacketEvent, FlowEvent, NatEvent, LossEvent, SourceEvent,
               AlertEvent, GoodbyeEvent>
      body{};

  EventType type() const noexcept;
};

}  // namespace netweir
