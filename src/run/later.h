// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>

#include "netweir/time.h"

namespace netweir::run {

/// `now + by`, or the end of time, which hostile packets reach. REQUIRES: `by` is not negative.
inline AgeTime later(AgeTime now, std::chrono::nanoseconds by) noexcept {
  return now > AgeTime::max() - by ? AgeTime::max() : now + by;
}

}  // namespace netweir::run
