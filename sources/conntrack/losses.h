// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "netweir/source.h"

namespace netweir::conntrack {

/// What the socket's drop counter and ENOBUFS say of lost events. There are no sequence numbers: a
/// drop is an event, and an ENOBUFS without one says that the kernel could not make some
/// (netlink_set_err). A plain state machine. One thread.
class Losses {
 public:
  /// `reliable`: the kernel counts each attempt to deliver, so that the counter says only that
  /// something was lost.
  Losses(SourceId source, bool reliable, WallTime at)
      : source_(source), exact_(!reliable), reliable_(reliable), quiet_since_(at) {}

  /// read() said ENOBUFS.
  void overrun() noexcept { overrun_ = true; }

  /// The counter says `drops`; `emptied`: after the queue was read to its end.
  std::optional<Loss> look(std::uint32_t drops, bool emptied, WallTime at) {
    std::optional<Loss> loss;
    if (const std::uint32_t more = drops - std::exchange(drops_, drops); more > 0) {
      counted_ = true;
      loss = make(reliable_ ? 1 : more, "receive_buffer", at);
    } else if (emptied && overrun_ && !counted_) {
      exact_ = false;
      loss = make(1, "kernel_memory", at);
    }
    if (emptied) overrun_ = counted_ = false;
    quiet_since_ = at;
    return loss;
  }

  Loss truncated(std::uint64_t count, WallTime at) const { return make(count, "truncated", at); }

  std::uint32_t drops() const noexcept { return drops_; }

 private:
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
  bool overrun_ = false, counted_ = false;  ///< since the queue was last read to its end
  std::uint32_t drops_ = 0;
  WallTime quiet_since_;
};

}  // namespace netweir::conntrack
