// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>

namespace netweir::track {

/// Whether `now` is at least `least` later than `then`; not where `then` is the later. No overflow
/// at any two times.
template <class Time>
bool passed(Time now, Time then, std::chrono::nanoseconds least) noexcept {
  if (now < then) return false;
  const auto since = static_cast<std::uint64_t>(now.time_since_epoch().count()) -
                     static_cast<std::uint64_t>(then.time_since_epoch().count());
  return least.count() <= 0 || since >= static_cast<std::uint64_t>(least.count());
}

}  // namespace netweir::track
