// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/time_jumps.h"

#include <utility>

namespace netweir::run {
namespace {

/// No overflow at any two times.
bool near(WallTime a, WallTime b) noexcept {
  constexpr std::chrono::nanoseconds most = PacketTime::jump;
  const auto count = [](WallTime at) {
    return static_cast<std::uint64_t>(at.time_since_epoch().count());
  };
  const auto apart = a < b ? count(b) - count(a) : count(a) - count(b);
  return apart <= static_cast<std::uint64_t>(most.count());
}

}  // namespace

std::chrono::nanoseconds PacketTime::follow(WallTime at) noexcept {
  if (!begun_) {
    begun_ = true;
    now_ = at;
  }
  if (at <= now_) return {};
  const auto from = std::exchange(now_, at);
  return from < WallTime{} && at > WallTime::max() + from.time_since_epoch()
             ? std::chrono::nanoseconds::max()
             : at - from;
}

PacketTime::Taken PacketTime::take(WallTime at) noexcept {
  if (!begun_) {
    begun_ = true;
    now_ = at;
    return {};
  }
  if (near(at, now_)) {
    doubted_ = 0;
    if (at <= now_) return {};
    const auto by = at - now_;
    now_ = at;
    return {Step::on, by};
  }
  const bool agrees =
      doubted_ > 0 && (at > now_) == (doubtful_ > now_) && (at >= doubtful_ || near(at, doubtful_));
  doubtful_ = at;
  if (!agrees) {
    doubted_ = 1;
    ++departures_;
    return {Step::departs, {}};
  }
  if (++doubted_ < witnesses) return {Step::doubtful, {}};
  doubted_ = 0;
  now_ = at;
  return {Step::jumps, {}};
}

std::optional<TimeJump> ClockSteps::look(const Now& now) noexcept {
  if (now.age == seen_) return std::nullopt;
  const bool first = seen_ == AgeTime::min();
  seen_ = now.age;
  const auto apart = now.wall.time_since_epoch() - now.age.time_since_epoch();
  const auto by = apart - apart_;
  if (first || (by < least && by > -least)) {
    apart_ = apart;
    doubtful_ = false;
    return std::nullopt;
  }
  doubtful_ = !doubtful_;
  if (doubtful_) return std::nullopt;
  const TimeJump jump{WallTime{now.age.time_since_epoch() + apart_}, now.wall};
  apart_ = apart;
  ++steps_;
  return jump;
}

}  // namespace netweir::run
