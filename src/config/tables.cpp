// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/tables.h"

#include <array>
#include <cstdint>

#include "netweir/source_kind.h"

namespace netweir {

namespace {

constexpr std::int64_t mebibyte = std::int64_t{1} << 20;
constexpr std::int64_t second = 1'000'000'000;

// 2304 is the kernel's SOCK_MIN_RCVBUF; it keeps twice the value in an int (sock_setsockopt).
constexpr std::int64_t least_buffer = 2304;
constexpr std::int64_t greatest_buffer = 1023 * mebibyte;

constexpr std::array source_options{
    Option{.key = "domain",
           .type = OptionType::text,
           .standard = "default",
           .help = "the L2 segment or VRF that the addresses belong to"},
    Option{.key = "netns",
           .type = OptionType::text,
           .help = "network namespace to receive in: a name of `ip netns`, or a path"},
    Option{.key = "receive_buffer",
           .type = OptionType::size,
           .standard = "8MiB",
           .min = least_buffer,
           .max = greatest_buffer,
           .help = "receive buffer of the socket, as passed to setsockopt"},
    Option{.key = "receive_buffer_max",
           .type = OptionType::size,
           .standard = "32MiB",
           .min = least_buffer,
           .max = greatest_buffer,
           .help = "how far the receive buffer may grow after loss"},
    Option{.key = "interface_vlan",
           .type = OptionType::map,
           .min = 1,
           .max = 4094,
           .help = "VLAN of the frames that arrive untagged at an interface"},
    Option{.key = "fallback",
           .type = OptionType::source,
           .help = "a source of another type, used while this one cannot run"},
};

}  // namespace

std::span<const Option> common_source_options() { return source_options; }

namespace config {

namespace {

constexpr std::int64_t ten_years = std::int64_t{3650} * 24 * 3600 * second;

constexpr std::array bindings{
    Option{.key = "learn",
           .type = OptionType::choices,
           .standard = "[arp, nd]",
           .choices = "arp nd",
           .later = "ip dhcp",
           .help = "which packets are evidence of a binding"},
    Option{.key = "refresh_after",
           .type = OptionType::duration,
           .standard = "600s",
           .min = 0,
           .max = ten_years,
           .help = "REFRESHED at the earliest this long after the last event of the binding"},
    Option{.key = "expire_after",
           .type = OptionType::duration,
           .standard = "24h",
           .min = second,
           .max = ten_years,
           .help = "EXPIRED when a binding has not been seen for this long"},
    Option{.key = "max",
           .type = OptionType::integer,
           .standard = "65536",
           .min = 1,
           .max = 16'777'216,
           .help = "bindings kept; one more makes the longest unseen one go"},
    Option{.key = "damping",
           .type = OptionType::choice,
           .standard = "off",
           .choices = "off",
           .help = "fewer events for a binding that keeps moving"},
};

constexpr std::array sink_options{
    Option{.key = "events",
           .type = OptionType::choices,
           .standard = "[binding, flow, loss, source, alert]",
           .choices = "binding packet flow nat loss source alert",
           .later = "traffic stats",
           .help = "types of events to write; hello and goodbye are always written"},
};

}  // namespace

std::span<const Option> binding_options() { return bindings; }
std::span<const Option> common_sink_options() { return sink_options; }

const std::vector<std::string_view>& later_sources() {
  static const std::vector<std::string_view> types{"af_packet", "tc_bpf", "dropmon", "tap"};
  return types;
}

const std::vector<std::string_view>& later_sinks() {
  static const std::vector<std::string_view> types{"sqlite", "metrics", "web",  "sflow",
                                                   "ipfix",  "nats",    "kafka"};
  return types;
}

}  // namespace config
}  // namespace netweir
