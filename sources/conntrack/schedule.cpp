// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/schedule.h"

#include <algorithm>
#include <utility>

namespace netweir::conntrack {
namespace {

/// A queue that is never read to its end does not put a listing off for longer.
constexpr std::chrono::seconds patience{1};
constexpr int doublings_at_most = 5;  // of resync_min, after failures

}  // namespace

Schedule::Schedule(const Settings& settings, AgeTime now)
    : settings_(settings), wanted_(FlowReason::dump), wanted_since_(now) {}

void Schedule::want(FlowReason reason, AgeTime now) {
  if (wanted_) return;
  wanted_ = reason;
  wanted_since_ = now;
}

void Schedule::lost(AgeTime now) {
  behind_ = true;
  want(FlowReason::resync, now);
}

AgeTime Schedule::due() const {
  auto at = wanted_since_;
  if (began_) {
    const auto wait = settings_.resync_min * (1 << std::min(failures_, doublings_at_most));
    at = std::max(at, *began_ + wait);
  }
  return behind_ ? at + patience : at;
}

std::optional<FlowReason> Schedule::begin(AgeTime now) {
  if (listing_ || now < next()) return std::nullopt;
  reason_ = wanted_.value_or(FlowReason::reconcile);
  wanted_.reset();
  began_ = now;
  listing_ = true;
  return reason_;
}

void Schedule::ended(AgeTime now) {
  listing_ = false;
  failures_ = 0;
  if (wanted_) wanted_since_ = now;
}

void Schedule::failed(AgeTime now) {
  listing_ = false;
  ++failures_;
  wanted_.reset();
  want(reason_, now);
}

AgeTime Schedule::next() const {
  if (listing_) return AgeTime::max();
  if (wanted_) return due();
  return *began_ + settings_.reconcile;  // nothing is wanted only after a listing
}

}  // namespace netweir::conntrack
