// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/daemon.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace netweir::run {
namespace {

constexpr auto longest_wait = std::chrono::seconds{1};
/// Of the 5 s that a stop may take, what the outputs get.
constexpr auto outputs_may_take = std::chrono::milliseconds{3000};
/// Log lines about what one output drops.
constexpr auto drop_line_every = std::chrono::seconds{10};

bool no_permission(const Error& error) { return error.code == EPERM || error.code == EACCES; }

}  // namespace

Daemon::Daemon(Needs needs) : needs_(std::move(needs)), random_(needs_.random_seed) {}
Daemon::~Daemon() = default;

Result<std::vector<std::unique_ptr<Outputs::One>>> Daemon::open_outputs(
    const config::Config& config) {
  std::vector<std::unique_ptr<Outputs::One>> opened;
  for (const auto& output : config.outputs) {
    auto one = Outputs::open(output, config.host);
    if (!one) return std::move(one).error();
    opened.push_back(*std::move(one));
  }
  return opened;
}

Status Daemon::start(config::Config config) {
  auto loop = Loop::open(needs_.clock);
  if (!loop) return std::move(loop).error();
  loop_ = *std::move(loop);
  config_ = std::move(config);
  auto opened = open_outputs(config_);
  if (!opened) return std::move(opened).error();
  for (auto& one : *opened) outputs_.add(std::move(one));
  outputs_.set_viewer(needs_.viewer);
  needs_.identity.host = config_.host;
  pipeline_ = std::make_unique<Pipeline>(Pipeline::Mode::live, needs_.identity, config_.bindings,
                                         true, links_, outputs_, needs_.report);
  pipeline_->set_stations(config_.stations, true);
  pipeline_->set_traffic(config_.traffic);
  pipeline_->set_stats(config_.stats);
  budget_.set(config_.receive_buffers);
  const Supervisor::World world{*loop_,   needs_.privileged, links_,          *pipeline_,
                                outputs_, random_,           needs_.recorder, &budget_};
  for (const auto& source : config_.sources) {
    supervisors_.push_back(std::make_unique<Supervisor>(source, world));
  }
  watch_outputs();
  if (needs_.recorder != nullptr) {
    (void)loop_->watch(needs_.recorder->fd(),
                       [this](const Now& at) { needs_.recorder->watch(at.age); });
  }
  const Now now = loop_->now();
  pipeline_->begin(now);
  pipeline_->hello();
  monitors_ = std::make_unique<Monitors>(*loop_, needs_.privileged, links_, needs_.report,
                                         needs_.recorder, [this](const Now& at) {
                                           for (auto& s : supervisors_) s->poke(at);
                                         });
  watch_namespaces(now);
  for (auto& s : supervisors_) s->start(now);
  outputs_.flush();

  loop_->hook([this](const Now& at) {
    AgeTime next = AgeTime::max();
    for (auto& s : supervisors_) next = std::min(next, s->turn(at));
    return next;
  });
  loop_->hook([this](const Now& at) { return monitors_->turn(at); });
  loop_->hook([this](const Now& at) {
    pipeline_->begin(at);
    pipeline_->age();
    outputs_.flush();
    if (needs_.recorder != nullptr) needs_.recorder->flush();
    return pipeline_->next_due();
  });
  return Ok{};
}

std::optional<Error> Daemon::refused() const {
  const auto waiting = [](const auto& s) { return s->state() == Supervisor::State::waiting; };
  const auto no = [&](const auto& s) { return waiting(s) && no_permission(s->error()); };
  const auto failed = needs_.strict
                          ? std::find_if(supervisors_.begin(), supervisors_.end(), waiting)
                          : supervisors_.end();
  if (failed != supervisors_.end()) return (*failed)->error();
  if (!supervisors_.empty() && std::all_of(supervisors_.begin(), supervisors_.end(), no))
    return supervisors_.front()->error();
  return std::nullopt;
}

Status Daemon::watch(int fd, Loop::Ready ready) { return loop_->watch(fd, std::move(ready)); }

void Daemon::stop() noexcept { stop_ = SIGTERM; }

void Daemon::watch_namespaces(const Now& now) {
  for (const auto& s : supervisors_) {
    if (s->finite()) continue;
    const auto netns = s->config().values.text("netns");
    monitors_->want(Monitors::What::links, netns, now);
    if (!s->config().kind->generic_family.empty())
      monitors_->want(Monitors::What::families, netns, now);
  }
}

