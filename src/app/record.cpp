// SPDX-License-Identifier: GPL-2.0-or-later
#include <csignal>
#include <cstdio>
#include <random>

#include "app/exit_code.h"
#include "app/log.h"
#include "app/verbs.h"
#include "config/quantity.h"
#include "os/clock.h"
#include "os/privileged.h"
#include "os/signals.h"
#include "run/daemon.h"

namespace netweir::app {
namespace {

/// A bound of the command line; "off" is none.
std::optional<std::uint64_t> bound(const char* option, const std::string& text,
                                   config::Quantity (*read)(std::string_view), std::int64_t least) {
  if (text == "off") return 0;
  const auto quantity = read(text);
  if (quantity.state == config::Quantity::State::good && quantity.value >= least)
    return static_cast<std::uint64_t>(quantity.value);
  std::string why = std::string(option) + " " + text + ": not a value it can have";
  if (!quantity.hint.empty()) why += "; did you mean " + quantity.hint + "?";
  complain({0, why, std::string(option) + " off, or see netweir record --help"});
  return std::nullopt;
}

std::optional<run::Recorder::Settings> settings(const Arguments& a) {
  constexpr std::int64_t least_size = 4096;
  constexpr std::int64_t least_time = 1'000'000'000;
  run::Recorder::Settings s;
  s.path = a.write;
  s.application = std::string("netweir ") + NETWEIR_VERSION;
  const auto size = bound("--rotate-size", a.rotate_size, config::read_size, least_size);
  const auto time = bound("--rotate-time", a.rotate_time, config::read_duration, least_time);
  const auto files = bound("--files", a.files, config::read_integer, 1);
  if (!size || !time || !files) return std::nullopt;
  s.rotate_size = *size;
  s.rotate_time = std::chrono::nanoseconds{static_cast<std::int64_t>(*time)};
  s.files = *files;
  if (a.write == "-") {
    complain({0, "-w needs the name of a file", "netweir record ... -w FILE.pcapng"});
    return std::nullopt;
  }
  return s;
}

/// Only netlink can be recorded; all else has its own tools.
bool recordable(const config::Config& config) {
  for (const auto& source : config.sources) {
    if (run::recordable(*source.kind)) continue;
    const auto what = source.values.text("interface");
    complain({0,
              "source " + source.name + ": type " + std::string(source.kind->name) +
                  " receives no netlink messages, which is what record keeps",
              "tcpdump -i " + (what.empty() ? "IFACE" : what) + " -w FILE.pcap, or dumpcap"});
    return false;
  }
  return true;
}

std::optional<config::Config> load_sources(const Arguments& a, const std::string& path, int& code) {
  auto config = load(path, config::Purpose::run, code);
  if (!config) return {};
  config->outputs.clear();  // events go nowhere unless --events asks for them
  if (!recordable(*config)) {
    code = usage;
    return {};
  }
  if (a.events.empty() && a.format.empty()) return config;
  auto output = quick_output(a, code);
  if (!output) return {};
  config->outputs.push_back(*std::move(output));
  config::traffic_by_default(config->outputs, config->traffic);
  return config;
}

std::optional<config::Config> quick(const Arguments& a, int& code) {
  auto config = quick_config(a, code);
  if (!config) return {};
  if (!recordable(*config)) {
    code = usage;
    return {};
  }
  if (a.events.empty() && a.format.empty()) config->outputs.clear();
  return config;
}

void summary(const run::Ending& ending) {
  const auto n = [](std::uint64_t v) { return static_cast<unsigned long long>(v); };
  for (const auto& l : ending.ledgers) {
    (void)std::fprintf(stderr, "netweir: %s: %llu %s received, %s%llu lost\n",
                       std::string(l.name).c_str(), n(l.received()), std::string(l.unit).c_str(),
                       l.lost_exact ? "" : "at least ", n(l.lost));
  }
  const auto& r = ending.recording;
  (void)std::fprintf(
      stderr, "netweir: %llu datagrams recorded, %llu not; %llu file%s, %llu octets\n",
      n(r.datagrams), n(r.dropped), n(r.files), r.files == 1 ? "" : "s", n(r.octets));
}

}  // namespace

int record(const Arguments& a) {
  const bool named = !a.positional.empty();
  if (named && !a.config.empty()) {
    complain({0, "give SOURCE... or -c FILE, not both", {}});
    return usage;
  }
  const auto recording = settings(a);
  if (!recording) return usage;
  int code = ok;
  const std::string path = a.config.empty() ? default_config : a.config;
  auto config = named ? quick(a, code) : load_sources(a, path, code);
  if (!config) return code;
  open_log(a.log_level);
  auto signals = Signals::open({SIGINT, SIGTERM, SIGHUP});
  if (!signals) {
    complain(signals.error());
    return os_error;
  }
  auto recorder = run::Recorder::open(*recording, log);
  if (!recorder) {
    complain(recorder.error());
    return cannot_create;
  }
  SystemClock clock;
  InProcess privileged;
  run::Daemon::Needs needs{.clock = clock,
                           .privileged = privileged,
                           .identity = identity(config->host),
                           .random_seed = std::random_device{}(),
                           .report = log,
                           .strict = named,
                           .reload = {},
                           .recorder = recorder->get()};
  if (!named) {
    needs.reload = [&a, path]() -> Result<config::Config> {
      int failed = ok;
      auto loaded = load_sources(a, path, failed);
      if (!loaded) return Error{0, path + " has errors (above)", {}};
      loaded->host = host_name(loaded->host);
      return *std::move(loaded);
    };
  }
  run::Daemon daemon(std::move(needs));
  config->host = host_name(config->host);
  if (auto started = daemon.start(*config); !started) {
    complain(started.error());
    return cannot_create;
  }
  const auto ending = daemon.run(signals->fd(), [&] { return signals->next().value_or(0); });
  if (ending.how == run::Ending::How::source_failed) {
    complain(ending.error);
    return exit_code(ending.error);
  }
  summary(ending);
  return ok;
}

}  // namespace netweir::app
