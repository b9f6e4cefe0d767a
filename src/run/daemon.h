// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "netlink/link_table.h"
#include "netlink/receive_buffer.h"
#include "os/privileged.h"
#include "run/loop.h"
#include "run/monitors.h"
#include "run/outputs.h"
#include "run/pipeline.h"
#include "run/supervisor.h"

namespace netweir::run {

/// How a run ended, for the exit code.
struct Ending {
  enum class How : std::uint8_t {
    asked,         ///< a signal
    finished,      ///< every source is a file, and all are read
    reader_gone,   ///< every output's reader closed
    source_failed  ///< a source could not start, or a file was broken
  };
  How how = How::asked;
  Error error{};                ///< of source_failed
  std::vector<Ledger> ledgers;  ///< views into the daemon
  std::vector<OutputLedger> outputs;
  RecordingLedger recording;
};

/// The daemon: sources under supervision, one loop, the outputs. One thread calls it.
class Daemon {
 public:
  struct Needs {
    Clock& clock;
    Privileged& privileged;
    Identity identity;
    std::uint32_t random_seed = 1;
    Report report;
    /// A source that cannot start ends the run (`run SOURCE...`).
    bool strict = false;
    /// SIGHUP: the new configuration; an Error changes nothing. Null: reload only reopens files.
    std::function<Result<config::Config>()> reload;
    /// Gets what the netlink sockets receive. Null: nothing is recorded.
    Recorder* recorder = nullptr;
    /// Looks at the run. Null: nobody does.
    Viewer* viewer = nullptr;
  };

  explicit Daemon(Needs needs);
  ~Daemon();

  /// Opens the outputs, starts the sources. An Error: an output cannot be opened, or the loop.
  Status start(config::Config config);
  /// After start(): why run() would end at once, since sources could not start.
  std::optional<Error> refused() const;
  /// Calls `ready` in each turn in which `fd` is readable or in error. REQUIRES: start() was
  /// called.
  Status watch(int fd, Loop::Ready ready);
  /// Runs until asked to stop. `signal_fd` is watched; `signals` reads what came: SIGHUP reloads,
  /// every other number stops.
  Ending run(int signal_fd, const std::function<int()>& signal);
  /// For what run() calls: it ends as by SIGTERM.
  void stop() noexcept;

 private:
  void reload(const Now& now);
  void apply(config::Config config, const Now& now);
  Result<std::vector<std::unique_ptr<Outputs::One>>> open_outputs(const config::Config& config);
  void watch_outputs();
  void watch_namespaces(const Now& now);
  void check_outputs(const Now& now);
  bool done(Ending& ending);
  Ending finish(Ending ending, std::string_view reason);
  bool all_finite() const;

  Needs needs_;
  config::Config config_;
  std::unique_ptr<Loop> loop_;
  netlink::LinkTable links_;
  Outputs outputs_;
  std::minstd_rand random_;
  netlink::ReceiveBudget budget_{0};
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Monitors> monitors_;
  std::vector<std::unique_ptr<Supervisor>> supervisors_;
  int stop_ = 0;  ///< the signal that asked for it
  std::function<int()> signal_;
};

}  // namespace netweir::run
