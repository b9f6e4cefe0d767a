// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>

namespace netweir {

/// A packet's own time: UTC since the Unix epoch, nanoseconds. May go backwards from packet to
/// packet.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// The time by which bindings age and deadlines are kept: CLOCK_BOOTTIME live, in a replay what the
/// packets' time adds up to, without its jumps where those are guarded against. Never goes back.
/// Not a std clock: nothing here can ask what time it is.
struct AgeClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<AgeClock>;
  static constexpr bool is_steady = true;
};
using AgeTime = AgeClock::time_point;

/// Both times of one turn of the loop, read once for everything the turn does.
struct Now {
  AgeTime age{};
  WallTime wall{};
};

}  // namespace netweir
