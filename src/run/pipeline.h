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

namespace netweir::run {

/// Who we are, told from outside: nothing here asks for randomness or a host name.
struct Identity {
  std::string version, instance, host;
  std::uint64_t hash_seed = 0;
};

/// Where findings go that are no events: the app's log. Any thread of the loop's; never per packet.
using Report = std::function<void(Note::Level, std::string_view)>;

/// When a full table is news: at once, then at most one alert a minute with what has gone since.
class TableFull {
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
/// thread's. In a replay its ageing time is the greatest packet time so far and bindings expire
/// only if asked.
class Pipeline final : public Intake {
 public:
  enum class Mode : std::uint8_t { live, replay };
  Pipeline(Mode mode, Identity identity, const config::Bindings& bindings, bool expire,
           netlink::LinkTable& links, Outputs& outputs, Report report);
  ~Pipeline() override;

  /// Enters a source; its ledger goes on where a source of that name and type has been before.
  SourceId add(const SourceConfig& config);
  /// A change of the settings begins with an empty table.
  void set_bindings(const config::Bindings& bindings, bool expire);

  /// The times of this turn; before anything is pushed.
  void begin(const Now& now);
  /// Expires what is due.
  void age();
  AgeTime next_expiry() const noexcept { return next_expiry_; }

  void frames(std::span<const Frame> batch) override;
  void loss(const Loss& loss) override;
  void note(const Note& note) override;
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
  };
  Place locate(const Frame& frame, const Packet& packet);
  Event event_of(const Frame& frame, const Place& place) const;
  void show(const Frame& frame, const Packet& packet, const Place& place);
  void bind(const Frame& frame, const Place& place, const Observations& seen);
  void emit(const BindingChange& change, Event& event, const Frame* frame, Evidence evidence);
  void emit(Event& event);
  void expire_due();
  void table_full();
  void emit(const FlowChange& change, const Entry& entry);
  void enter_flows(Entry& entry, FlowSettings settings);
  void say_untracked(Entry& entry);
  bool wants_flows() const noexcept;
  Entry& entry(SourceId id);
  void flush_pending();
  void say_loss(Entry& entry);

  Mode mode_;
  Identity identity_;
  config::Bindings settings_;
  bool expire_ = true;
  netlink::LinkTable& links_;
  Outputs& outputs_;
  Report report_;
  Tracker tracker_;
  BindingChanges changes_{};
  AgeTime next_expiry_ = AgeTime::max();
  Now now_{};
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
  std::vector<const SourceName*> names_;
  std::uint64_t events_ = 0;
  TableFull table_full_;
  FlowChanges flow_changes_{};
};

}  // namespace netweir::run
