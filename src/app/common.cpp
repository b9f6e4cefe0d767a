// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "app/exit_code.h"
#include "app/verbs.h"

namespace netweir::app {
namespace {

/// More than the loader takes, so that it is the loader who refuses a larger file.
constexpr std::size_t most_octets = (std::size_t{1} << 20U) + 1;

Result<std::string> read_file(const std::string& path) {
  const auto failed = [&](int e) { return Error{e, "read " + path + ": " + std::strerror(e), {}}; };
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) return failed(errno);
  if (S_ISDIR(s.st_mode)) return failed(EISDIR);
  std::ifstream in(path, std::ios::binary);
  if (!in) return failed(errno == 0 ? EIO : errno);
  std::string text(most_octets, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace

config::Kinds kinds() { return {source_kinds(), sink_kinds()}; }

std::optional<config::Config> load(const std::string& path, config::Purpose purpose, int& code) {
  const auto text = read_file(path);
  if (!text) {
    complain(text.error());
    code = exit_code(text.error());
    return {};
  }
  auto loaded = config::load(*text, kinds(), purpose);
  if (loaded.ok()) return std::move(loaded.config);
  for (const auto& problem : loaded.problems) {
    (void)std::fputs(config::describe(problem, path, *text).c_str(), stderr);
  }
  const auto n = loaded.problems.size();
  (void)std::fprintf(stderr, "%s: %zu error%s\n", path.c_str(), n, n == 1 ? "" : "s");
  code = bad_config;
  return {};
}

std::optional<SinkConfig> quick_output(const Arguments& arguments, int& code) {
  std::vector<config::Setting> settings{{"path", "-"}};
  if (!arguments.format.empty()) settings.push_back({"format", arguments.format});
  if (!arguments.events.empty()) settings.push_back({"events", arguments.events});
  auto output = config::quick_output("json", settings, kinds());
  if (output) return *std::move(output);
  complain(output.error());
  code = usage;
  return {};
}

std::optional<config::Config> quick_config(const Arguments& a, int& code) {
  config::Config config;
  for (const auto& text : a.positional) {
    auto source = config::quick_source(text, text, kinds());
    if (!source) {
      complain(source.error());
      code = usage;
      return {};
    }
    for (const auto& other : config.sources) {
      if (other.name != source->name) continue;
      complain({0, "the source " + text + " is given twice", {}});
      code = usage;
      return {};
    }
    config.sources.push_back(*std::move(source));
  }
  auto output = quick_output(a, code);
  if (!output) return {};
  config.outputs.push_back(*std::move(output));
  config::traffic_by_default(config.outputs, config.traffic);
  return config;
}

std::string host_name(const std::string& configured) {
  if (configured != "auto") return configured;
  std::array<char, HOST_NAME_MAX + 1> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

run::Identity identity(const std::string& host) {
  std::array<unsigned char, 24> random{};
  // Cannot fail for so few octets once the pool is initialised; zeros would only weaken the hash
  // seed.
  (void)!::getrandom(random.data(), random.size(), 0);
  random[6] = static_cast<unsigned char>((random[6] & 0x0fU) | 0x40U);  // RFC 9562, version 4
  random[8] = static_cast<unsigned char>((random[8] & 0x3fU) | 0x80U);
  run::Identity id;
  id.version = NETWEIR_VERSION;
  for (std::size_t i = 0; i < 16; ++i) {
    static constexpr std::string_view digits = "0123456789abcdef";
    if (i == 4 || i == 6 || i == 8 || i == 10) id.instance += '-';
    id.instance += digits[random[i] >> 4U];
    id.instance += digits[random[i] & 0xfU];
  }
  std::memcpy(&id.hash_seed, random.data() + 16, sizeof id.hash_seed);
  id.host = host_name(host);
  return id;
}

}  // namespace netweir::app
