// SPDX-License-Identifier: GPL-2.0-or-later
#include "dropmon/decode.h"

#include <linux/net_dropmon.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "netlink/attributes.h"
#include "netlink/generic.h"

namespace netweir::dropmon {
namespace {

using netlink::Attributes;
using netlink::generic_header;

constexpr std::size_t text_at_most = 63;

/// The length of each attribute, by type; anything for those not listed.
constexpr std::uint8_t any_length = 0xff;
constexpr auto lengths = [] {
  std::array<std::uint8_t, NET_DM_ATTR_MAX + 1> t{};
  for (auto& length : t) length = any_length;
  t[NET_DM_ATTR_ALERT_MODE] = 1;
  t[NET_DM_ATTR_PC] = 8;
  t[NET_DM_ATTR_TIMESTAMP] = 8;
  t[NET_DM_ATTR_PROTO] = 2;
  t[NET_DM_ATTR_TRUNC_LEN] = 4;
  t[NET_DM_ATTR_ORIG_LEN] = 4;
  t[NET_DM_ATTR_QUEUE_LEN] = 4;
  t[NET_DM_ATTR_ORIGIN] = 2;
  return t;
}();

bool has_its_length(const Attributes& a) noexcept {
  return a.type() >= lengths.size() || lengths[a.type()] == any_length ||
         lengths[a.type()] == a.data().size();
}

template <class T>
T host(Bytes octets) noexcept {
  T value{};
  std::memcpy(&value, octets.data(), sizeof value);
  return value;
}

std::string_view text(Bytes octets) noexcept {
  const auto most = octets.first(std::min(octets.size(), text_at_most));
  const auto end = std::find(most.begin(), most.end(), 0);
  return {reinterpret_cast<const char*>(most.data()), static_cast<std::size_t>(end - most.begin())};
}

/// NET_DM_ATTR_IN_PORT, a nest. False where it is malformed.
bool read_port(Bytes octets, DropExtra& extra) noexcept {
  Attributes a(octets);
  while (a.next()) {
    if (a.type() == NET_DM_ATTR_PORT_NETDEV_IFINDEX)
      extra.ifindex = a.scalar<std::uint32_t>().value_or(0);
    if (a.type() == NET_DM_ATTR_PORT_NETDEV_NAME) extra.port = text(a.data());
  }
  return a.ok();
}

DropExtra::Origin origin(std::uint16_t number) noexcept {
  if (number == NET_DM_ORIGIN_SW) return DropExtra::Origin::software;
  if (number == NET_DM_ORIGIN_HW) return DropExtra::Origin::hardware;
  return DropExtra::Origin::unknown;
}

/// NET_DM_ATTR_STATS or _HW_STATS, a nest. False where it is malformed.
bool read_dropped(Bytes octets, std::uint64_t& dropped) noexcept {
  Attributes a(octets);
  while (a.next()) {
    if (a.type() == NET_DM_ATTR_STATS_DROPPED) dropped = a.scalar<std::uint64_t>().value_or(0);
  }
  return a.ok();
}

bool is(Bytes message, Command command) noexcept {
  return message.size() >= generic_header && message[0] == static_cast<std::uint8_t>(command);
}

}  // namespace

std::optional<Command> command_of(Bytes message) noexcept {
  for (const auto command :
       {Command::packet_alert, Command::stats, Command::alert, Command::config}) {
    if (is(message, command)) return command;
  }
  return std::nullopt;
}

bool decode(Bytes message, Alert& alert) noexcept {
  alert = {};
  if (!is(message, Command::packet_alert)) return false;
  bool has_origin = false;
  Attributes a(message.subspan(generic_header));
  while (a.next()) {
    if (!has_its_length(a)) return false;
    const auto value = a.data();
    switch (a.type()) {
      case NET_DM_ATTR_ORIGIN:
        has_origin = true;
        alert.extra.origin = origin(host<std::uint16_t>(value));
        break;
      case NET_DM_ATTR_PC:
        alert.extra.pc = host<std::uint64_t>(value);
        break;
      case NET_DM_ATTR_SYMBOL:
        alert.extra.symbol = text(value);
        break;
      case NET_DM_ATTR_REASON:
        alert.extra.reason = text(value);
        break;
      case NET_DM_ATTR_IN_PORT:
        if (!read_port(value, alert.extra)) return false;
        break;
      case NET_DM_ATTR_TIMESTAMP:
        alert.has |= Alert::has_timestamp;
        alert.timestamp_ns = host<std::uint64_t>(value);
        break;
      case NET_DM_ATTR_PROTO:
        alert.has |= Alert::has_protocol;
        alert.protocol = host<std::uint16_t>(value);
        break;
      case NET_DM_ATTR_PAYLOAD:
        alert.data = value;
        break;
      case NET_DM_ATTR_ORIG_LEN:
        alert.has |= Alert::has_original_size;
        alert.original_size = host<std::uint32_t>(value);
        break;
      case NET_DM_ATTR_HW_TRAP_GROUP_NAME:
        alert.extra.trap_group = text(value);
        break;
      case NET_DM_ATTR_HW_TRAP_NAME:
        alert.extra.trap = text(value);
        break;
      case NET_DM_ATTR_FLOW_ACTION_COOKIE:
        alert.extra.cookie = value;
        break;
      default:
        break;
    }
  }
  return a.ok() && has_origin;
}

wire::LinkLayer link_layer(const Alert& alert) noexcept {
  if ((alert.has & Alert::has_protocol) == 0) return {};
  const auto size = (alert.has & Alert::has_original_size) != 0
                        ? alert.original_size
                        : static_cast<std::uint32_t>(alert.data.size());
  return wire::link_layer(alert.data, alert.protocol, size);
}

std::optional<Stats> read_stats(Bytes message) noexcept {
  if (!is(message, Command::stats)) return std::nullopt;
  Stats stats;
  bool has = false;
  Attributes a(message.subspan(generic_header));
  while (a.next()) {
    if (a.type() != NET_DM_ATTR_STATS && a.type() != NET_DM_ATTR_HW_STATS) continue;
    has = true;
    if (!read_dropped(a.data(), a.type() == NET_DM_ATTR_STATS ? stats.software : stats.hardware))
      return std::nullopt;
  }
  if (!a.ok() || !has) return std::nullopt;
  return stats;
}

std::optional<Config> read_config(Bytes message) noexcept {
  if (!is(message, Command::config)) return std::nullopt;
  Config config;
  bool has_mode = false;
  Attributes a(message.subspan(generic_header));
  while (a.next()) {
    if (!has_its_length(a)) return std::nullopt;
    if (a.type() == NET_DM_ATTR_ALERT_MODE) {
      has_mode = true;
      config.alert_mode = a.data()[0];
    }
    if (a.type() == NET_DM_ATTR_TRUNC_LEN) config.truncation = host<std::uint32_t>(a.data());
    if (a.type() == NET_DM_ATTR_QUEUE_LEN) config.queue_length = host<std::uint32_t>(a.data());
  }
  if (!a.ok() || !has_mode) return std::nullopt;
  return config;
}

}  // namespace netweir::dropmon
