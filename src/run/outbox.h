// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "netweir/event.h"
#include "netweir/sink.h"

namespace netweir::run {

/// What an output did with its events: written + queued + dropped = all that it was given.
struct OutputLedger {
  std::uint64_t written = 0, queued = 0, dropped = 0;
};

/// The bounded queue between the loop thread and the writer thread of one output. The loop formats
/// records into it; the writer hands them to Sink::write. `seq` is given to a record when it
/// enters. What does not fit is counted, and announced by a `loss` record (unit events, cause
/// output_full) for which room is kept, as soon as there is room again.
class Outbox {
 public:
  struct Limits {
    std::size_t octets = std::size_t{4} << 20U;  ///< bound of what is queued
  };
  /// `events` is a set of bits, 1 << EventType. hello and goodbye are always in a framed stream.
  Outbox(std::unique_ptr<Sink> sink, std::uint32_t events, Limits limits);
  ~Outbox();  ///< stops the writer without waiting for a reader that does not read

  /// Loop thread. All of the following.
  bool wants(EventType type) const noexcept;
  /// Formats and queues; `now` is the time of a loss record that may come first.
  void write(const Event& event, WallTime now);
  /// Hands to the writer what was queued. At the end of each turn of the loop.
  void flush();
  /// Whether at least `octets` fit. A file source waits for that.
  bool has_room(std::size_t octets) const noexcept;
  /// Waits until `octets` fit, the output is gone, or the time is up; flushes first.
  bool wait_room(std::size_t octets, std::chrono::milliseconds limit);
  /// SIGHUP: what is queued goes to the old file; a new file begins with `hello`.
  void reopen(const Event& hello, WallTime now);
  /// Becomes readable when state() changed; the loop watches it.
  int fd() const noexcept;

  struct State {
    bool gone = false;     ///< the reader closed: nothing will ever be written again
    bool failing = false;  ///< the last write failed; it is tried again
    std::string error{};   ///< why
  };
  /// Clears the readiness of fd().
  State state();
  OutputLedger ledger() const noexcept;

  /// Queues the last record (room is kept for it) and waits for the writer, at most `limit`. After
  /// it, what is still queued counts as dropped. `last` may be null.
  OutputLedger close(const Event* last, WallTime now, std::chrono::milliseconds limit);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace netweir::run
