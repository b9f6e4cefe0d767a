// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "netlink/recorded_losses.h"
#include "netweir/link.h"
#include "netweir/option.h"
#include "netweir/psample.h"
#include "netweir/source.h"
#include "psample/decode.h"
#include "psample/sequence.h"

namespace netweir::psample {

/// What the configuration says of groups.
struct GroupSettings {
  std::vector<std::uint32_t> wanted;  ///< sorted; empty = all
  struct One {
    std::uint16_t vid = 0;  ///< of the tag that was taken off before the sample; 0 = none
    Direction direction = Direction::unknown;
  };
  std::unordered_map<std::uint32_t, One> of;

  static GroupSettings from(const Values& values);
  bool wants(std::uint32_t group) const noexcept;
};

/// Messages of the psample family to frames, in batches. The same for live sockets and recordings.
/// Allocates only for a group it has not seen; remembers at most `groups_at_most`.
class Decoder final : public MessageDecoder {
 public:
  static constexpr std::size_t groups_at_most = 4096;

  Decoder(SourceId source, Links& links, GroupSettings settings);

  /// Any message of the family, whatever its number is now.
  void message(const NetlinkMessage& message, Intake& intake) override;
  /// Loss as the live source reports it: when it looks at the counter, a datagram a packet.
  void news(const SocketNews& news, Intake& intake) override;
  void flush(Intake& intake) override;

  /// Told of groups that come and go.
  using Changed = std::function<void(Command, const Group&)>;
  void on_group(Changed changed) { changed_ = std::move(changed); }

  /// From now on each sample stands for as many.
  void kept_one_in(std::uint32_t n) noexcept { one_in_ = n; }

  /// Samples so far, decoded, filtered or rejected.
  std::uint64_t samples() const noexcept { return samples_; }
  /// What sequence numbers say is missing now, over all groups.
  std::uint64_t missing() const noexcept { return gaps_ > late_ ? gaps_ - late_ : 0; }

 private:
  static constexpr std::size_t batch = 64;  ///< as many as the source reads at once
  struct Known {
    Sequence sequence;
    GroupSettings::One settings;
    bool wanted = false;
  };
  Known* known(std::uint32_t group);
  void frame_of(const Sample& sample, const Known* group, WallTime at, Frame& frame);

  SourceId source_;
  Links& links_;
  GroupSettings settings_;
  Changed changed_;
  std::unordered_map<std::uint32_t, Known> groups_;
  std::uint32_t recent_number_ = 0;
  Known* recent_ = nullptr;
  std::uint32_t one_in_ = 1;
  std::uint64_t samples_ = 0, gaps_ = 0, late_ = 0;
  netlink::RecordedLosses recorded_;
  Counts counts_{};  ///< not yet pushed
  std::size_t count_ = 0;
  std::array<Frame, batch> frames_{};
  std::array<Sample, batch> samples_of_{};
};

}  // namespace netweir::psample
