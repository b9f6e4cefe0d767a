// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "netweir/time.h"

namespace netweir::dropmon {

/// Lets `rate` a second pass, and as many at once. Pure.
class Limit {
 public:
  /// 0 = without bound.
  explicit Limit(std::uint32_t rate) noexcept : rate_(rate), left_(std::int64_t{rate} * unit) {}

  bool passes(AgeTime now) noexcept {
    if (rate_ == 0) return true;
    const auto full = std::int64_t{rate_} * unit;
    if (!seen_ || now - at_ >= std::chrono::seconds{1}) {
      left_ = full;
    } else if (now > at_) {
      left_ = std::min(full, left_ + (now - at_).count() * std::int64_t{rate_});
    }
    if (!seen_ || now > at_) at_ = now;
    seen_ = true;
    if (left_ < unit) return false;
    left_ -= unit;
    return true;
  }

 private:
  static constexpr std::int64_t unit = 1'000'000'000;  // of a frame: so many nanoseconds a second
  std::uint32_t rate_;
  std::int64_t left_;
  AgeTime at_{};
  bool seen_ = false;
};

}  // namespace netweir::dropmon
