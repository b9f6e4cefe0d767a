// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>

#include "netweir/time.h"
#include "track/passed.h"

namespace netweir::track {

/// The moves of one key: how many there were lately, and whether they are silent. By packet time;
/// where that goes back by more than the window, the past is forgotten. Zeros are a key that never
/// moved.
struct Flap {
  enum class Say : std::uint8_t { move, begins, nothing, summary };
  static constexpr std::chrono::seconds summary_every{60};

  WallTime since;   ///< the window's first move
  WallTime latest;  ///< move
  WallTime said;    ///< of a silent one
  std::uint32_t moves;
  bool silent;

  /// There was no move for as long as the window.
  bool quiet(WallTime at, std::chrono::nanoseconds window) const noexcept {
    return apart(at, latest, window);
  }

  Say move(WallTime at, std::uint32_t most, std::chrono::nanoseconds window) noexcept {
    if (silent) {
      latest = at;
      ++moves;
      if (!apart(at, said, summary_every)) return Say::nothing;
      said = at;
      return Say::summary;
    }
    if (moves == 0 || apart(at, since, window)) {
      since = at;
      moves = 0;
    }
    latest = at;
    if (++moves < most) return Say::move;
    silent = true;
    said = at;
    return Say::begins;
  }

 private:
  static bool apart(WallTime a, WallTime b, std::chrono::nanoseconds least) noexcept {
    return a < b ? passed(b, a, least) : passed(a, b, least);
  }
};

}  // namespace netweir::track
