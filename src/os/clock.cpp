// SPDX-License-Identifier: GPL-2.0-or-later
#include "os/clock.h"

#include <ctime>

namespace netweir {
namespace {

std::chrono::nanoseconds read(clockid_t id) {
  timespec t{};
  (void)::clock_gettime(id, &t);  // cannot fail for these clocks
  return std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec};
}

}  // namespace

Now SystemClock::now() { return {AgeTime{read(CLOCK_BOOTTIME)}, WallTime{read(CLOCK_REALTIME)}}; }

}  // namespace netweir
