// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "netweir/bytes.h"
#include "netweir/time.h"

namespace netweir::probe {

/// Local Experimental EtherType 1 (IEEE Std 802, table on local and experimental use).
inline constexpr std::uint16_t ether_type = 0x88b5;

/// When a frame passed, by the system's clock and by the device's. Zero = not known.
struct Stamps {
  WallTime software{}, hardware{};
  friend bool operator==(const Stamps&, const Stamps&) = default;
};

/// One octet of the message.
enum class Kind : std::uint8_t {
  probe = 1,
  reply = 2,  ///< to a probe, as long as it; says when that came
  times = 3   ///< when replies left
};

/// What the two ends say to each other, behind an Ethernet header. Numbers in network order: magic
/// "NWPR", version 1, kind, how many times (16 bits), session (64), sequence (32); of a reply, when
/// its probe came; of times, each a sequence and when its reply left. Times are nanoseconds (64)
/// since 1970 by the system's clock, and by the device's.
struct Message {
  struct Left {
    std::uint32_t sequence = 0;
    Stamps at{};
  };
  static constexpr std::size_t most_times = 60;

  Kind kind = Kind::probe;
  std::uint64_t session = 0;  ///< chosen at random by who probes
  std::uint32_t sequence = 0;
  Stamps came{};
  std::uint16_t count = 0;
  std::array<Left, most_times> left{};
};

/// The octets of the longest header, and of a message with all times.
inline constexpr std::size_t head_octets = 20, reply_octets = head_octets + 16,
                             most_octets = head_octets + Message::most_times * 20;

/// Writes it; returns how many octets, 0 where `out` is too small. REQUIRES: count <= most_times.
std::size_t encode(const Message& message, std::span<std::uint8_t> out) noexcept;
/// Nothing where it is none of ours, or says less than it promises. What follows is not looked at.
std::optional<Message> decode(Bytes octets) noexcept;

}  // namespace netweir::probe
