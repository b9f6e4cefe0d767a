// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "netweir/time.h"
#include "probe/histogram.h"
#include "probe/message.h"

namespace netweir::probe {

/// What became of the probes. Each that was sent ends as received, lost, or refused by our own
/// queue.
struct Totals {
  std::uint64_t sent = 0;        ///< given to the interface
  std::uint64_t received = 0;    ///< answered in time
  std::uint64_t lost = 0;        ///< no answer in time
  std::uint64_t refused = 0;     ///< of the lost ones: the interface's queue did not take it
  std::uint64_t late = 0;        ///< answers that came too late; their probes are lost
  std::uint64_t duplicates = 0;  ///< answers beyond a probe's first
  std::uint64_t reordered = 0;   ///< first answers that came after one to a later probe
  /// Of the received: times that are not known. Ours: when the probe left and when its answer came;
  /// theirs: when the probe came and when the answer left.
  std::uint64_t no_tx = 0, no_rx = 0, no_their_rx = 0, no_their_tx = 0;
  std::uint64_t hardware = 0;  ///< round trips by the device's clock at our end
};

/// Pairs probes with answers. Times of one end are compared by the same clock: by the devices'
/// where both have one. Pure; of constant size.
class Account {
 public:
  /// At most `window` probes are open; one more is closed early.
  explicit Account(std::chrono::nanoseconds timeout, std::size_t window = 65536);

  void sent(std::uint32_t sequence, AgeTime now);
  void refused(std::uint32_t sequence, AgeTime now);
  /// When the probe left. May be said twice, with either time.
  void left(std::uint32_t sequence, const Stamps& at);
  /// Its answer came; `their`: when the probe came there.
  void answered(std::uint32_t sequence, const Stamps& came, const Stamps& their);
  /// When that answer left.
  void answer_left(std::uint32_t sequence, const Stamps& at);

  /// Closes what is over, and what has had its time.
  void age(AgeTime now);
  /// Closes all.
  void finish();
  std::size_t open() const noexcept { return open_; }
  /// Nothing more can come to those that are open but what came before.
  bool settled() const noexcept;

  const Totals& totals() const noexcept { return totals_; }
  /// There and back, as seen here; the same without the time that the other end took.
  const Histogram& round_trip() const noexcept { return round_trip_; }
  const Histogram& network() const noexcept { return network_; }
  /// One way, by the clocks of two ends: with their offset in it.
  const Histogram& there() const noexcept { return there_; }
  const Histogram& back() const noexcept { return back_; }

 private:
  struct Probe {
    enum class State : std::uint8_t { none, sent, answered } state = State::none;
    std::uint32_t sequence = 0;
    AgeTime at{};
    Stamps t1{}, t2{}, t3{}, t4{};  ///< left, came there, answer left there, answer came
  };
  Probe* find(std::uint32_t sequence) noexcept;
  void close(Probe& probe);

  std::chrono::nanoseconds timeout_;
  std::vector<Probe> probes_;
  std::uint32_t first_ = 0, next_ = 0;  ///< sequences: the oldest that may be open, the next
  std::size_t open_ = 0;
  std::uint32_t highest_ = 0;  ///< answered
  Totals totals_;
  Histogram round_trip_, network_, there_, back_;
};

}  // namespace netweir::probe
