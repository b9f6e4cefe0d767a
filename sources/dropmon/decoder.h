// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "dropmon/decode.h"
#include "dropmon/filter.h"
#include "dropmon/limit.h"
#include "netlink/recorded_losses.h"
#include "netweir/link.h"
#include "netweir/source.h"

namespace netweir::dropmon {

/// Messages of the NET_DM family to frames, in batches, and what the monitor's own queues dropped
/// to losses. The same for live sockets and recordings. Allocates nothing.
class Decoder final : public MessageDecoder {
 public:
  Decoder(SourceId source, Links& links, Filter filter);

  /// Any message of the family, whatever its number is now.
  void message(const NetlinkMessage& message, Intake& intake) override;
  /// Loss as the live source reports it: when it looks at the counter, a datagram a packet.
  void news(const SocketNews& news, Intake& intake) override;
  void flush(Intake& intake) override;

  /// From now on so many frames a second; what comes above it is counted filtered. A recording has
  /// no limit.
  void limit(std::uint32_t a_second) noexcept { limit_ = Limit(a_second); }
  /// What the monitor's counters say before the first message.
  void count_from(const Stats& stats, WallTime at) noexcept {
    stats_ = stats;
    stats_at_ = at;
  }
  /// Whether the indexes that software drops tell are of our network namespace: there is no other.
  void single_netns(bool is) noexcept { single_netns_ = is; }
  /// The time of the messages that follow.
  void at(AgeTime now) noexcept { now_ = now; }

  /// Alerts so far: decoded, filtered or rejected.
  std::uint64_t alerts() const noexcept { return alerts_; }
  /// Of them those above the limit.
  std::uint64_t limited() const noexcept { return limited_; }
  /// Messages of alert mode `summary`, which have no packets. In none of the counts.
  std::uint64_t summaries() const noexcept { return summaries_; }

 private:
  static constexpr std::size_t batch = 64;  ///< as many as the source reads at once
  void stats(const NetlinkMessage& message, Intake& intake);
  void frame_of(const Alert& alert, WallTime at, Frame& frame);

  SourceId source_;
  Links& links_;
  Filter filter_;
  Limit limit_{0};
  bool single_netns_ = false;
  AgeTime now_{};
  std::uint64_t alerts_ = 0, limited_ = 0, summaries_ = 0;
  std::optional<Stats> stats_;  ///< the last that were told
  WallTime stats_at_{};
  netlink::RecordedLosses recorded_;
  Counts counts_{};  ///< not yet pushed
  std::size_t count_ = 0;
  std::array<Frame, batch> frames_{};
  std::array<Alert, batch> alerts_of_{};
};

}  // namespace netweir::dropmon
