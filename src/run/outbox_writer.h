// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "netweir/sink.h"
#include "os/fd.h"

namespace netweir::run {

/// Records one behind the other, and where each ends.
struct Chunk {
  static constexpr std::size_t size = std::size_t{64} << 10U;  ///< octets, about

  std::string octets;
  std::vector<std::size_t> ends;
  bool reopen = false;  ///< open the file anew before the first of them

  Chunk();
  bool empty() const noexcept { return ends.empty() && !reopen; }
  void append(const Chunk& other);
  void clear() noexcept;
};

/// The writer thread of one output, and what it shares with the loop. It outlives the outbox where
/// the thread is stuck in a write, since such a thread can only be let go.
class Writer : public std::enable_shared_from_this<Writer> {
 public:
  /// Chunks pass from thread to thread by splice(), which allocates nothing.
  using Chunks = std::list<Chunk>;

  explicit Writer(std::unique_ptr<Sink> sink);

  // All of these on the loop thread.

  void start();
  /// The half of the sink that formats.
  Sink& sink() noexcept { return *sink_; }
  /// Takes the one chunk in `current`, and leaves an empty one there.
  void hand_over(Chunks& current);
  /// Whether a chunk with `reopen` still waits.
  bool reopening() const;
  /// Waits until `octets` of all that was handed over are written, the reader is gone, or the time
  /// is up.
  void wait_taken(std::uint64_t octets, std::chrono::milliseconds limit);
  /// Waits until everything is written, the reader is gone, or the time is up. Then nothing counts
  /// any more.
  void close(std::chrono::milliseconds limit);
  /// Ends the thread, or lets it go where it is stuck.
  void end();

  struct Failure {
    bool failing = false;
    std::string error{}, reopen_error{};
  };
  Failure failure() const;

  int news() const noexcept { return news_.get(); }
  void wake_loop() const noexcept;
  void clear_news() const noexcept;
  /// Wakes the loop as soon as `octets` are written.
  void tell_at(std::uint64_t octets) noexcept;

  std::uint64_t taken() const noexcept { return taken_; }      ///< octets
  std::uint64_t written() const noexcept { return written_; }  ///< records
  bool gone() const noexcept { return gone_; }

 private:
  using Lock = std::unique_lock<std::mutex>;

  void run();
  void write_front(Lock& lock);
  void reopen(Lock& lock, Chunk& chunk);
  void took(std::size_t octets);
  void drop_front();
  void failed(Lock& lock, const Error& error);
  void give_up(const Error& error);
  void probe(Lock& lock);

  const std::unique_ptr<Sink> sink_;
  const Fd news_;
  std::atomic<std::uint64_t> taken_ = 0, written_ = 0;
  std::atomic<std::uint64_t> tell_at_ = std::numeric_limits<std::uint64_t>::max();
  std::atomic<bool> gone_ = false;

  mutable std::mutex mutex_;
  std::condition_variable work_;      ///< for the writer
  std::condition_variable progress_;  ///< for the loop
  Chunks queue_, spare_;
  bool busy_ = false;  ///< the writer uses the front chunk without the lock
  bool idle_ = false;  ///< the writer waits for a chunk
  bool waiting_ = false;
  bool reopen_queued_ = false;
  bool closing_ = false;    ///< write what is there, then end
  bool abandoned_ = false;  ///< end; what is not written yet does not count any more
  bool ended_ = false;
  Failure failure_;

  // Of the writer alone.
  std::size_t at_ = 0;    ///< octets of the front chunk that are written
  std::size_t next_ = 0;  ///< its first record that is not
  std::chrono::milliseconds back_off_{};

  std::thread thread_;
};

}  // namespace netweir::run
