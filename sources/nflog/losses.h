// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "netlink/causes.h"
#include "netweir/source.h"

namespace netweir::nflog {

using netlink::cause_receive_buffer;
inline constexpr std::string_view cause_sequence_gap = "sequence_gap";

/// Counts what was lost, from two witnesses. Sequence numbers (of each group) say exactly how many
/// packets are missing, but only with the next packet. The socket's drop counter says at once that
/// datagrams were dropped, but not how many packets they held: at least one each.
///
/// Dropped datagrams that no gap has explained yet are reported as that many packets, not exact;
/// a later gap is reported less what was reported so. The sum is exact again once every group has
/// had a packet that was queued after the drops: one that was received after the queue had been
/// read to its end after the drop counter had been read. Pure but for the counter it is given.
class Losses {
 public:
  /// What is known of one group.
  struct Group {
    std::uint32_t last = 0;
    bool seen = false;
    std::uint32_t heard = 0;     ///< the epoch in which it last had a packet
    std::uint32_t rejected = 0;  ///< messages that were not decoded: theirs is no loss
  };
  enum class Start : std::uint8_t {
    live,      ///< a group's numbers begin at 0: a first one of n means n lost
    recording  ///< a first number is where the recording began
  };

  /// `groups` are bound to one socket, whose drops `counter` reads; none in a recording.
  Losses(SourceId source, Start start, std::size_t groups = 0,
         std::function<std::uint32_t()> counter = {});

  /// Whether a packet with this number needs packet(): false in the steady state.
  bool concerns(const Group& group, std::uint32_t seq) const noexcept {
    return unsure_ || !group.seen || seq != group.last + 1;
  }

  /// A numbered packet. The loss that it shows, if any; it came before this packet.
  std::optional<Loss> packet(Group& group, std::uint32_t seq, WallTime at);

  /// The queue was read to its end. `again`: drops were found, so that reading once more to the
  /// end brings exactness nearer.
  struct Drained {
    std::optional<Loss> loss{};
    bool again = false;
    bool changed = false;  ///< what is known is not what it was before: worth recording
  };
  Drained drained(WallTime at);

  /// The queue still holds something; reports what the drop counter says so far.
  Drained check(WallTime at);

  /// Whether what the counter counts was shed, by ourselves.
  void sheds(bool does) noexcept {
    cause_ = does ? netlink::cause_shed : netlink::cause_receive_buffer;
  }

 private:
  bool read_counter();
  std::uint32_t gap(Group& group, std::uint32_t seq) const;
  std::optional<Loss> declare(WallTime at);
  Loss report(std::uint64_t count, std::string_view cause, WallTime at);

  SourceId source_;
  Start start_;
  std::size_t groups_;
  std::function<std::uint32_t()> counter_;
  std::string_view cause_ = netlink::cause_receive_buffer;  ///< of what the counter counts
  std::uint32_t reading_ = 0;                               ///< of the counter
  std::uint64_t undeclared_ = 0;  ///< dropped datagrams, neither reported nor explained
  std::uint64_t declared_ = 0;    ///< dropped datagrams, reported as one packet each
  bool unsure_ = false;           ///< packets may be missing that no gap has shown
  bool armed_ = false;            ///< a packet that comes now was queued after the drops
  std::uint32_t epoch_ = 0;       ///< counts the times that it was armed
  std::size_t remaining_ = 0;     ///< groups not heard of since
  bool said_exact_ = true;
  WallTime since_{};  ///< of the last loss or packet concerned
};

}  // namespace netweir::nflog
