// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "netweir/time.h"

namespace netweir::run {

/// Times that are not next to each other.
struct TimeJump {
  WallTime from{}, to{};
};

/// The time of the packets of a capture: the greatest so far, save where it jumps. A packet that is
/// more than an hour off is doubtful; the time becomes its own with the third in a row that agrees
/// with it: on the same side of the time, and no more than an hour before the last one.
class PacketTime {
 public:
  static constexpr std::chrono::hours jump{1};
  static constexpr int witnesses = 3;

  enum class Step : std::uint8_t {
    on,        ///< no jump
    departs,   ///< doubtful, and no other like it before it
    doubtful,  ///< another such
    jumps      ///< now() has become its time
  };
  struct Taken {
    Step step = Step::on;
    std::chrono::nanoseconds by{};  ///< `on`: how far the time went, at most `jump`
  };
  Taken take(WallTime at) noexcept;
  /// Believes it: the greatest so far, however far. How far the time went.
  std::chrono::nanoseconds follow(WallTime at) noexcept;

  WallTime now() const noexcept { return now_; }
  std::uint64_t departures() const noexcept { return departures_; }

 private:
  WallTime now_{};
  WallTime doubtful_{};
  std::uint64_t departures_ = 0;
  int doubted_ = 0;
  bool begun_ = false;
};

/// Whether somebody sets the system's clock: it is compared with one that nobody can set. The two
/// are not read in one moment, and between them the process may have been stopped; so it takes two
/// readings that differ from those before.
class ClockSteps {
 public:
  /// Well above a leap second and what daemons correct in steps, and below all that people notice.
  static constexpr std::chrono::seconds least{10};

  std::optional<TimeJump> look(const Now& now) noexcept;
  std::uint64_t steps() const noexcept { return steps_; }

 private:
  AgeTime seen_ = AgeTime::min();
  std::chrono::nanoseconds apart_{};
  std::uint64_t steps_ = 0;
  bool doubtful_ = false;
};

}  // namespace netweir::run
