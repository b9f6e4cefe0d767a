// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <random>

#include "app/exit_code.h"
#include "app/log.h"
#include "app/top_show.h"
#include "app/verbs.h"
#include "config/quantity.h"
#include "os/clock.h"
#include "os/privileged.h"
#include "os/signals.h"
#include "run/daemon.h"
#include "run/replay.h"

namespace netweir::app {
namespace {

using std::chrono::nanoseconds;

/// The same captures give the same octets: nothing of their identity is random.
constexpr const char* no_instance = "00000000-0000-0000-0000-000000000000";
constexpr auto reader_may_take = std::chrono::milliseconds{3000};
/// Lines of a total in an interval; what is not in them is one more.
constexpr std::size_t lines_of_total = 256;
constexpr std::size_t keys_of_total = 16384;

struct Plan {
  config::Config config;
  nanoseconds interval{};
  bool strict = false;  ///< a source that cannot start ends it
  bool files = false;   ///< every source is a file: time is the packets'
};

std::optional<nanoseconds> interval(const std::string& text) {
  constexpr std::int64_t least = 100'000'000;
  constexpr std::int64_t most = 3'600'000'000'000;
  const auto quantity = config::read_duration(text);
  if (quantity.state == config::Quantity::State::good && quantity.value >= least &&
      quantity.value <= most)
    return nanoseconds{quantity.value};
  std::string why = "--interval " + text + ": it takes 100ms to 1h";
  if (!quantity.hint.empty()) why += "; did you mean " + quantity.hint + "?";
  complain({0, why, "--interval 1s"});
  return std::nullopt;
}

std::vector<config::Traffic> totals(nanoseconds interval) {
  std::vector<config::Traffic> all;
  for (const auto& t : top::totals) {
    config::Traffic total{.name = std::string(t.name), .interval = interval, .top = lines_of_total};
    total.totals.key = t.key;
    total.totals.max = keys_of_total;
    all.push_back(std::move(total));
  }
  return all;
}

std::optional<Plan> plan(const Arguments& a, int& code) {
  code = usage;
  if (!a.positional.empty() && !a.config.empty()) {
    complain({0, "give SOURCE... or -c FILE, not both", {}});
    return {};
  }
  Plan p;
  const auto length = interval(a.interval);
  if (!length) return {};
  p.interval = *length;
  p.strict = !a.positional.empty();
  code = ok;
  auto config =
      p.strict ? quick_config(a, code)
               : load(a.config.empty() ? default_config : a.config, config::Purpose::run, code);
  if (!config) {
    if (!p.strict && a.config.empty() && code == no_input)
      (void)std::fputs("  try: netweir top -c FILE, or without a file: netweir top pcap:eth0\n",
                       stderr);
    return {};
  }
  p.config = *std::move(config);
  p.config.traffic = totals(p.interval);
  p.config.host = host_name(p.config.host);
  p.config.outputs.clear();
  if (a.json) {
    Arguments events;
    events.events = "traffic,loss,source";
    auto output = quick_output(events, code);
    if (!output) return {};
    p.config.outputs.push_back(*std::move(output));
  }
  p.files = std::all_of(p.config.sources.begin(), p.config.sources.end(), [](const auto& s) {
    return s.kind->finite != nullptr && s.kind->finite(s.values);
  });
  return p;
}

int failure(const Error& error) {
  complain(error);
  return exit_code(error);
}

run::Daemon::Needs needs_of(const Plan& p, Clock& clock, Privileged& privileged,
                            run::Viewer* viewer) {
  return {.clock = clock,
          .privileged = privileged,
          .identity = identity(p.config.host),
          .random_seed = std::random_device{}(),
          .report = log,
          .strict = p.strict,
          .reload = {},
          .viewer = viewer};
}

run::Replay replay_of(const Plan& p, run::Viewer* viewer) {
  run::Replay what;
  what.files = p.config.sources;
  what.traffic = p.config.traffic;
  what.outputs = p.config.outputs;
  what.identity = identity(p.config.host);
  what.identity.instance = no_instance;
  what.report = log;
  what.viewer = viewer;
  return what;
}

int end_of(const run::Ending& ending) {
  return ending.how == run::Ending::How::source_failed ? failure(ending.error) : ok;
}
int end_of(const run::ReplayEnding& ending) {
  return ending.reader_gone || ending.error.what.empty() ? ok : failure(ending.error);
}

/// Runs the daemon with what else `begin` does once its sources have started.
int daemon(const Plan& p, run::Daemon::Needs needs, const Signals& signals,
           const std::function<int()>& signal, const std::function<Status(run::Daemon&)>& begin,
           const std::function<void(const run::Ending&)>& end) {
  run::Daemon daemon(std::move(needs));
  if (auto started = daemon.start(p.config); !started) {
    complain(started.error());
    return cannot_create;
  }
  if (begin && !daemon.refused()) {
    if (auto begun = begin(daemon); !begun) return failure(begun.error());
  }
  const auto ending = daemon.run(signals.fd(), signal);
  if (end) end(ending);
  return end_of(ending);
}

/// A signal that asks for the end, as the daemon knows it: there is nothing to reload.
int ending_signal(Signals& signals) {
  const auto s = signals.next();
  return !s ? 0 : *s == SIGINT ? SIGINT : SIGTERM;
}

int json(const Plan& p, Signals& signals) {
  InProcess privileged;
  if (p.files) {
    auto what = replay_of(p, nullptr);
    what.go_on = [&] { return ending_signal(signals) == 0; };
    auto ending = run::replay(what, privileged);
    if (ending) return end_of(*ending);
    complain(ending.error());
    return cannot_create;
  }
  SystemClock clock;
  return daemon(
      p, needs_of(p, clock, privileged, nullptr), signals, [&] { return ending_signal(signals); },
      nullptr, nullptr);
}

int lines(const Plan& p, Signals& signals, top::Charset charset) {
  InProcess privileged;
  const top::Model::Settings settings{.interval = p.interval};
  if (p.files) {
    bool stop = false;
    const auto go_on = [&] {
      stop = stop || ending_signal(signals) != 0;
      return !stop;
    };
    TopLines lines(settings, charset, go_on, nullptr);
    auto what = replay_of(p, &lines);
    what.go_on = [&] { return go_on() && !lines.reader_gone(); };
    auto ending = run::replay(what, privileged);
    if (!ending) return failure(ending.error());
    if (ending->error.what.empty() || !lines.silent()) lines.end(reader_may_take);
    return lines.reader_gone() ? ok : end_of(*ending);
  }
  SystemClock clock;
  run::Daemon* running = nullptr;
  TopLines lines(settings, charset, nullptr, [&] { running->stop(); });
  return daemon(
      p, needs_of(p, clock, privileged, &lines), signals, [&] { return ending_signal(signals); },
      [&](run::Daemon& d) -> Status {
        running = &d;
        return Ok{};
      },
      [&](const run::Ending& ending) {
        if (ending.how != run::Ending::How::source_failed) lines.end(reader_may_take);
      });
}

int screen_of_files(const Plan& p, TopScreen& screen) {
  InProcess privileged;
  auto what = replay_of(p, &screen);
  what.report = [&](Note::Level level, std::string_view text) { screen.report(level, text); };
  what.go_on = [&] {
    if (screen.signal() != 0 || !screen.keys()) return false;
    screen.draw_at_times();
    return true;
  };
  what.progress = [&](std::size_t file, Source::Progress at) {
    constexpr std::uint64_t hundred = 100;
    screen.progress("reading " + p.config.sources[file].name + ", " +
                    (at.total == 0 ? std::to_string(at.octets) + " octets"
                                   : std::to_string(at.octets * hundred / at.total) + " %"));
  };
  if (auto opened = screen.open(); !opened) return failure(opened.error());
  auto ending = run::replay(what, privileged);
  if (!ending) {
    screen.close();
    return failure(ending.error());
  }
  const bool nothing = ending->total.received() == 0 && !ending->error.what.empty();
  if (!ending->stopped && !nothing) {
    screen.progress("read to the end; q quits");
    if (!ending->error.what.empty()) screen.report(Note::Level::warning, ending->error.what);
    screen.stay();
  }
  screen.close();
  return end_of(*ending);
}

int screen(const Plan& p, Signals& signals, top::Charset charset) {
  TopScreen screen({.model = {.interval = p.interval},
                    .charset = charset,
                    .host = p.config.host,
                    .by_total = p.files},
                   signals);
  if (p.files) return screen_of_files(p, screen);
  InProcess privileged;
  SystemClock clock;
  auto needs = needs_of(p, clock, privileged, &screen);
  needs.report = [&](Note::Level level, std::string_view text) { screen.report(level, text); };
  return daemon(
      p, std::move(needs), signals, [&] { return screen.signal(); },
      [&](run::Daemon& d) -> Status {
        if (auto opened = screen.open(); !opened) return opened;
        if (screen.fd() < 0) return Ok{};
        return d.watch(screen.fd(), [&](const Now&) {
          if (!screen.keys()) d.stop();
        });
      },
      [&](const run::Ending&) { screen.close(); });
}

}  // namespace

int top(const Arguments& a) {
  int code = ok;
  const auto p = plan(a, code);
  if (!p) return code;
  open_log(a.log_level);
  const auto charset = top::charset_of_locale();
  bool terminal = !a.json && ::isatty(STDOUT_FILENO) == 1;
  if (terminal) {
    if (const auto usable = top::Screen::usable(); !usable) {
      log(Note::Level::warning, usable.error().what + ": plain lines");
      terminal = false;
    }
  }
  auto signals = terminal
                     ? Signals::open({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT})
                     : Signals::open({SIGINT, SIGTERM, SIGHUP});
  if (!signals) {
    complain(signals.error());
    return os_error;
  }
  if (a.json) return json(*p, *signals);
  return terminal ? screen(*p, *signals, charset) : lines(*p, *signals, charset);
}

}  // namespace netweir::app
