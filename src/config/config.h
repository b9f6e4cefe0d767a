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

namespace netweir::config {

struct Bindings {
  std::uint8_t learn = learn_arp | learn_nd;
  std::chrono::nanoseconds refresh_after = std::chrono::seconds{600};
  std::chrono::nanoseconds expire_after = std::chrono::hours{24};
  std::size_t max = 65536;

  friend bool operator==(const Bindings&, const Bindings&) = default;
};

struct Config {
  std::string host = "auto";
  std::vector<SourceConfig> sources;
  Bindings bindings;
  bool has_bindings = false;        ///< the file says something of `bindings`
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
