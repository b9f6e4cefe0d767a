// SPDX-License-Identifier: GPL-2.0-or-later
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <new>
#include <random>

#include "app/exit_code.h"
#include "app/log.h"
#include "app/verbs.h"
#include "os/clock.h"
#include "os/privileged.h"
#include "os/signals.h"
#include "run/daemon.h"

namespace netweir::app {
namespace {

/// What was not written, said where the operator looks: the stream itself cannot say it.
void report_outputs(const config::Config& config, const run::Ending& ending) {
  for (std::size_t i = 0; i < ending.outputs.size() && i < config.outputs.size(); ++i) {
    const auto& l = ending.outputs[i];
    if (l.dropped == 0) continue;
    log(Note::Level::warning, "output " + config.outputs[i].values.text("path") + ": " +
                                  std::to_string(l.dropped) + " events were not written, " +
                                  std::to_string(l.written) + " were");
  }
}

}  // namespace

int run(const Arguments& a) {
  const bool quick = !a.positional.empty();
  if (quick && !a.config.empty()) {
    complain({0, "give SOURCE... or -c FILE, not both", {}});
    return usage;
  }
  if (!quick && (!a.format.empty() || !a.events.empty())) {
    complain({0,
              "--format and --events go with SOURCE...; in a configuration file they are keys of "
              "`outputs`",
              {}});
    return usage;
  }
  int code = ok;
  const std::string path = a.config.empty() ? default_config : a.config;
  auto config = quick ? quick_config(a, code) : load(path, config::Purpose::run, code);
  if (!config) {
    if (!quick && a.config.empty() && code == no_input) {
      (void)std::fputs("  try: netweir run -c FILE, or without a file: netweir run pcap:eth0\n",
                       stderr);
    }
    return code;
  }
  open_log(a.log_level);
  auto signals = Signals::open({SIGINT, SIGTERM, SIGHUP});
  if (!signals) {
    complain(signals.error());
    return os_error;
  }
  SystemClock clock;
  InProcess privileged;
  run::Daemon::Needs needs{.clock = clock,
                           .privileged = privileged,
                           .identity = identity(config->host),
                           .random_seed = std::random_device{}(),
                           .report = log,
                           .strict = quick,
                           .reload = {}};
  if (!quick) {
    needs.reload = [path]() -> Result<config::Config> {
      int failed = ok;
      try {
        auto loaded = load(path, config::Purpose::run, failed);
        if (!loaded) return Error{0, path + " has errors (above)", {}};
        loaded->host = host_name(loaded->host);
        return *std::move(loaded);
      } catch (const std::bad_alloc&) {
        return Error{ENOMEM, "out of memory", {}};
      }
    };
  }
  run::Daemon daemon(std::move(needs));
  config->host = host_name(config->host);
  if (auto started = daemon.start(*config); !started) {
    complain(started.error());
    return cannot_create;
  }
  const auto ending = daemon.run(signals->fd(), [&] { return signals->next().value_or(0); });
  report_outputs(*config, ending);
  if (ending.how != run::Ending::How::source_failed) return ok;
  complain(ending.error);
  return exit_code(ending.error);
}

}  // namespace netweir::app
