// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "netweir/event.h"
#include "netweir/sink.h"

namespace netweir::run {

/// What an output did with its records: written + queued + dropped = all that it was given, at any
/// time. Given are the events it wants and its format has a record for, hello and goodbye where the
/// stream is framed, and the loss records of its own.
struct OutputLedger {
  std::uint64_t written = 0, queued = 0, dropped = 0;
};

/// The bounded queue between the loop thread and the writer thread of one output. The loop formats
/// records into it; the writer hands them to Sink::write. `seq` is given to a record when it
/// enters, from 1 on, without a gap. What does not fit is counted; in a framed stream a `loss`
/// record (unit events, cause output_full, of no source) announces it before anything else enters,
/// whether or not the output wants `loss`, since `seq` alone would claim that nothing is missing. A
/// write that fails is tried again after 50 ms, then less often, up to 1 s; nothing is lost until
/// the box is full. No lock a record: one a flush(). All of it on the loop thread.
class Outbox {
 public:
  struct Limits {
    /// Bound of what is queued; only loss, hello and goodbye may exceed it. The memory taken is at
    /// most about twice that.
    std::size_t octets = std::size_t{4} << 20U;
  };
  /// `events` is a set of bits, 1 << EventType. hello and goodbye are always in a framed stream.
  Outbox(std::unique_ptr<Sink> sink, std::uint32_t events, Limits limits);
  ~Outbox();  ///< stops the writer without waiting for a reader that does not read
  Outbox(Outbox&&) noexcept;

  bool wants(EventType type) const noexcept;
  /// Formats and queues, if it is wanted and fits. `now` is the time of a drop, and of the loss
  /// record that may come first.
  void write(const Event& event, WallTime now);
  /// Hands to the writer what was queued. At the end of each turn of the loop.
  void flush();
  /// Whether at least `octets` fit, or the output is gone and takes everything. A file source waits
  /// for that.
  bool has_room(std::size_t octets) const noexcept;
  /// Waits until has_room(octets) or the time is up, and says which; flushes first. `octets` should
  /// not exceed half the limit.
  bool wait_room(std::size_t octets, std::chrono::milliseconds limit);
  /// SIGHUP: what is queued goes to the old file; a new file begins with `hello`. (While the old
  /// one takes nothing, what is queued goes to the new one instead, so that a full disk can be
  /// rotated away.) Nothing where the sink has nothing to open anew; one already under way covers a
  /// second.
  void reopen(const Event& hello, WallTime now);
  /// Becomes readable when state() has news, or when a loss record could enter (flush() then); the
  /// loop watches it. -1 where there is none.
  int fd() const noexcept;

  struct State {
    bool gone = false;           ///< nothing will ever be written again: the reader closed
    bool failing = false;        ///< the last write failed; it is tried again
    std::string error{};         ///< why, of either
    std::string reopen_error{};  ///< why the file could not be opened anew; the old one is in use
    std::uint64_t dropped = 0;   ///< records dropped since the last call; news at the first of them
  };
  /// Clears the readiness of fd().
  State state();
  OutputLedger ledger() const noexcept;

  /// Queues the last record, whether or not it fits, and waits for the writer, at most `limit`.
  /// After it, what is still queued counts as dropped and nothing more is taken. `last` may be
  /// null. The error of a failing write is still in state().
  OutputLedger close(const Event* last, WallTime now, std::chrono::milliseconds limit);

 private:
  struct Inlet;
  std::unique_ptr<Inlet> inlet_;
};

}  // namespace netweir::run
