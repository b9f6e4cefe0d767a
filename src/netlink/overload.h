// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "netweir/time.h"

namespace netweir::netlink {

/// Whether a socket overflows for want of speed, and what to do about it: nothing, or to keep only
/// a random one of N datagrams, N doubling while that is not enough and halving when it is. Pure.
class Overload {
 public:
  enum class Change : std::uint8_t {
    none,
    begins,
    rate,  ///< one_in() is another
    ends
  };

  explicit Overload(bool sheds) noexcept : sheds_(sheds) {}

  /// `lost`: the socket, whose buffer cannot grow, has overflowed since the last call.
  Change look(AgeTime now, bool lost) noexcept {
    if (!on_ && !lost) return Change::none;
    if (lost) lost_at_ = now;
    if (!on_) {
      on_ = true;
      changed_ = now;
      one_in_ = sheds_ ? 2 : 1;
      return Change::begins;
    }
    if (lost) {
      if (!sheds_ || one_in_ >= most || (!lowered_ && now - changed_ < settles))
        return Change::none;
      if (lowered_) quiet_ = std::min<std::chrono::nanoseconds>(quiet_ * 2, longest_quiet);
      lowered_ = false;
      one_in_ *= 2;
      changed_ = now;
      return Change::rate;
    }
    const auto calm = now - std::max(lost_at_, changed_);
    if (one_in_ > 1) {
      if (calm < quiet_) return Change::none;
      lowered_ = true;
      one_in_ /= 2;
      changed_ = now;
      return Change::rate;
    }
    if (calm < over) return Change::none;
    *this = Overload(sheds_);
    return Change::ends;
  }

  /// It cannot shed after all.
  void never_shed() noexcept {
    sheds_ = false;
    one_in_ = 1;
  }

  bool on() const noexcept { return on_; }
  std::uint32_t one_in() const noexcept { return one_in_; }

 private:
  static constexpr std::uint32_t most = 1024;
  static constexpr std::chrono::seconds settles{1};  ///< what was queued before is read by then
  static constexpr std::chrono::seconds first_quiet{10}, longest_quiet{320};
  static constexpr std::chrono::seconds over{60};

  bool sheds_;
  bool on_ = false;
  bool lowered_ = false;  ///< the last change was downwards
  std::uint32_t one_in_ = 1;
  AgeTime lost_at_{}, changed_{};
  std::chrono::nanoseconds quiet_{first_quiet};  ///< without loss before N is halved
};

}  // namespace netweir::netlink
