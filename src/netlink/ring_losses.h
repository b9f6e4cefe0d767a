// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "netlink/causes.h"
#include "netlink/overload.h"
#include "netweir/source.h"

namespace netweir::netlink {

/// What a buffer that does not grow has lost, exactly and with the interval; and that it goes on
/// losing. Pure.
class RingLosses {
 public:
  /// `advice`: a literal, said where it goes on.
  RingLosses(SourceId source, const Now& now, std::string_view advice) noexcept
      : source_(source), advice_(advice), told_(now) {}

  /// `lost`: since the last call.
  void tell(const Now& now, std::uint64_t lost, Intake& intake) {
    const auto from = std::exchange(told_, now);
    if (lost > 0)
      intake.loss({source_, Unit::packets, lost, true, cause_receive_buffer, from.wall, now.wall});
    switch (load_.look(now.age, lost > 0)) {
      case Overload::Change::begins:
        return intake.overloaded({source_, true, 1, advice_});
      case Overload::Change::ends:
        return intake.overloaded({source_, false, 1, "a minute without loss"});
      case Overload::Change::none:
      case Overload::Change::rate:
        return;
    }
  }

  /// The end of the last interval.
  WallTime told() const noexcept { return told_.wall; }

 private:
  SourceId source_;
  std::string_view advice_;
  Overload load_{false};
  Now told_;
};

}  // namespace netweir::netlink
