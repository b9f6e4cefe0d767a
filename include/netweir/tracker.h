// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>

#include "netweir/address.h"
#include "netweir/observation.h"
#include "netweir/time.h"

namespace netweir {

/// The L2 segment or VRF that addresses belong to, as an index into the configured names.
using DomainId = std::uint16_t;

/// What a binding is keyed by. Two VIDs at most make the key, outermost first; unused ones are 0.
struct BindingKey {
  Ip ip{};
  DomainId domain = 0;
  std::array<std::uint16_t, 2> vid{};

  friend constexpr bool operator==(const BindingKey&, const BindingKey&) noexcept = default;
};

enum class BindingAction : std::uint8_t { created, refreshed, moved, expired };
enum class ExpiredReason : std::uint8_t { age, table_full };

/// One change of the table. The packet's time is the event's time, save for `expired`.
struct BindingChange {
  BindingAction action = BindingAction::created;
  ExpiredReason reason = ExpiredReason::age;  ///< of `expired`
  BindingKey key{};
  Mac mac{};
  Mac previous_mac{};       ///< of `moved`
  WallTime first_seen{};    ///< packet time of the key's first observation
  WallTime last_seen{};     ///< packet time of its latest
  std::uint64_t count = 0;  ///< observations of the key so far
};

/// The changes of one observation: where the table is full, an `expired` comes before the
/// `created`.
struct BindingChanges {
  std::array<BindingChange, 2> items{};
  std::uint8_t count = 0;

  const BindingChange* begin() const noexcept { return items.data(); }
  const BindingChange* end() const noexcept { return items.data() + count; }
};

struct TrackerLimits {
  std::chrono::nanoseconds refresh_after =
      std::chrono::seconds{600};  ///< packet time since the key's last event
  std::chrono::nanoseconds expire_after =
      std::chrono::hours{24};   ///< age without an observation; 0 = never
  std::size_t max = 65536;      ///< bindings; at least 1
  std::uint64_t hash_seed = 0;  ///< random where addresses are chosen by strangers
};

/// Which MAC last spoke for a (domain, VLANs, IP). A plain state machine: no clock, thread, lock,
/// log or I/O; the same calls give the same changes, which makes a replay exact. All memory is
/// taken by the constructor; no call allocates. One thread.
class Tracker {
 public:
  explicit Tracker(const TrackerLimits& limits);
  ~Tracker();
  Tracker(Tracker&&) noexcept;
  Tracker& operator=(Tracker&&) noexcept;

  /// Takes one observation. `changes` is overwritten: nothing, created, refreshed or moved, with an
  /// `expired` (table_full) before a `created` that needed room: the longest unseen goes first.
  /// REQUIRES: `now` does not go back. `at` may: then nothing is refreshed.
  void observe(AgeTime now, WallTime at, const BindingKey& key, const Mac& mac,
               BindingChanges& changes) noexcept;

  /// Takes out the binding that has been unseen longest, if that is `expire_after` or more, and
  /// describes it. Call until it says false.
  bool expire(AgeTime now, BindingChange& change) noexcept;

  /// When expire() could next have something to say; AgeTime::max() while there is nothing.
  AgeTime next_expiry() const noexcept;

  std::size_t size() const noexcept;
  std::uint64_t evicted() const noexcept;  ///< bindings that went because the table was full

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace netweir
