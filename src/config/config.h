// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "netweir/sink.h"
#include "netweir/source_kind.h"
#include "netweir/traffic.h"

namespace netweir::config {

struct Bindings {
  std::uint8_t learn = learn_arp | learn_nd;
  std::chrono::nanoseconds refresh_after = std::chrono::seconds{600};
  std::chrono::nanoseconds expire_after = std::chrono::hours{24};
  std::size_t max = 65536;

  std::uint32_t flap_moves = 5;  ///< 0 = no damping
  std::chrono::nanoseconds flap_window = std::chrono::seconds{180};
  std::uint32_t rate = 100, burst = 5000;  ///< of events; rate 0 = no limit
  std::uint32_t proxy = 256;               ///< addresses of a MAC; 0 = any number
  std::uint32_t arp_flood = 1000;          ///< packets a second of a port; 0 = any number
  std::vector<IpPrefix> on_link;
  bool on_link_interfaces = false;  ///< `interface` in on_link
  std::vector<Ip> virtual_ips;

  friend bool operator==(const Bindings&, const Bindings&) = default;
};

/// The table behind `station` events.
struct Stations {
  std::size_t max = 65536;
  std::chrono::nanoseconds max_age = std::chrono::seconds{300};
  std::uint32_t rate = 100, burst = 5000;  ///< of NEW and MOVED; rate 0 = no limit

  friend bool operator==(const Stations&, const Stations&) = default;
};

/// One total of packets and octets by key, for each of its sources.
struct Traffic {
  std::string name;  ///< unique; appears in every event
  std::chrono::nanoseconds interval = std::chrono::seconds{60};
  std::size_t top = 100;  ///< lines at most, besides that of the rest
  TotalsSettings totals{.key = bit(Dimension::src_ip) | bit(Dimension::dest_ip) |
                               bit(Dimension::proto)};  ///< hash_seed is left to the caller
  std::vector<std::string> sources{};                   ///< their names; empty = all

  friend bool operator==(const Traffic&, const Traffic&) = default;
};

/// For how many keys a table of this total, of one source, takes memory: one with latencies takes
/// that of five.
std::size_t room(const Traffic& traffic) noexcept;
/// What the tables of all totals and sources may take together: some 6 GB where all of it is used.
inline constexpr std::size_t most_traffic_keys = std::size_t{1} << 25U;

struct Config {
  std::string host = "auto";
  std::vector<SourceConfig> sources;
  std::chrono::nanoseconds stats = std::chrono::seconds{60};  ///< between two `stats` events
  std::uint64_t receive_buffers = std::uint64_t{64} << 20U;   ///< how far all together may grow
  Bindings bindings;
  bool has_bindings = false;  ///< the file says something of `bindings`
  Stations stations;
  bool has_stations = false;
  std::vector<Traffic> traffic;     ///< after load() not empty where an output asks for it
  std::vector<SinkConfig> outputs;  ///< never empty after load(): one json to standard output
};

/// One error of a file. Lines and columns from 1; 0 = the whole file.
struct Problem {
  std::size_t line = 0, column = 0;
  std::string text;
};

/// The kinds that a configuration may name.
struct Kinds {
  std::span<const SourceKind* const> sources;
  std::span<const SinkKind* const> sinks;
};

struct Loaded {
  Config config;
  std::vector<Problem> problems;  ///< in file order; empty = the configuration holds
  bool ok() const noexcept { return problems.empty(); }
};

/// What load() asks of a configuration: `run` needs sources, `replay -c` takes none of them.
enum class Purpose : std::uint8_t { run, replay };

/// Reads one YAML document. Pure: opens nothing, asks no clock. Reports every error it can.
Loaded load(std::string_view yaml, const Kinds& kinds, Purpose purpose = Purpose::run);

/// Where an output names `traffic` and there is no total: one, `talkers`, of the defaults.
void traffic_by_default(std::span<const SinkConfig> outputs, std::vector<Traffic>& traffic);

/// "FILE:LINE:COLUMN: error: TEXT", the line itself and a caret; one line of text each, ready to
/// print.
std::string describe(const Problem& problem, std::string_view file, std::string_view yaml);

/// The configuration with every default written out, as YAML that load() takes again.
std::string effective(const Config& config);
/// One source of it: an item of the list `sources`. And back.
std::string effective(const SourceConfig& source);
Result<SourceConfig> source_of(std::string_view item, const Kinds& kinds);

/// A source in quick-start form: nflog:5, pcap:eth0, pcap:capture.pcap. `name` becomes its name.
Result<SourceConfig> quick_source(std::string_view text, std::string_view name, const Kinds& kinds);

/// An output in quick-start form: the named kind, with these keys, each as a user would write it.
struct Setting {
  std::string_view key, value;
};
Result<SinkConfig> quick_output(std::string_view kind, std::span<const Setting> settings,
                                const Kinds& kinds);

}  // namespace netweir::config
