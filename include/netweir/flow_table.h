// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "netweir/flow.h"
#include "netweir/time.h"

namespace netweir {

/// One change of a flow, with all that is known of it: what the record says, and beside that what
/// the table remembers. Texts die with the record that they came from.
struct FlowChange {
  FlowAction action = FlowAction::created;
  FlowReason reason = FlowReason::kernel;
  /// An end that no event told: it was between these two times, and its counters are unknown.
  bool inferred = false;
  WallTime end_from{}, end_to{};
  FlowRecord flow{};
};

/// The changes of one record: where a known flow begins anew, its `ended` comes before the
/// `created`.
struct FlowChanges {
  std::array<FlowChange, 2> items;  ///< not initialised beyond `count`
  std::uint8_t count = 0;

  const FlowChange* begin() const noexcept { return items.data(); }
  const FlowChange* end() const noexcept { return items.data() + count; }
};

/// What a listing did, once it is over.
struct FlowListed {
  std::uint64_t added = 0, closed = 0, unchanged = 0;
};

/// The sessions of one source, keyed by (zone, id, original tuple), as events and listings tell
/// them: each flow is created once and ended once, whatever was lost. A plain state machine: no
/// clock, thread, lock, log or I/O; the same calls give the same changes. Memory is reserved by the
/// constructor and taken as flows come; no call allocates. One thread.
///
/// Events and listings reach us by two ways. An event wins over a listing that was begun before it
/// was read: what it ended is not created again by an entry that was listed earlier.
class FlowTable {
 public:
  explicit FlowTable(const FlowSettings& settings);
  ~FlowTable();
  FlowTable(FlowTable&&) noexcept;
  FlowTable& operator=(FlowTable&&) noexcept;

  /// Takes an event, or an entry of the listing that was begun. `changes` is overwritten; it has
  /// the actions that the settings ask for. A flow for which there is no room is passed on as its
  /// events say, and not as listings do.
  void record(const FlowRecord& record, FlowChanges& changes) noexcept;

  /// Before the kernel is asked for a listing; after a loss, with the events that came before it
  /// handed over, or one of them is taken for younger than the listing. `reason` is dump, resync or
  /// reconcile; what a `dump` closes has the reason resync. REQUIRES: `now`, by which interim
  /// updates are timed, does not go back.
  void begin_listing(FlowReason reason, AgeTime now) noexcept;

  /// The listing is complete: describes the next flow that was there before it and is not in it,
  /// and forgets it. Call until it says false: then the listing is over. Events and records of
  /// other flows may come between two calls.
  bool close(WallTime at, FlowChange& change) noexcept;

  /// The listing is void.
  void abandon_listing() noexcept;

  /// Of the listing that is open, or was the last.
  const FlowListed& listed() const noexcept;

  std::size_t size() const noexcept;         ///< flows that live
  std::uint64_t untracked() const noexcept;  ///< flows for which there was no room, so far

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace netweir