void Daemon::watch_outputs() {
  for (auto& one : outputs_.all()) {
    (void)loop_->watch(one->box->fd(), [this](const Now& at) { check_outputs(at); });
  }
}

void Daemon::check_outputs(const Now& now) {
  for (auto& one : outputs_.all()) {
    const auto state = one->box->state();
    const auto output = "output " + one->config.values.text("path") + ": ";
    if (state.gone && !std::exchange(one->gone, true)) {
      needs_.report(Note::Level::info, output + "the reader closed it");
    } else if (state.failing != one->failing) {
      one->failing = state.failing;
      needs_.report(state.failing ? Note::Level::warning : Note::Level::info,
                    output + (state.failing ? state.error + "; trying again" : "written again"));
    }
    if (std::exchange(one->reopen_error, state.reopen_error) != state.reopen_error &&
        !state.reopen_error.empty()) {
      needs_.report(Note::Level::warning,
                    output + state.reopen_error + "; the old file stays in use");
    }
    one->dropped += state.dropped;
    if (one->dropped > 0 && !one->gone && now.age >= one->say_dropped) {
      one->say_dropped = now.age + drop_line_every;
      needs_.report(Note::Level::warning, output + std::to_string(std::exchange(one->dropped, 0)) +
                                              " events did not fit: the reader is slow");
    }
  }
}

bool Daemon::all_finite() const {
  return std::all_of(supervisors_.begin(), supervisors_.end(),
                     [](const auto& s) { return s->finite(); });
}

bool Daemon::done(Ending& ending) {
  if (outputs_.all_gone()) {
    ending.how = Ending::How::reader_gone;
    return true;
  }
  if (supervisors_.empty()) return false;
  const auto finished = [](const auto& s) { return s->state() == Supervisor::State::finished; };
  if (std::all_of(supervisors_.begin(), supervisors_.end(), finished)) {
    ending.how = Ending::How::finished;
    for (const auto& s : supervisors_) {
      if (s->error().code == 0 && s->error().what.empty()) continue;
      ending.how = Ending::How::source_failed;
      ending.error = s->error();
    }
    return true;
  }
  return false;
}

Ending Daemon::run(int signal_fd, const std::function<int()>& signal) {
  signal_ = signal;
  bool hup = false;
  const auto take = [this, &hup] {
    while (const int s = signal_()) {
      if (s == SIGHUP) {
        hup = true;
      } else {
        stop_ = s;
      }
    }
  };
  Ending ending;
  if (auto watched = loop_->watch(signal_fd, [&](const Now&) { take(); }); !watched) {
    ending.how = Ending::How::source_failed;
    ending.error = watched.error();
    return finish(std::move(ending), "cannot watch signals");
  }
  if (auto why = refused()) {
    ending.how = Ending::How::source_failed;
    ending.error = *std::move(why);
    return finish(std::move(ending), "a source cannot start");
  }
  const auto waits = [this, take] {
    take();
    return stop_ == 0;
  };
  while (stop_ == 0) {
    outputs_.wait_while(all_finite() ? std::function<bool()>(waits) : nullptr);
    loop_->turn(longest_wait);
    if (std::exchange(hup, false)) reload(loop_->now());
    if (done(ending)) break;
  }
  const auto reason = stop_ == SIGINT                          ? "SIGINT"
                      : stop_ != 0                             ? "SIGTERM"
                      : ending.how == Ending::How::reader_gone ? "the reader closed"
                                                               : "finished";
  return finish(std::move(ending), reason);
}

Ending Daemon::finish(Ending ending, std::string_view reason) {
  const Now now = loop_->now();
  outputs_.wait_while(nullptr);
  for (auto& s : supervisors_) s->stop(now, reason);
  pipeline_->begin(loop_->now());
  pipeline_->finish();
  const Event last = pipeline_->goodbye_event(reason);
  outputs_.flush();  // all writers at work before the first is waited for
  const auto until = loop_->now().age + outputs_may_take;
  for (auto& one : outputs_.all()) {
    const auto left = std::max(until - loop_->now().age, std::chrono::nanoseconds{0});
    ending.outputs.push_back(one->box->close(
        &last, now.wall, std::chrono::duration_cast<std::chrono::milliseconds>(left)));
  }
  if (needs_.recorder != nullptr) {
    const auto left = std::max(until - loop_->now().age, std::chrono::nanoseconds{0});
    ending.recording =
        needs_.recorder->close(std::chrono::duration_cast<std::chrono::milliseconds>(left));
  }
  ending.ledgers = pipeline_->ledgers();
  return ending;
}

