// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "conntrack/filter.h"
#include "netlink/recorded_losses.h"
#include "netweir/source.h"

namespace netweir::conntrack {

/// Messages of ctnetlink to flows, in batches. The same for live sockets and recordings. Never
/// allocates.
class Decoder final : public MessageDecoder {
 public:
  Decoder(SourceId source, Filter filter);

  /// An event, or with NLM_F_MULTI an entry of a listing.
  void message(const NetlinkMessage& message, Intake& intake) override;
  /// Loss as the live source reports it: when it looks at the counter, a datagram an event.
  void news(const SocketNews& news, Intake& intake) override;
  void flush(Intake& intake) override;

  /// Entries of listings that could not be decoded, so far: what they stand for is not known.
  std::uint64_t broken_entries() const noexcept { return broken_; }

 private:
  static constexpr std::size_t batch = 64;

  SourceId source_;
  Filter filter_;
  std::uint64_t broken_ = 0;
  netlink::RecordedLosses recorded_;
  Counts counts_{};  ///< not yet pushed
  std::size_t count_ = 0;
  std::array<FlowRecord, batch> records_{};
};

}  // namespace netweir::conntrack
