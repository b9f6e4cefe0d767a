// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>

#include "netweir/address.h"
#include "netweir/frame.h"
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

/// One observation of a key.
struct BindingClaim {
  BindingKey key{};
  Mac mac{};
  Evidence evidence = Evidence::arp_request;
  LinkId port = 0;      ///< the interface it came by; 0 = not known
  bool shared = false;  ///< several hosts are meant to have the address in turn
};

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

/// A key that moves too often.
struct BindingFlap {
  enum class What : std::uint8_t {
    none,
    begins,  ///< nothing more is said of its moves, until it has been quiet
    goes_on  ///< at most once a minute
  };
  What what = What::none;
  bool expected = false;  ///< by a virtual router, or an address that is shared
  Mac mac{}, previous_mac{};
  std::uint64_t moves = 0;  ///< since it began, in the window before included
};

/// The changes of one observation: where the table is full, an `expired` comes before the
/// `created`.
struct BindingChanges {
  std::array<BindingChange, 2> items{};
  std::uint8_t count = 0;
  /// The claim's MAC has so many addresses now: first more than TrackerLimits::proxy. 0 = not so.
  std::uint32_t proxied = 0;
  BindingFlap flap{};  ///< after the changes

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

  /// Where the table is full: who holds most gives way first, and who has not been seen again.
  bool fair = false;

  /// So many moves of a key within `window` of packet time are one flap; then its moves are silent
  /// until there was none for as long (RFC 7432, section 15.1). 0 = off.
  std::uint32_t flap_moves = 0;
  std::chrono::nanoseconds flap_window = std::chrono::seconds{180};

  /// Addresses that a MAC may have before it is news; not of virtual routers. 0 = any number, and
  /// they are not counted.
  std::uint32_t proxy = 0;

  /// Changes of one kind (created, refreshed, moved) told a second of ageing time for each VLAN of
  /// a port, after `burst` at once; four times that for each port. What is not told at once is told
  /// with a later observation. 0 = all.
  std::uint32_t rate = 0, burst = 0;
};

/// What was done to keep the table and the events bounded, since the beginning.
struct TrackerCounts {
  std::uint64_t evicted = 0;     ///< bindings that went because the table was full
  std::uint64_t suppressed = 0;  ///< changes that were not told at once, for their rate
  std::uint64_t damped = 0;      ///< moves that were not told, of keys that flap
  std::uint64_t overruled = 0;   ///< observations of weaker evidence than the binding's
};

/// Which MAC last spoke for a (domain, VLANs, IP). A plain state machine: no clock, thread, lock,
/// log or I/O; the same calls give the same changes, which makes a replay exact. All memory is
/// taken by the constructor, at most 208 octets a binding and 600 KiB; no call allocates. One
/// thread.
///
/// Under attack (`fair`): a new binding is on probation until it is seen again a second or more
/// after it was created. Where the table is full, one on probation goes while they are a quarter or
/// more of all, else one that is not: of the port that holds most of its kind, of the VLAN of that
/// port that holds most, the longest unseen. Ports and VLANs are told apart by hash into 64 and 64
/// classes (stochastic fairness: McKenney 1990), so that nobody gains by using many.
///
/// An `expired` is told of what was told `created`: in sum one of each, save for what is in the
/// table.
class Tracker {
 public:
  explicit Tracker(const TrackerLimits& limits);
  ~Tracker();
  Tracker(Tracker&&) noexcept;
  Tracker& operator=(Tracker&&) noexcept;

  /// Takes one observation. `changes` is overwritten: nothing, created, refreshed or moved, with an
  /// `expired` (table_full) before a `created` that needed room.
  /// REQUIRES: `now` does not go back. `at` may: then nothing is refreshed.
  void observe(AgeTime now, WallTime at, const BindingClaim& claim,
               BindingChanges& changes) noexcept;

  /// Takes out the bindings that have been unseen longest, if that is `expire_after` or more, up to
  /// one that was told of, and describes it. Call until it says false.
  bool expire(AgeTime now, BindingChange& change) noexcept;

  /// When expire() could next have something to say; AgeTime::max() while there is nothing.
  AgeTime next_expiry() const noexcept;

  std::size_t size() const noexcept;
  const TrackerCounts& counts() const noexcept;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace netweir
