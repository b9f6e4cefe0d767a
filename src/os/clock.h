// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netweir/time.h"

namespace netweir {

/// Time, so that tests can set it. Only the loop asks; everything else is told.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Now now() = 0;
};

/// CLOCK_BOOTTIME and CLOCK_REALTIME.
class SystemClock final : public Clock {
 public:
  Now now() override;
};

}  // namespace netweir
