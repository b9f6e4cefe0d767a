// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>

#include "netweir/event.h"

namespace netweir::run {

/// Somebody in this process who looks at a run while it goes on, beside the outputs. Called on the
/// loop thread; what it is given dies with the call.
class Viewer {
 public:
  virtual ~Viewer() = default;
  /// What it is given: bits, 1 << EventType. Never changes. No hello and no goodbye.
  virtual std::uint32_t wants() const noexcept = 0;
  virtual void event(const Event& event) = 0;
  /// An interval of the totals is over, and its traffic events were all given. Live also where
  /// there were none, and once at the begin; once more at the end. In those two, where there is
  /// nothing to tell, from = to. `ledgers`: what each source has done so far.
  virtual void interval(WallTime from, WallTime to, std::span<const Ledger> ledgers) = 0;
};

}  // namespace netweir::run
