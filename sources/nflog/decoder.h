// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "netweir/link.h"
#include "netweir/source.h"
#include "nflog/losses.h"

namespace netweir::nflog {

/// Messages of nfnetlink_log to frames, in batches; shows what the sequence numbers say is
/// missing. The same for live sockets and recordings. Allocates only for a group it has not seen.
class Decoder final : public MessageDecoder {
 public:
  Decoder(SourceId source, Links& links, Losses losses);

  /// Of a recording, whose source had `groups` groups; 0 = not known.
  static std::unique_ptr<Decoder> of_recording(SourceId source, Links& links, std::size_t groups);

  void message(const NetlinkMessage& message, Intake& intake) override;
  void news(const SocketNews& news, Intake& intake) override;
  void flush(Intake& intake) override;

  Losses& losses() noexcept { return losses_; }
  /// From now on each packet stands for as many; what is missing between was shed.
  void kept_one_in(std::uint32_t n) noexcept {
    one_in_ = n;
    losses_.sheds(n > 1);
  }
  /// Packets so far, decoded or rejected.
  std::uint64_t packets() const noexcept { return packets_; }

 private:
  static constexpr std::size_t batch = 256;
  Losses::Group& group(std::uint32_t number);
  void begin(Losses::Start start);

  SourceId source_;
  Links& links_;
  Losses losses_;
  std::unordered_map<std::uint32_t, Losses::Group> groups_;
  std::uint32_t recent_number_ = 0;
  Losses::Group* recent_ = nullptr;
  std::uint64_t packets_ = 0;
  std::uint32_t one_in_ = 1;
  std::size_t recorded_groups_ = 0;
  std::uint32_t recorded_drops_ = 0;  ///< what the drop counter of the recorded socket said
  std::size_t count_ = 0;
  std::array<Frame, batch> frames_{};
  std::array<NflogExtra, batch> extras_{};
};

}  // namespace netweir::nflog
