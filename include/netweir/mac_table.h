// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "netweir/address.h"
#include "netweir/frame.h"
#include "netweir/time.h"
#include "netweir/tracker.h"

namespace netweir {

/// What an entry is keyed by. Two VIDs at most make the key, outermost first; unused ones are 0.
/// With shared learning (IEEE 802.1Q, 8.8.8) the first is the FID.
struct MacKey {
  Mac mac{};
  DomainId domain = 0;
  std::array<std::uint16_t, 2> vid{};

  friend constexpr bool operator==(const MacKey&, const MacKey&) noexcept = default;
};

/// What the table knows of a station.
struct MacEntry {
  MacKey key{};
  LinkId port = 0;         ///< opaque: an interface, a switch port, a peer
  Ip ip{};                 ///< version none: not known
  bool is_static = false;  ///< put there by learn_static(): never ages, moves or is evicted
  AgeTime learned{};       ///< when it came into the table
  AgeTime last_seen{};     ///< to MacTableSettings::resolution

  friend constexpr bool operator==(const MacEntry&, const MacEntry&) noexcept = default;
};

struct MacTableSettings {
  std::size_t max = 65536;      ///< entries; at least 1
  std::uint64_t hash_seed = 0;  ///< random where addresses are chosen by strangers

  /// Age without a frame after which an entry is no more (IEEE 802.1Q, 8.8.3); 0 = never.
  std::chrono::nanoseconds max_age = std::chrono::minutes{5};

  /// A frame so soon after the recorded one is not recorded, so that a busy station costs readers
  /// no cache line; an entry ages that much early at most. No more than max_age / 64 counts. 0 =
  /// each is recorded.
  std::chrono::nanoseconds resolution = std::chrono::seconds{1};
};

enum class MacAction : std::uint8_t { refused, added, refreshed, moved };
enum class MacRefusal : std::uint8_t {
  none,
  group_address,  ///< a broadcast or multicast address sends no frame
  zero_address,
  static_entry,  ///< it is static, at `previous_port`
  table_full     ///< of static entries
};
/// What became of the IP that was given with a MAC.
enum class MacIp : std::uint8_t {
  none,    ///< none was given
  same,    ///< the entry has it already
  set,     ///< now it has; one that it had before is forgotten
  taken,   ///< likewise, and another entry has lost it
  refused  ///< it is no unicast address, or a static entry's
};

/// What one frame did.
struct MacLearned {
  MacAction action = MacAction::refused;
  MacRefusal refusal = MacRefusal::none;  ///< of `refused`
  MacIp ip = MacIp::none;
  ExpiredReason reason = ExpiredReason::age;  ///< of `gone`
  LinkId previous_port = 0;                   ///< of `moved`, and of `static_entry`
  /// The entry that gave way, told before this action: overdue (age), perhaps of the same key, or
  /// evicted (table_full). Null = none. Lives until the next call that changes the table.
  const MacEntry* gone = nullptr;
};

/// What one call of expire() did.
struct MacSwept {
  std::size_t count = 0;  ///< entries taken out
  bool done = false;      ///< the sweep is over; the next call begins another
};

enum class MacScope : std::uint8_t { dynamic, all };

/// The filtering database of IEEE 802.1Q, 8.8: behind which port each (domain, VLANs, MAC) is. A
/// plain state machine: no clock, thread, lock, log or I/O; the same calls give the same results.
/// All memory is reserved by the constructor, which may throw std::bad_alloc, and taken as entries
/// come; no call allocates. At most 300 octets an entry and 200 KiB.
///
/// Threads: one writer at a time calls what is not const; any number of readers call what is const,
/// at the same time. A reader writes nothing, so it cannot hold up the writer or another reader. It
/// copies what it found, and does so again if a sequence number tells that the writer changed
/// that bucket meanwhile; recording that a known station was seen is no such change. Each entry
/// that a reader gets is one that was in the table as a whole, save that `last_seen` may be
/// younger than the rest.
///
/// Bounded: an entry is on probation until it is seen again a second or more after it was
/// learned. Where the table is full, one on probation goes while they are a quarter or more of
/// all, else one that is not: of the port that holds most of its kind, of the VLAN of that port
/// that holds most, one that was not seen since it was last looked at, else the longest unseen of
/// the sixteen that were looked at. Ports and VLANs are told apart by hash into 64 and 64 classes.
class MacTable {
 public:
  explicit MacTable(const MacTableSettings& settings);
  ~MacTable();
  MacTable(const MacTable&) = delete;
  MacTable& operator=(const MacTable&) = delete;

