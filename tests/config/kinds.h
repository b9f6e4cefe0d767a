// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "config/config.h"

namespace netweir::test {

// Kinds of the test's own, with every type of option.

inline constexpr std::array wire_options{
    Option{.key = "interface"},
    Option{.key = "file"},
    Option{.key = "filter"},
    Option{
        .key = "snaplen", .type = OptionType::integer, .standard = "256", .min = 1, .max = 262144},
    Option{.key = "promiscuous", .type = OptionType::boolean, .standard = "false"},
};
inline constexpr std::array log_options{
    Option{.key = "group", .type = OptionType::integer, .min = 0, .max = 65535},
    Option{.key = "groups", .type = OptionType::integers, .min = 0, .max = 65535},
    Option{.key = "copy_range",
           .type = OptionType::integer,
           .standard = "256",
           .min = 1,
           .max = 65535},
    Option{.key = "batch_size",
           .type = OptionType::size,
           .standard = "64KiB",
           .min = 4096,
           .max = 131072},
    Option{.key = "queue_timeout",
           .type = OptionType::duration,
           .standard = "50ms",
           .min = 10'000'000,
           .max = 10'000'000'000},
    Option{.key = "fast_path", .refused = true},
    Option{.key = "slow_path", .refused = true, .help = "has no effect here"},
};
inline constexpr std::array sample_options{
    Option{.key = "groups", .type = OptionType::integers, .min = 0, .max = 0xffffffff},
    Option{
        .key = "group_vlan", .type = OptionType::map, .min = 1, .max = 4094, .key_max = 0xffffffff},
    Option{.key = "group_direction",
           .type = OptionType::map,
           .choices = "ingress egress",
           .key_max = 0xffffffff},
};
inline constexpr std::array flow_options{
    Option{.key = "events",
           .type = OptionType::choices,
           .standard = "[new, update, destroy]",
           .choices = "new update destroy"},
    Option{
        .key = "reconcile", .type = OptionType::duration, .standard = "5m", .min = 1'000'000'000},
    Option{
        .key = "resync_min", .type = OptionType::duration, .standard = "10s", .min = 100'000'000},
    Option{.key = "interim",
           .type = OptionType::duration,
           .standard = "5m",
           .min = 100'000'000,
           .choices = "off"},
    Option{.key = "max", .type = OptionType::integer, .standard = "1048576", .min = 1},
    Option{.key = "networks", .type = OptionType::texts},
    Option{.key = "reliable", .type = OptionType::boolean, .standard = "false"},
};
inline constexpr std::array drop_options{
    Option{.key = "origins",
           .type = OptionType::choices,
           .standard = "[software, hardware]",
           .choices = "software hardware"},
    Option{.key = "hide", .type = OptionType::texts},
    Option{.key = "limit", .type = OptionType::integer, .standard = "10000", .min = 1},
    Option{.key = "truncation", .type = OptionType::size, .standard = "256", .min = 1},
    Option{.key = "queue_length", .type = OptionType::integer, .standard = "1000", .min = 1},
    Option{.key = "single_netns", .type = OptionType::boolean, .standard = "false"},
};
inline constexpr std::array tap_options{
    Option{.key = "interface"},
    Option{.key = "up", .type = OptionType::boolean, .standard = "true"},
};
inline constexpr std::array ring_options{
    Option{.key = "interface"},
    Option{.key = "filter"},
    Option{.key = "snaplen", .type = OptionType::integer, .standard = "256"},
    Option{.key = "sample_rate", .type = OptionType::integer, .standard = "1"},
    Option{.key = "receive",
           .type = OptionType::choice,
           .standard = "ring",
           .choices = "ring recvmmsg"},
    Option{.key = "sockets", .type = OptionType::integer, .standard = "1"},
    Option{.key = "fanout", .type = OptionType::choice, .standard = "hash", .choices = "hash lb"},
    Option{.key = "outgoing", .type = OptionType::boolean, .standard = "true"},
    Option{.key = "promiscuous", .type = OptionType::boolean, .standard = "false"},
    Option{.key = "timestamps",
           .type = OptionType::choice,
           .standard = "software",
           .choices = "software hardware both"},
};
inline constexpr std::array tc_bpf_options{
    Option{.key = "interfaces", .type = OptionType::texts},
    Option{.key = "direction",
           .type = OptionType::choice,
           .standard = "ingress",
           .choices = "ingress egress both"},
    Option{.key = "sample_rate", .type = OptionType::integer, .standard = "1", .min = 1},
    Option{.key = "interface_sample_rate", .type = OptionType::map, .min = 1},
    Option{.key = "snaplen", .type = OptionType::integer, .standard = "256", .min = 64},
    Option{.key = "attach",
           .type = OptionType::choice,
           .standard = "auto",
           .choices = "auto tcx clsact"},
};
inline constexpr std::array lines_options{
    Option{.key = "path", .standard = "-"},
    Option{.key = "format",
           .type = OptionType::choice,
           .standard = "native",
           .choices = "native netmon",
           .later = "cbor"},
};

inline std::optional<OptionProblem> one_of(const Values& v, std::string_view a,
                                           std::string_view b) {
  if (v.has(a) == v.has(b)) {
    return OptionProblem{v.has(b) ? b : std::string_view{},
                         "give either `" + std::string(a) + "` or `" + std::string(b) + "`"};
  }
  return std::nullopt;
}

inline constexpr SourceKind wire_kind{
    .name = "pcap",
    .options = wire_options,
    .validate = [](const Values& v) { return one_of(v, "interface", "file"); },
    .quick_key = [](std::string_view argument) -> std::string_view {
      return argument.find('/') == std::string_view::npos ? "interface" : "file";
    }};
inline constexpr SourceKind log_kind{
    .name = "nflog",
    .options = log_options,
    .validate = [](const Values& v) { return one_of(v, "group", "groups"); },
    .quick_key = [](std::string_view) -> std::string_view { return "groups"; }};
inline constexpr SourceKind plain_kind{.name = "plain"};
inline constexpr SourceKind sample_kind{.name = "psample", .options = sample_options};
inline constexpr SourceKind flow_kind{
    .name = "conntrack", .unit = "events", .options = flow_options};
inline constexpr SourceKind drop_kind{.name = "dropmon", .options = drop_options};
inline constexpr SourceKind tap_kind{.name = "tap", .options = tap_options};
inline constexpr SourceKind ring_kind{.name = "af_packet", .options = ring_options};
inline constexpr SourceKind tc_bpf_kind{.name = "tc_bpf", .options = tc_bpf_options};
inline constexpr SourceKind absent_kind{.name = "ring", .absent = "built without libring"};
inline constexpr SinkKind lines_kind{.name = "json", .options = lines_options};
inline constexpr SinkKind absent_sink{.name = "bus", .absent = "built without libbus"};

inline config::Kinds fake_kinds() {
  static constexpr std::array<const SourceKind*, 10> sources{
      &ring_kind,  &flow_kind,   &drop_kind, &log_kind,    &wire_kind,
      &plain_kind, &sample_kind, &tap_kind,  &tc_bpf_kind, &absent_kind};
  static constexpr std::array<const SinkKind*, 2> sinks{&lines_kind, &absent_sink};
  return {sources, sinks};
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// "LINE:COLUMN TEXT", one a line.
inline std::string listed(const std::vector<config::Problem>& problems) {
  std::string out;
  for (const auto& p : problems) {
    out += std::to_string(p.line) + ":" + std::to_string(p.column) + " " + p.text + "\n";
  }
  return out;
}

inline bool same(const config::Config& a, const config::Config& b) {
  return a.host == b.host && a.sources == b.sources && a.bindings == b.bindings &&
         a.stations == b.stations && a.traffic == b.traffic && a.outputs == b.outputs;
}

}  // namespace netweir::test
