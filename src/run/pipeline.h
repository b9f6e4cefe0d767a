// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "netlink/link_table.h"
#include "netweir/event.h"
#include "netweir/flow_table.h"
#include "netweir/packet.h"
#include "netweir/source.h"
#include "netweir/tracker.h"
#include "run/outputs.h"
#include "run/stations.h"
#include "run/time_jumps.h"
#include "run/traffic.h"
#include "track/inspection.h"

namespace netweir::run {

/// Who we are, told from outside: nothing here asks for randomness or a host name.
struct Identity {
  std::string version, instance, host;
  std::uint64_t hash_seed = 0;
};

/// Where findings go that are no events: the app's log. Any thread of the loop's; never per packet.
using Report = std::function<void(Note::Level, std::string_view)>;

/// When what goes on is news: at once, then at most one alert a minute with what came since.
class OnceAMinute {
 public:
  bool is_news(std::uint64_t total) const noexcept { return total != said_; }
  /// How many to speak of now; 0 = not now. `total` is that so far.
  std::uint64_t due(std::uint64_t total, AgeTime now) noexcept {
    if (total == said_ || (at_ && now - *at_ < std::chrono::minutes{1})) return 0;
    at_ = now;
    return total - std::exchange(said_, total);
  }

 private:
  std::uint64_t said_ = 0;
  std::optional<AgeTime> at_;
};

/// From Intake to events: decode, observe, track, and the ledger of every source. The loop
/// thread's. In a replay its ageing time is what the packets' time adds up to without its jumps,
/// and bindings expire only if asked.
class Pipeline final : public Intake {
 public:
  enum class Mode : std::uint8_t { live, replay };
  Pipeline(Mode mode, Identity identity, const config::Bindings& bindings, bool guarded,
           netlink::LinkTable& links, Outputs& outputs, Report report);
  ~Pipeline() override;

  /// Enters a source; its ledger goes on where a source of that name and type has been before.
  SourceId add(const SourceConfig& config);
  /// A change of the settings begins with an empty table.
  void set_bindings(const config::Bindings& bindings, bool guarded);

  /// The table behind `station` events begins empty. It is there while an output wants them.
  void set_stations(const config::Stations& settings, bool guarded);

  /// Totals begin anew; those that were there end. Without this there are none.
  void set_traffic(const std::vector<config::Traffic>& settings);

  /// How long from one `stats` event to the next, in ageing time; the first comes after one.
  void set_stats(std::chrono::nanoseconds every);

  /// The times of this turn; before anything is pushed. Ends the intervals that are over.
  void begin(const Now& now);
  /// Expires, ends and says what is due.
  void age();
  /// When age() has something to do.
  AgeTime next_due() const noexcept;
  /// The intervals of totals that have begun end now. Before goodbye_event().
  void finish();

  void frames(std::span<const Frame> batch) override;
  void loss(const Loss& loss) override;
  void note(const Note& note) override;
  void overloaded(const Overloaded& overloaded) override;
  void count(const Counts& counts) override;
  void flows(std::span<const FlowRecord> batch) override;
  bool listing(const FlowListing& listing) override;
  bool has_room() const override { return outputs_.has_room(); }

  /// A `source` event, and a line for the report.
  void state(SourceId id, SourceState state, std::string_view reason,
             std::optional<std::chrono::nanoseconds> gap = std::nullopt,
             const std::optional<FlowListed>& listed = std::nullopt);
  /// `sources` of hello are those added by now.
  void hello();
  Event hello_event();
  /// The last event of an output. Views live until the next call.
  Event goodbye_event(std::string_view reason);
  const Ledger& ledger(SourceId id) const noexcept;
  std::vector<Ledger> ledgers() const;
  const Tracker& tracker() const noexcept { return tracker_; }
  std::uint64_t events() const noexcept { return events_; }
  /// The wall time events of this moment carry: the clock's, or a replay's latest packet time.
  WallTime wall() const noexcept { return now_.wall; }

