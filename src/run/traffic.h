// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "netweir/event.h"
#include "netweir/packet.h"
#include "netweir/traffic.h"

namespace netweir::run {

/// The configured totals of all sources, from interval to interval. Intervals begin at multiples
/// of their length by the wall clock, in a replay by the packets' time. The loop thread's.
class Traffic {
 public:
  /// What a source has done so far.
  struct Count {
    std::uint64_t received = 0, lost = 0;
  };
  using CountOf = std::function<Count(SourceId)>;
  /// A line to be: of a source, with the interfaces of the key.
  using Emit = std::function<void(SourceId, const TrafficEvent&)>;
  /// There is no room for a table of this source in this total; it is in no line. Said once.
  using Refuse = std::function<void(SourceId, const config::Traffic&)>;
  /// An interval is over, and its lines were all emitted.
  using Closed = std::function<void(WallTime from, WallTime to)>;
  struct World {
    CountOf count;
    Emit emit;
    Refuse refuse;
    Closed closed{};     ///< null: nobody wants to know of the intervals themselves
    bool empty = false;  ///< one follows the other, also where there is no packet
    std::size_t most_keys = config::most_traffic_keys;  ///< of all tables together
  };

  /// `begun`: what each source had done when these totals began, by its id; of others nothing.
  Traffic(std::vector<config::Traffic> settings, std::uint64_t hash_seed, std::vector<Count> begun,
          World world);

  bool empty() const noexcept { return totals_.empty(); }
  bool wants_vlan() const noexcept { return (wanted_ & bit(Dimension::vlan)) != 0; }

  /// A packet, in what VLANs. `source` is its source's name. Closes what is due before it.
  void add(const Now& now, std::string_view source, const Frame& frame, const Packet& packet,
           std::span<const std::uint16_t> vlan);

  /// Closes the intervals that are over.
  void age(const Now& now);
  AgeTime next() const noexcept { return next_; }
  /// Whether age() was called where one interval follows the other.
  bool begun() const noexcept { return next_ != AgeTime::min(); }

  /// The wall time was `before` and goes elsewhere, the ageing time does not: closes the intervals
  /// that do not reach there.
  void jump(WallTime before, const Now& now);

  /// Closes all, over or not.
  void finish(const Now& now);

 private:
  struct OfSource {
    std::optional<Totals> totals;  ///< while it has packets
    Count before;                  ///< by the last line
    bool wanted = false, refused = false, said = false;
  };
  struct Total {
    config::Traffic settings;
    AgeTime ends = AgeTime::max();  ///< max: no interval is open
    WallTime from{};
    std::map<SourceId, OfSource> sources;
  };
  void begin(const Now& now);
  void open(Total& total, const Now& now);
  void reopen(Total& total, const Now& now);
  void close(Total& total, WallTime to);
  void close(const Total& total, SourceId id, OfSource& of_source, TrafficEvent& event);
  void forget_prefixes();
  OfSource& of(Total& total, SourceId id, std::string_view source);
  Totals* table(Total& total, SourceId id, OfSource& of_source);  ///< null: no room
  bool reserve(Total& total, OfSource& of_source);
  std::uint16_t number(std::string_view prefix);

  std::vector<Total> totals_;
  std::uint64_t hash_seed_;
  std::vector<Count> begun_;
  World world_;
  std::size_t keys_ = 0;  ///< that all tables have room for
  DimensionSet wanted_ = 0;
  AgeTime next_ = AgeTime::max();
  /// Of NFLOG prefixes, while an interval is open.
  std::map<std::string, std::uint16_t, std::less<>> numbers_;
  std::vector<const std::string*> prefixes_;  ///< by their numbers
};

/// What a packet is totalled under, of these dimensions. Pure.
TrafficKey traffic_key(DimensionSet wanted, const Frame& frame, const Packet& packet,
                       std::span<const std::uint16_t> vlan) noexcept;

/// The octets of the whole packet, link header included, as far as they are known.
std::uint32_t traffic_octets(const Frame& frame, const Packet& packet) noexcept;

}  // namespace netweir::run
