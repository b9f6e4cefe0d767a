// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "netlink/link_table.h"
#include "netlink/receive_buffer.h"
#include "netweir/source_kind.h"
#include "os/privileged.h"
#include "run/loop.h"
#include "run/outputs.h"
#include "run/pipeline.h"
#include "run/recorder.h"

namespace netweir::run {

/// What supervisors work with; outlives them.
struct World {
  Loop& loop;
  Privileged& privileged;
  netlink::LinkTable& links;
  Pipeline& pipeline;
  Outputs& outputs;
  std::minstd_rand& random;  ///< jitter of the back-off
  Recorder* recorder = nullptr;
  netlink::ReceiveBudget* budget = nullptr;  ///< null = without bound
};

/// One source of a type, over its lives: opens it, drains it, and knows when it may be tried again.
/// The loop thread's.
class Life {
 public:
  /// `config` outlives it. `died` is called when a life ended by itself, after what it had was
  /// handed over: with an Error, or with nothing at a file's end.
  using Died = std::function<void(const Now&, std::optional<Error>)>;
  Life(const SourceConfig& config, World& world, Died died);
  ~Life();
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  SourceId id() const noexcept { return id_; }
  bool running() const noexcept { return source_ != nullptr; }
  bool finite() const;

  /// REQUIRES: not running.
  Status open(const Now& now);
  /// Drains what is due; returns when it wants to be called again. REQUIRES: running.
  AgeTime turn(const Now& now);
  /// Stops the flow in the kernel, hands over the rest. Nothing where it does not run.
  void stop(const Now& now);

  /// Of the attempts: after a failure the next one waits, longer each time.
  void back_off(const Now& now);
  AgeTime next() const noexcept { return next_; }
  /// Something has changed: the next attempt may come soon.
  void poke(const Now& now);
  /// True where this reason was not the last one said since it ran.
  bool is_news(const std::string& reason);

 private:
  void drain(const Now& now);
  void end();

  const SourceConfig& config_;
  World& world_;
  Died died_;
  SourceId id_;
  std::unique_ptr<Source> source_;
  std::string said_;               ///< the reason last said in an event
  AgeTime next_ = AgeTime::min();  ///< of an attempt
  AgeTime tried_{};                ///< the latest attempt
  AgeTime since_{};                ///< of the latest life
  std::chrono::nanoseconds back_off_{};
  bool more_ = false;
  bool lived_ = false;  ///< since the latest failure
};

}  // namespace netweir::run
