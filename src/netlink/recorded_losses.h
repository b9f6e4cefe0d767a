// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <utility>

#include "netweir/source.h"

namespace netweir::netlink {

/// Of a recording: the losses that the live source reported, where each datagram is one unit. Drops
/// are told of when the source looked at its counter. One thread.
class RecordedLosses {
 public:
  RecordedLosses(SourceId source, Unit unit) noexcept : source_(source), unit_(unit) {}

  std::optional<Loss> news(const SocketNews& news) noexcept {
    using What = SocketNews::What;
    drops_ += news.drops;
    Loss loss;
    loss.source = source_;
    loss.unit = unit_;
    loss.from = loss.to = news.at;
    if (news.what == What::truncated) {
      loss.count = 1;
      loss.cause = "truncated";
    } else if ((news.what == What::looked || news.what == What::emptied) && drops_ > 0) {
      loss.count = std::exchange(drops_, 0);
      loss.cause = "receive_buffer";
    } else {
      return std::nullopt;
    }
    return loss;
  }

 private:
  SourceId source_;
  Unit unit_;
  std::uint64_t drops_ = 0;  ///< not reported yet
};

}  // namespace netweir::netlink
