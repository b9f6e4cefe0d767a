// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/replay.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "app/exit_code.h"
#include "app/log.h"
#include "app/progress.h"
#include "app/verbs.h"
#include "os/signals.h"

namespace netweir::app {
namespace {

/// The same captures give the same octets: nothing of a replay's identity is random.
constexpr const char* no_instance = "00000000-0000-0000-0000-000000000000";

std::optional<std::vector<SourceConfig>> capture_files(const Arguments& a, int& code) {
  std::vector<SourceConfig> files;
  for (const auto& path : a.positional) {
    if (path != "-" && ::access(path.c_str(), R_OK) != 0) {
      const Error e{errno, "open " + path + ": " + std::strerror(errno), {}};
      complain(e);
      code = exit_code(e);
      return {};
    }
    // "./x" is a file to the quick form, whatever interfaces there are.
    const bool plain = path != "-" && path.find('/') == std::string::npos;
    auto source = config::quick_source("pcap:" + (plain ? "./" + path : path), path, kinds());
    if (!source) {
      complain(source.error());
      code = usage;
      return {};
    }
    files.push_back(*std::move(source));
  }
  return files;
}

void summary(const run::ReplayEnding& e, std::size_t files) {
  const auto& t = e.total;
  const auto n = [](std::uint64_t v) { return static_cast<unsigned long long>(v); };
  (void)std::fprintf(
      stderr,
      "netweir: %zu file%s, %llu frames: %llu decoded to the end, %llu cut, %llu malformed, "
      "%llu unsupported, %llu with too many layers%s\n",
      files, files == 1 ? "" : "s", n(t.received()), n(t.done), n(t.cut), n(t.malformed),
      n(t.unsupported), n(t.too_many_layers), t.rejected + t.filtered > 0 ? ";" : "");
  if (t.rejected + t.filtered > 0) {
    (void)std::fprintf(stderr, "netweir: %llu refused by the filter, %llu rejected\n",
                       n(t.filtered), n(t.rejected));
  }
  std::uint64_t written = 0;
  std::uint64_t dropped = 0;
  for (const auto& o : e.outputs) {
    written += o.written;
    dropped += o.dropped;
  }
  (void)std::fprintf(stderr, "netweir: %llu events written, %llu not; %zu bindings; lost: %s%llu\n",
                     n(written), n(dropped), e.bindings, t.lost_exact ? "" : "at least ",
                     n(t.lost));
}

}  // namespace

int replay(const Arguments& a) {
  int code = ok;
  run::Replay what;
  std::string host = "auto";
  if (!a.config.empty()) {
    auto config = load(a.config, config::Purpose::replay, code);
    if (!config) return code;
    host = config->host;
    what.bindings = config->bindings;
    what.traffic = config->traffic;
    what.stats = config->stats;
    what.expire = config->has_bindings;
    what.stations = config->stations;
    what.age_stations = config->has_stations;
    what.outputs = std::move(config->outputs);
  }
  auto output = quick_output(a, code);
  if (!output) return code;
  if (what.outputs.empty()) {
    what.outputs.push_back(*std::move(output));
  } else if (!a.format.empty() || !a.events.empty()) {
    auto standard = quick_output({}, code);
    if (what.outputs.size() != 1 || !(what.outputs.front() == *standard)) {
      complain({0, "--format and --events do not go with the `outputs` of " + a.config, {}});
      return usage;
    }
    what.outputs = {*std::move(output)};
  }
  config::traffic_by_default(what.outputs, what.traffic);
  auto files = capture_files(a, code);
  if (!files) return code;
  what.files = *std::move(files);
  open_log(a.log_level);
  auto signals = Signals::open({SIGINT, SIGTERM});
  if (!signals) {
    complain(signals.error());
    return os_error;
  }
  what.identity = identity(host);
  what.identity.instance = no_instance;
  Progress progress;
  bool stop = false;
  what.report = [&](Note::Level level, std::string_view text) {
    progress.clear();
    log(level, text);
  };
  what.go_on = [&] {
    stop = stop || signals->next().has_value();
    return !stop;
  };
  what.progress = [&](std::size_t file, Source::Progress p) {
    progress.show(what.files[file].name, p);
  };
  InProcess privileged;
  auto ending = run::replay(what, privileged);
  progress.clear();
  if (!ending) {
    complain(ending.error());
    return cannot_create;
  }
  if (ending->reader_gone) return ok;
  summary(*ending, what.files.size());
  if (ending->error.what.empty()) return ok;
  complain(ending->error);
  return exit_code(ending->error);
}

}  // namespace netweir::app
