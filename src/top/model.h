// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <tuple>
#include <utility>

#include "netweir/event.h"
#include "netweir/time.h"
#include "top/table.h"

namespace netweir::top {

/// The names of the totals that the model reads, and what they are of.
struct Total {
  std::string_view name;
  DimensionSet key;
};
inline constexpr std::array<Total, 3> totals{
    {{"interfaces", bit(Dimension::in_iface) | bit(Dimension::out_iface)},
     {"talkers", bit(Dimension::src_ip) | bit(Dimension::dest_ip)},
     {"protocols", bit(Dimension::proto) | bit(Dimension::dest_port)}}};
/// The events that it reads, 1 << EventType.
inline constexpr std::uint32_t wanted = 1U << static_cast<unsigned>(EventType::traffic) |
                                        1U << static_cast<unsigned>(EventType::loss) |
                                        1U << static_cast<unsigned>(EventType::source);

/// What a run has said so far, as rows. Pure: no clock; bounded. Rates are those of the latest
/// interval, counts those since the begin; both are estimates where packets were sampled or lost.
/// An interval that ended early counts as a whole one. The errors of the intervals are taken for
/// independent, so that their squares add up; see Sum.
class Model {
 public:
  struct Settings {
    std::chrono::nanoseconds interval = std::chrono::seconds{1};
    /// Keys of a pane; of twice as many the smaller half goes into the rest of its source.
    std::size_t most = 4096;
  };
  explicit Model(Settings settings) : settings_(settings) {}

  /// Of types that are not wanted nothing is taken.
  void event(const Event& event);
  /// As run::Viewer is told it. True: it was one, and not only a look at the ledgers.
  bool interval(WallTime from, WallTime to, std::span<const Ledger> ledgers);

  /// In the order of their names; the rest of each source last.
  Table table(Pane pane) const;

  const Settings& settings() const noexcept { return settings_; }
  WallTime from() const noexcept { return from_; }  ///< of the latest interval
  WallTime to() const noexcept { return to_; }
  bool begun() const noexcept { return begun_; }  ///< there is one

 private:
  // Of a single estimate the larger half of its interval. Of several the standard errors add up, as
  // a sum is nearly normal, and by how much a half is larger than its error says counts once: with
  // few samples it is much, and for the same reason each time (there may be longer packets).
  struct Sum {
    double value = 0, square = 0, excess = 0;
    void add(const Estimate& e) noexcept;
    void add(const Sum& s) noexcept;
    Cell cell(double factor = 1) const;
  };
  struct Amount {
    Sum packets, octets;
  };
  /// Of what total: source, then the two words of the pane. The rest: three texts and `rest`.
  using Key = std::tuple<bool, std::string, std::string, std::string>;
  struct Entry {
    Amount latest, all;
    WallTime at{};           ///< the end of the interval that `latest` is of
    std::uint64_t keys = 0;  ///< of the rest: in `latest`
  };
  using Entries = std::map<Key, Entry>;
  struct Source {
    SourceState state = SourceState::down;
    bool known = false;  ///< it has said how it stands
    std::string why{};
    Ledger ledger{};            ///< its names are void
    double seen = 0, lost = 0;  ///< a second
  };

  void traffic(const Event& event, const TrafficEvent& traffic);
  void bound(Entries& entries) const;
  Table sources() const;

  Settings settings_;
  std::array<Entries, totals.size()> entries_;
  std::map<std::pair<std::string, std::string>, Source> sources_;  ///< by name and type
  WallTime from_{}, to_{};
  bool begun_ = false;
  bool fresh_ = false;  ///< traffic came since the last interval
};

}  // namespace netweir::top
