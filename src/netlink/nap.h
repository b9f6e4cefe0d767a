// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "netlink/receiver.h"
#include "netweir/time.h"

namespace netweir::netlink {

/// How long a socket that brings one message a datagram is left alone: under load it is cheaper to
/// let some gather, when idle nothing waits. One thread.
class Nap {
 public:
  bool napping() const noexcept { return length_ > std::chrono::nanoseconds{0}; }
  AgeTime wake() const noexcept { return wake_; }

  /// After a read that found `found` datagrams; `before` is the socket's memory as it was then.
  /// True: it began or ended, so that epoll must watch the socket or not.
  bool update(AgeTime now, const Memory& before, std::size_t found) noexcept {
    const bool was = napping();
    if (!is_busy(now, found) || before.limit < buffer_at_least ||
        before.queued > before.limit / 4) {
      length_ = {};
    } else if (!was) {
      length_ = shortest;
    } else if (before.queued < before.limit / 16) {
      length_ = std::min<std::chrono::nanoseconds>(length_ * 2, longest);
    }
    wake_ = now + length_;
    return was != napping();
  }

 private:
  static constexpr std::chrono::microseconds longest{2000}, shortest{125};
  static constexpr std::chrono::microseconds window{1000};
  static constexpr std::size_t busy_at_least = 32;  // datagrams a window, however many at a time
  static constexpr std::uint32_t buffer_at_least = 1024 * 1024;  // a smaller one is full too soon

  bool is_busy(AgeTime now, std::size_t found) noexcept {
    const auto since = now - begun_;
    if (since >= window) {
      before_ = since < 2 * window ? count_ : 0;
      count_ = 0;
      begun_ = now;
    }
    count_ += found;
    return std::max(count_, before_) >= busy_at_least;
  }

  AgeTime begun_{};                     ///< of the window
  std::size_t count_ = 0, before_ = 0;  ///< datagrams of this window, and of the one before
  std::chrono::nanoseconds length_{};
  AgeTime wake_{};
};

}  // namespace netweir::netlink