 private:
  struct Entry;
  void one(const Frame& frame);
  void recording(const Frame& frame);
  /// What the events of one frame share. Views into the cache of its source.
  struct Place {
    std::string_view in, out;  ///< names of interfaces
    Vids vlan;
    track::Networks known;
  };
  Place locate(const Frame& frame, const Packet& packet);
  Event event_of(const Frame& frame, const Place& place) const;
  void show(const Frame& frame, const Packet& packet, const Place& place);
  TrackerLimits limits(const config::Bindings& bindings, bool guarded) const;
  static track::InspectionSettings inspection(const config::Bindings& bindings);
  void bind(const Frame& frame, const Packet& packet, const Place& place, const Observations& seen);
  void inspect(const Frame& frame, const Packet& packet, const Place& place,
               const Observations& seen);
  void suspect(track::Suspicion what, const Frame& frame, const Place& place,
               const Observation& seen, const Mac& other);
  void flap(const BindingFlap& flap, const Frame& frame, const Place& place,
            const Observation& seen);
  void emit(const BindingChange& change, Event& event, const Frame* frame, Evidence evidence);
  void emit(Event& event);
  void expire_due();
  void advance(const Frame& frame);
  void departs(const Frame& frame, const PacketTime& time, OnceAMinute& said);
  void time_jump(const SourceName* source, WallTime at, const TimeJump& jump, std::uint64_t count);
  void station(const Frame& frame, const Packet& packet, const Place& place);
  bool make_stations();
  void station_gone(const MacEntry& entry, ExpiredReason reason);
  void expire_stations();
  /// `more` entries of the table that `section` of the configuration is about gave way; 0 = quiet.
  void table_full(std::uint64_t more, std::string_view section, std::size_t max, bool fairly);
  void tell_stats();
  void total(const Frame& frame, const Packet& packet, std::span<const std::uint16_t> vlan);
  void emit(SourceId id, const TrafficEvent& traffic);
  void refuse(SourceId id, const config::Traffic& total);
  Now traffic_time() const noexcept;
  void emit(const FlowChange& change, const Entry& entry);
  void enter_flows(Entry& entry, FlowSettings settings);
  void say_untracked(Entry& entry);
  bool wants_flows() const noexcept;
  bool learns_ip() const noexcept { return (settings_.learn & learn_ip) != 0; }
  Entry& entry(SourceId id);
  void flush_pending();
  void say_loss(Entry& entry);
  void say_loss_when_due(Entry& entry);
  void say_losses();
  void life_begins(SourceId id);

  Mode mode_;
  Identity identity_;
  config::Bindings settings_;
  bool guarded_ = true;  ///< bindings expire, and nobody's may crowd out the others
  netlink::LinkTable& links_;
  Outputs& outputs_;
  Report report_;
  Tracker tracker_;
  track::Inspection inspection_;
  BindingChanges changes_{};
  AgeTime next_expiry_ = AgeTime::max();
  Now now_{};
  Packet packet_;                    ///< of one(), used again
  bool started_ = true;              ///< replay: the first packet's time is known
  const Frame* recorded_ = nullptr;  ///< the recorded message that is being decoded
  struct Pending {
    SourceId id;
    SourceState state;
    std::string reason;
  };
  std::vector<Pending> pending_;
  std::deque<Entry> entries_;
  std::map<std::string, DomainId, std::less<>> domain_ids_;
  std::vector<std::string> domains_;
  std::vector<Ledger> goodbye_;
  std::chrono::nanoseconds stats_every_{};
  AgeTime next_stats_ = AgeTime::max();
  AgeTime next_loss_line_ = AgeTime::max();
  std::vector<const SourceName*> names_;
  std::uint64_t events_ = 0;
  OnceAMinute table_full_, stations_full_;
  config::Stations station_settings_;
  bool stations_guarded_ = true, stations_refused_ = false;
  std::optional<Stations> stations_;
  PacketTime packet_time_;  ///< of a replay
  ClockSteps clock_steps_;  ///< live
  OnceAMinute time_jumps_;  ///< of either
  FlowChanges flow_changes_{};
  Traffic traffic_;
};

}  // namespace netweir::run
