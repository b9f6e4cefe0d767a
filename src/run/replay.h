// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <vector>

#include "config/config.h"
#include "os/privileged.h"
#include "run/daemon.h"

namespace netweir::run {

/// Captures through the same pipeline, one after the other, as fast as the outputs take them. Time
/// comes from the packets: the same files give the same events.
struct Replay {
  std::vector<SourceConfig> files;  ///< of a kind that is finite
  config::Bindings bindings;
  config::Stations stations;
  std::vector<config::Traffic> traffic;
  std::chrono::nanoseconds stats = config::Config{}.stats;
  bool age_stations = false;  ///< likewise, of stations
  bool expire = false;        ///< bindings expire in packet time (a configuration asked for it)
  std::vector<SinkConfig> outputs;
  Identity identity;
  Report report;
  /// Looks at the run. Null: nobody does.
  Viewer* viewer = nullptr;
  /// Asked now and then; false stops (a signal).
  std::function<bool()> go_on;
  /// Told now and then: which file, and how far.
  std::function<void(std::size_t file, Source::Progress)> progress;
};

struct ReplayEnding {
  bool stopped = false;  ///< go_on said so
  bool reader_gone = false;
  Error error{};   ///< the first; empty = none
  Ledger total{};  ///< the sums over all files
  std::vector<OutputLedger> outputs;
  std::uint64_t events = 0;
  std::size_t bindings = 0;
};

/// An Error: an output cannot be opened.
Result<ReplayEnding> replay(const Replay& what, Privileged& privileged);

}  // namespace netweir::run