void Daemon::reload(const Now& now) {
  pipeline_->begin(now);
  if (needs_.recorder != nullptr) needs_.recorder->rotate();
  if (!needs_.reload) {
    for (auto& one : outputs_.all()) one->box->reopen(pipeline_->hello_event(), now.wall);
    needs_.report(Note::Level::info, "SIGHUP: outputs reopened");
    return;
  }
  auto config = needs_.reload();
  if (!config) {
    needs_.report(Note::Level::warning, "reload: nothing is changed: " + config.error().what);
    return;
  }
  apply(*std::move(config), now);
}

void Daemon::apply(config::Config config, const Now& now) {
  const bool totalled = outputs_.wants(EventType::traffic);
  const bool stationed = outputs_.wants(EventType::station);
  // Outputs first: if a new one cannot be opened, nothing is changed.
  std::vector<std::unique_ptr<Outputs::One>> fresh;
  const bool same_host = config.host == config_.host;
  std::vector<Outputs::One*> kept;
  for (const auto& output : config.outputs) {
    const auto it = std::find_if(
        outputs_.all().begin(), outputs_.all().end(),
        [&](const auto& one) { return same_host && !one->gone && one->config == output; });
    if (it != outputs_.all().end()) {
      kept.push_back(it->get());
      continue;
    }
    auto one = Outputs::open(output, config.host);
    if (!one) {
      needs_.report(Note::Level::warning, "reload: nothing is changed: " + one.error().what);
      return;
    }
    fresh.push_back(*std::move(one));
  }
  if (!(config.bindings == config_.bindings)) {
    pipeline_->set_bindings(config.bindings, true);
    needs_.report(Note::Level::info, "reload: `bindings` changed: the table begins empty");
  }
  if (config.stats != config_.stats) pipeline_->set_stats(config.stats);
  budget_.set(config.receive_buffers);
  if (!(config.traffic == config_.traffic)) {
    pipeline_->set_traffic(config.traffic);
    needs_.report(Note::Level::info, "reload: `traffic` changed: totals begin anew");
  }
  std::vector<std::unique_ptr<Supervisor>> next;
  for (auto& s : supervisors_) {
    const auto stays = std::find(config.sources.begin(), config.sources.end(), s->config());
    if (stays == config.sources.end()) s->stop(now, "reload");
  }
  const Supervisor::World world{*loop_,   needs_.privileged, links_,          *pipeline_,
                                outputs_, random_,           needs_.recorder, &budget_};
  std::vector<Supervisor*> started;
  for (const auto& source : config.sources) {
    const auto it = std::find_if(supervisors_.begin(), supervisors_.end(), [&](const auto& s) {
      return s && s->state() != Supervisor::State::stopped && s->config() == source;
    });
    if (it != supervisors_.end()) {
      next.push_back(std::move(*it));
    } else {
      next.push_back(std::make_unique<Supervisor>(source, world));
      started.push_back(next.back().get());
    }
  }
  supervisors_ = std::move(next);
  std::erase_if(outputs_.all(), [&](const auto& one) {
    if (std::find(kept.begin(), kept.end(), one.get()) != kept.end()) return false;
    const Event last = pipeline_->goodbye_event("reload");
    loop_->forget(one->box->fd());
    (void)one->box->close(&last, now.wall, std::chrono::milliseconds{500});
    return true;
  });
  const Event hello = pipeline_->hello_event();
  for (auto* one : kept) one->box->reopen(hello, now.wall);
  for (auto& one : fresh) {
    one->box->write(hello, now.wall);
    (void)loop_->watch(one->box->fd(), [this](const Now& at) { check_outputs(at); });
    outputs_.add(std::move(one));
  }
  outputs_.recount();
  if (!(config.stations == config_.stations) || stationed != outputs_.wants(EventType::station)) {
    pipeline_->set_stations(config.stations, true);
    if (stationed && outputs_.wants(EventType::station))
      needs_.report(Note::Level::info, "reload: `stations` changed: the table begins empty");
  }
  config_ = std::move(config);
  // What was lost while nobody asked for totals is in none.
  if (!totalled && outputs_.wants(EventType::traffic)) pipeline_->set_traffic(config_.traffic);
  watch_namespaces(now);
  for (auto* s : started) s->start(now);
  needs_.report(Note::Level::info, "reload: done");
}

}  // namespace netweir::run
