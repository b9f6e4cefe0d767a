// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>

#include "netweir/time.h"

namespace netweir::track {

/// `rate` a second, `burst` at once. Zeros are a full one.
struct TokenBucket {
  double used;
  AgeTime at;

  bool take(AgeTime now, double rate, double burst) noexcept {
    if (now > at) {
      const auto since = static_cast<double>(now.time_since_epoch().count()) -
                         static_cast<double>(at.time_since_epoch().count());
      used = std::max(0.0, used - since * 1e-9 * rate);
      at = now;
    }
    if (used + 1 > burst) return false;
    ++used;
    return true;
  }
};

}  // namespace netweir::track
