// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/config.h"
#include "run/pipeline.h"

namespace netweir::app {

/// What the command line said; one struct for all verbs, each reads its own.
struct Arguments {
  std::string config;                   ///< -c; empty = not given
  std::vector<std::string> positional;  ///< SOURCE... or FILE...
  std::string format;                   ///< empty = not given
  std::string events;                   ///< words with commas; empty = not given
  std::string log_level = "info";
  std::string write;  ///< -w, of `record`
  std::string rotate_size = "64MiB", rotate_time = "1h", files = "16";
  bool json = false;
  bool effective = false;
  std::string interval = "1s";  ///< of `top`
};

/// Of `probe`.
struct ProbeArguments {
  std::string interface;
  std::string to;  ///< MAC; empty = everybody
  std::uint64_t count = 0;
  std::int64_t rate = 10, size = 64;
  std::string timeout = "1s";
  bool reflect = false, synchronised = false, json = false;
};

int run(const Arguments& arguments);
int record(const Arguments& arguments);
int replay(const Arguments& arguments);
int top(const Arguments& arguments);
int check(const Arguments& arguments);
int sources(const Arguments& arguments);
int probe(const ProbeArguments& arguments);
int version();

inline constexpr const char* default_config = "/etc/netweir/netweir.yaml";

/// The kinds of this build.
config::Kinds kinds();

/// Reads and checks a configuration file. Nothing: it said why on standard error, and `code` is
/// set.
std::optional<config::Config> load(const std::string& path, config::Purpose purpose, int& code);

/// One JSON output to standard output as --format and --events say. Nothing: said why.
std::optional<SinkConfig> quick_output(const Arguments& arguments, int& code);

/// The sources of the command line and one output to standard output. Nothing: said why.
std::optional<config::Config> quick_config(const Arguments& arguments, int& code);

/// Who we are: the version, a random instance, the system's host name where `host` is auto, and a
/// random seed for the tables.
run::Identity identity(const std::string& host);
std::string host_name(const std::string& configured);

}  // namespace netweir::app
