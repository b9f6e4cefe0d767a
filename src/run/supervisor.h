// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <string>

#include "netlink/link_table.h"
#include "netweir/source_kind.h"
#include "os/privileged.h"
#include "run/loop.h"
#include "run/outputs.h"
#include "run/pipeline.h"
#include "run/recorder.h"

namespace netweir::run {

/// One configured source over all its lives: makes them through the kind, retries with back-off,
/// says how it stands. The sources know nothing of this. The loop thread's.
class Supervisor {
 public:
  /// What a supervisor works with; outlives it.
  struct World {
    Loop& loop;
    Privileged& privileged;
    netlink::LinkTable& links;
    Pipeline& pipeline;
    Outputs& outputs;
    std::minstd_rand& random;  ///< jitter of the back-off
    Recorder* recorder = nullptr;
  };
  enum class State : std::uint8_t {
    waiting,  ///< not running; the next attempt has its time
    up,
    finished,  ///< a file's end; also where it was broken (then error() says so)
    stopped
  };

  Supervisor(const SourceConfig& config, World world);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  const SourceConfig& config() const noexcept { return config_; }
  State state() const noexcept { return state_; }
  /// Why it is not up; empty code and text where nothing went wrong.
  const Error& error() const noexcept { return error_; }
  bool finite() const {
    return config_.kind->finite != nullptr && config_.kind->finite(config_.values);
  }

  /// Tries to start a life. Says so in a `source` event, once a reason.
  void start(const Now& now);
  /// Starts, drains and retries what is due; returns when it wants to be called again.
  AgeTime turn(const Now& now);
  /// Something has changed (an interface came): try soon if waiting.
  void poke(const Now& now);
  /// Ends the life: stops the flow in the kernel, hands over the rest.
  void stop(const Now& now, std::string_view reason);

 private:
  void drain(const Now& now);
  void fail(const Now& now, Error error);
  void end_life();

  SourceConfig config_;
  World world_;
  SourceId id_;
  State state_ = State::waiting;
  std::unique_ptr<Source> life_;
  Error error_{};
  std::string said_;               ///< the reason last said in an event
  AgeTime next_ = AgeTime::min();  ///< of an attempt
  AgeTime tried_{};                ///< the latest attempt
  AgeTime since_{};                ///< of this life
  std::chrono::nanoseconds back_off_{};
  bool more_ = false;
};

}  // namespace netweir::run
