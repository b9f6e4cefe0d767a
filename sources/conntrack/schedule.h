// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <optional>

#include "netweir/flow.h"
#include "netweir/time.h"

namespace netweir::conntrack {

/// When the kernel's table is listed: at the start, after loss, and at each interval. A listing
/// that is due is deferred, never left out; there are never two at once. A plain state machine. One
/// thread.
class Schedule {
 public:
  struct Settings {
    std::chrono::nanoseconds reconcile{}, resync_min{};
  };
  /// The first listing is due at once.
  Schedule(const Settings& settings, AgeTime now);

  /// Events were lost. Of those during a listing another one takes care, after it.
  void lost(AgeTime now);
  /// The queue of events was read to its end.
  void drained() noexcept { behind_ = false; }

  /// Why a listing is to begin now; nothing = not now. It has begun when this returns something.
  std::optional<FlowReason> begin(AgeTime now);
  /// REQUIRES: a listing has begun.
  void ended(AgeTime now);
  void failed(AgeTime now);

  bool listing() const noexcept { return listing_; }
  /// Events were lost since the listing began: another one follows.
  bool repeats() const noexcept { return listing_ && wanted_.has_value(); }
  /// When begin() has something to say, if nothing else happens.
  AgeTime next() const;

 private:
  void want(FlowReason reason, AgeTime now);
  AgeTime due() const;

  Settings settings_;
  std::optional<FlowReason> wanted_;
  AgeTime wanted_since_;
  bool behind_ = false;  ///< after loss the queue has not been read to its end yet
  bool listing_ = false;
  FlowReason reason_ = FlowReason::dump;  ///< of the latest listing
  std::optional<AgeTime> began_;          ///< the latest listing
  int failures_ = 0;                      ///< in a row
};

}  // namespace netweir::conntrack