  // The writer's.

  /// A frame from `key.mac` came in by `port`. REQUIRES: `now` does not go back.
  MacLearned learn(AgeTime now, const MacKey& key, LinkId port) noexcept;

  /// The same, and the station has `ip`. An IP belongs to one entry of its (domain, VLANs), and
  /// goes to the one that claimed it last.
  MacLearned learn(AgeTime now, const MacKey& key, LinkId port, const Ip& ip) noexcept;

  /// Puts a static entry there, or makes one of what is there, wherever it was: `added`, `moved`,
  /// else `refreshed`. With an `ip` that is not none, it has that.
  MacLearned learn_static(AgeTime now, const MacKey& key, LinkId port, const Ip& ip = {}) noexcept;

  /// Takes out one entry, also a static or overdue one. Nothing: there was none.
  std::optional<MacEntry> remove(const MacKey& key) noexcept;

  /// Takes out the entries of a port: `dynamic` where its link went down, `all` where it is no
  /// more. Describes them in `gone`, and stops where that is full: call until the result is less
  /// than its size. Empty: all at once, not described.
  std::size_t remove_port(LinkId port, MacScope scope = MacScope::all,
                          std::span<MacEntry> gone = {}) noexcept;

  /// Takes out what is overdue, so that there is room and somebody can tell: lookups do not give it
  /// even before. Describes it in `gone`, if that is not empty, and stops where that is full or
  /// 4,096 places were looked at; call until `done`. Then all is out that was overdue when this
  /// sweep began. REQUIRES: `now` does not go back.
  MacSwept expire(AgeTime now, std::span<MacEntry> gone = {}) noexcept;

  /// Takes out everything. How many entries that was.
  std::size_t clear() noexcept;

  // Any thread's. What is overdue at `now` is not there.

  std::optional<LinkId> lookup(AgeTime now, const MacKey& key) const noexcept;
  std::optional<MacEntry> lookup_entry(AgeTime now, const MacKey& key) const noexcept;

  /// The entry that has this IP.
  std::optional<MacEntry> lookup_ip(AgeTime now, const BindingKey& key) const noexcept;

  /// Describes the next entry from place `at` on and moves `at` behind it; false = no more. Begin
  /// with 0. In no order. What is in the table all the while comes exactly once; what comes or goes
  /// meanwhile may or may not; what goes and comes again may come twice.
  bool next(AgeTime now, std::size_t& at, MacEntry& entry) const noexcept;

  /// Copies the entries for which `wanted(entry)` is true to `out`, as many as fit, in the manner
  /// of next(). How many there were.
  template <class Predicate>
  std::size_t find(AgeTime now, Predicate wanted, std::span<MacEntry> out) const {
    MacEntry entry;
    std::size_t count = 0;
    for (std::size_t at = 0; next(now, at, entry);) {
      if (!wanted(entry)) continue;
      if (count < out.size()) out[count] = entry;
      ++count;
    }
    return count;
  }
  std::size_t of_port(AgeTime now, LinkId port, std::span<MacEntry> out) const {
    return find(
        now, [port](const MacEntry& entry) { return entry.port == port; }, out);
  }
  std::size_t snapshot(AgeTime now, std::span<MacEntry> out) const {
    return find(
        now, [](const MacEntry&) { return true; }, out);
  }

  /// Entries, with those that are overdue and not swept yet.
  std::size_t count() const noexcept;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace netweir
