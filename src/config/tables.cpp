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

constexpr std::array damping{Option{.key = "moves",
                                    .type = OptionType::integer,
                                    .standard = "5",
                                    .min = 2,
                                    .max = 1000,
                                    .help = "moves that make a flap"},
                             Option{.key = "window",
                                    .type = OptionType::duration,
                                    .standard = "180s",
                                    .min = second,
                                    .max = std::int64_t{24} * 3600 * second,
                                    .help = "within this time"}};

constexpr std::array limit{Option{.key = "rate",
                                  .type = OptionType::integer,
                                  .standard = "100",
                                  .min = 1,
                                  .max = 1'000'000,
                                  .help = "events a second"},
                           Option{.key = "burst",
                                  .type = OptionType::integer,
                                  .standard = "5000",
                                  .min = 1,
                                  .max = 100'000'000,
                                  .help = "events at once"}};

constexpr Option max_of(std::string_view help) {
  return {.key = "max",
          .type = OptionType::integer,
          .standard = "65536",
          .min = 1,
          .max = 16'777'216,
          .help = help};
}

constexpr Option limit_of(std::string_view help) {
  return {.key = "limit",
          .type = OptionType::group,
          .standard = "{rate: 100, burst: 5000}",
          .choices = "off",
          .fields = limit,
          .help = help};
}

constexpr std::array bindings{
    Option{.key = "learn",
           .type = OptionType::choices,
           .standard = "[arp, nd]",
           .choices = "arp nd ip dhcp",
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
    max_of("bindings kept; one more makes another go, fairly"),
    Option{.key = "damping",
           .type = OptionType::group,
           .standard = "{moves: 5, window: 180s}",
           .choices = "off",
           .fields = damping,
           .help =
               "so many moves of an address within the window are one alert; then its moves are "
               "silent until there was none for as long"},
    limit_of("events of one action (NEW, MOVED, REFRESHED) a second for each VLAN of an "
             "interface, after `burst` at once; what is over it is told later"),
    Option{.key = "on_link",
           .type = OptionType::texts,
           .help = "networks of the hosts here, such as 192.0.2.0/24; `interface` stands for those "
                   "of the receiving interface's own addresses: another address is a bogon"},
    Option{.key = "virtual_ips",
           .type = OptionType::texts,
           .help = "addresses that hosts take over from each other: their moves are no duplicate"},
    Option{.key = "proxy",
           .type = OptionType::integer,
           .standard = "256",
           .min = 0,
           .max = 1'000'000,
           .help = "addresses of one MAC before there is an alert; 0 = any number"},
    Option{.key = "arp_flood",
           .type = OptionType::integer,
           .standard = "1000",
           .min = 0,
           .max = 1'000'000'000,
           .help = "ARP and ND packets a second of one interface before there is an alert; 0 = any "
                   "number"},
};

constexpr std::array stations{
    max_of("stations kept; one more makes another go, fairly"),
    Option{.key = "max_age",
           .type = OptionType::duration,
           .standard = "300s",
           .min = second,
           .max = ten_years,
           .help = "EXPIRED when no frame of a station came for this long"},
    limit_of("NEW and MOVED a second of an interface, after `burst` at once; a station over it is "
             "told by a later frame"),
};

constexpr std::array traffic_table{
    Option{.key = "name", .help = "needed: unique among the totals; stands in every event"},
    Option{.key = "key",
           .type = OptionType::choices,
           .standard = "[src_ip, dest_ip, proto]",
           .choices = "in_iface out_iface vlan src_ip dest_ip proto src_port dest_port dscp ecn "
                      "length tcp_flags flow_label group queue prefix mark",
           .help = "what packets are told apart by, besides their source"},
    Option{.key = "interval",
           .type = OptionType::duration,
           .standard = "60s",
           .min = second,
           .max = std::int64_t{24} * 3600 * second,
           .help = "how long is totalled; it begins at multiples of this"},
    Option{.key = "top",
           .type = OptionType::integer,
           .standard = "100",
           .min = 1,
           .max = 65536,
           .help = "events of each interval and source at most; what is not in them is one more"},
    Option{.key = "by",
           .type = OptionType::choice,
           .standard = "bytes",
           .choices = "bytes packets",
           .help = "which keys are the largest"},
    Option{.key = "max",
           .type = OptionType::integer,
           .standard = "65536",
           .min = 16,
           .max = 16'777'216,
           .help = "keys kept of each source; more cost precision, not memory"},
    Option{.key = "prefix_v4",
           .type = OptionType::integer,
           .standard = "32",
           .min = 0,
           .max = 32,
           .help = "bits of an IPv4 address that count"},
    Option{.key = "prefix_v6",
           .type = OptionType::integer,
           .standard = "128",
           .min = 0,
           .max = 128,
           .help = "bits of an IPv6 address that count"},
    Option{.key = "latency",
           .type = OptionType::boolean,
           .standard = "false",
           .help = "mean and percentiles of psample's latency; some 700 octets a key"},
    Option{.key = "sources",
           .type = OptionType::texts,
           .help = "names of the sources that are totalled; without it all"},
};

constexpr std::array sink_options{
    Option{.key = "events",
           .type = OptionType::choices,
           .standard = "[binding, flow, loss, source, alert]",
           .choices = "binding station packet flow nat traffic loss source alert stats",
           .help = "types of events to write; hello and goodbye are always written"},
};

}  // namespace

std::span<const Option> binding_options() { return bindings; }
std::span<const Option> station_options() { return stations; }
std::span<const Option> traffic_options() { return traffic_table; }
std::span<const Option> common_sink_options() { return sink_options; }

const std::vector<std::string_view>& later_sinks() {
  static const std::vector<std::string_view> types{"sqlite", "metrics", "web",  "sflow",
                                                   "ipfix",  "nats",    "kafka"};
  return types;
}

}  // namespace config
}  // namespace netweir
