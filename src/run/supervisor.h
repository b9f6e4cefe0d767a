// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "netweir/source_kind.h"
#include "run/life.h"

namespace netweir::run {

/// One configured source over all its lives, and its fallback: makes them through their kinds,
/// retries with back-off, changes over, says how it stands. The sources know nothing of this. The
/// loop thread's.
///
/// While the source cannot run its fallback does, and the source is tried again. When it opens, the
/// fallback is stopped, with all that it had handed over, before the source is read; what the
/// source's socket took meanwhile is read then, so that nothing is missed between the two.
class Supervisor {
 public:
  using World = run::World;
  enum class State : std::uint8_t {
    waiting,   ///< neither runs; the next attempt has its time
    up,        ///< it runs, or its fallback does
    finished,  ///< a file's end; also where it was broken (then error() says so)
    stopped
  };

  Supervisor(const SourceConfig& config, World world);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  const SourceConfig& config() const noexcept { return config_; }
  State state() const noexcept;
  /// Why it is not up; empty code and text where nothing went wrong.
  const Error& error() const noexcept { return error_; }
  bool finite() const { return own_.finite(); }

  /// Tries to start a life. Says so in a `source` event, once a reason.
  void start(const Now& now);
  /// Starts, drains and retries what is due; returns when it wants to be called again.
  AgeTime turn(const Now& now);
  /// Something has changed (an interface or a family came): try soon if waiting.
  void poke(const Now& now);
  /// Ends the life: stops the flow in the kernel, hands over the rest.
  void stop(const Now& now, std::string_view reason);

 private:
  void fail(const Now& now, Error error);
  void start_fallback(const Now& now);
  void fallback_died(const Now& now, std::optional<Error> error);
  /// How long nothing was read, where something was before.
  std::optional<std::chrono::nanoseconds> gap();

  SourceConfig config_;
  World world_;
  State state_ = State::waiting;  ///< of its own lives
  Life own_;
  std::optional<Life> fallback_;
  Error error_{};
  std::optional<AgeTime> read_until_;  ///< since nothing has been read
};

}  // namespace netweir::run
