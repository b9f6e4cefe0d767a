// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "netweir/source.h"

namespace netweir::conntrack {

/// What the socket's drop counter and ENOBUFS say of lost events. There are no sequence numbers: a
/// drop is an event, and an ENOBUFS without one says that the kernel could not make some
/// (netlink_set_err). The two are told at different times: netlink_overrun() sets the error, wakes
/// the reader and only then counts; and drops that were seen first have their ENOBUFS in the next
/// read. A plain state machine. One thread.
class Losses {
 public:
  /// `reliable`: the kernel counts each attempt to deliver, so that the counter says only that
  /// something was lost.
  Losses(SourceId source, bool reliable, WallTime at)
      : source_(source), exact_(!reliable), reliable_(reliable), quiet_since_(at) {}

  /// read() said ENOBUFS.
  void overrun() noexcept { overrun_ = true; }

  /// The counter says `drops`; `emptied`: after the queue was read to its end. Where that finds
  /// drops, read and look once more: what ENOBUFS is left belongs to them.
  std::optional<Loss> look(std::uint32_t drops, bool emptied, const Now& now) {
    std::optional<Loss> loss;
    const std::uint32_t more = drops - std::exchange(drops_, drops);
    if (more > 0) {
      counted_ = true;
      suspected_.reset();
      loss = make(reliable_ ? 1 : more, "receive_buffer", now.wall);
    } else if (emptied && overrun_ && !counted_ && !suspected_) {
      suspected_ = now.age;
    } else if (suspected_ && now.age - *suspected_ >= counted_within) {
      loss = stop(now.wall);
    }
    if (emptied) {
      overrun_ = false;
      counted_ = more > 0;
    }
    if (!suspected_) quiet_since_ = now.wall;
    return loss;
  }

  /// No look comes that could find drops for an ENOBUFS.
  std::optional<Loss> stop(WallTime at) {
    if (!std::exchange(suspected_, std::nullopt)) return std::nullopt;
    exact_ = false;
    return make(1, "kernel_memory", at);
  }

  Loss truncated(std::uint64_t count, WallTime at) const { return make(count, "truncated", at); }

  std::uint32_t drops() const noexcept { return drops_; }

 private:
  /// A kernel that a hypervisor stops between the error and the count.
  static constexpr std::chrono::milliseconds counted_within{500};

  Loss make(std::uint64_t count, std::string_view cause, WallTime at) const {
    Loss loss;
    loss.source = source_;
    loss.unit = Unit::events;
    loss.count = count;
    loss.exact = exact_;
    loss.cause = cause;
    loss.from = quiet_since_;
    loss.to = at;
    return loss;
  }

  SourceId source_;
  bool exact_;  ///< false for good: the sum is a lower bound from then on
  bool reliable_;
  bool overrun_ = false;              ///< since the queue was last read to its end
  bool counted_ = false;              ///< drops, since then or by the look at that time
  std::optional<AgeTime> suspected_;  ///< an ENOBUFS has no drop yet, since
  std::uint32_t drops_ = 0;
  WallTime quiet_since_;
};

}  // namespace netweir::conntrack
