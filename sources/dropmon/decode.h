// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "netweir/bytes.h"
#include "netweir/frame.h"
#include "wire/link_layer.h"

namespace netweir::dropmon {

/// The commands of linux/net_dropmon.h that the kernel sends.
enum class Command : std::uint8_t {
  alert = 1,         ///< of alert mode `summary`: counts, no packet
  packet_alert = 5,  ///< one dropped packet
  config = 7,        ///< the answer to CONFIG_GET
  stats = 9          ///< the answer to STATS_GET
};

/// What a message is; nothing where it is too short or of another command. Pure.
std::optional<Command> command_of(Bytes message) noexcept;

/// One dropped packet: every attribute of NET_DM_CMD_PACKET_ALERT, in host order. A view: `data`
/// and the texts of `extra` point into the message.
struct Alert {
  enum Has : std::uint8_t { has_original_size = 1, has_timestamp = 2, has_protocol = 4 };
  std::uint8_t has = 0;             ///< which of the following the kernel gave
  std::uint16_t protocol = 0;       ///< EtherType, or ETH_P_* below 1536
  std::uint32_t original_size = 0;  ///< octets of the packet before it was cut
  std::uint64_t timestamp_ns = 0;   ///< of the drop, CLOCK_REALTIME
  Bytes data{};                     ///< from the link header on; empty where nothing was kept
  DropExtra extra{};
};

/// Reads what follows the nlmsghdr of one message. False where it is no packet alert, a known
/// attribute has a wrong length, the attributes do not add up or the origin is missing; unknown
/// attributes are skipped. `alert` is overwritten. Pure; no allocation; reads nothing outside
/// `message`.
bool decode(Bytes message, Alert& alert) noexcept;

/// Link type, octets to leave out and EtherType of what `data` begins with. Pure.
wire::LinkLayer link_layer(const Alert& alert) noexcept;

/// Packets that the monitor's own queues did not take, since its module was loaded.
struct Stats {
  std::uint64_t software = 0, hardware = 0;
};
/// Nothing where it is no such answer, or malformed. Pure.
std::optional<Stats> read_stats(Bytes message) noexcept;

/// How the monitor is set, for everybody.
struct Config {
  std::uint8_t alert_mode = 0;     ///< enum net_dm_alert_mode
  std::uint32_t truncation = 0;    ///< octets kept of each packet; 0 = all
  std::uint32_t queue_length = 0;  ///< packets, for each CPU and origin
};
/// Nothing where it is no such answer, or malformed. Pure.
std::optional<Config> read_config(Bytes message) noexcept;

}  // namespace netweir::dropmon
