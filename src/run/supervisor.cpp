// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/supervisor.h"

#include <algorithm>
#include <cerrno>

namespace netweir::run {
namespace {

constexpr std::size_t packets_a_turn = 4096;
/// Their lines, a packet event each, fit into the room that a file waits for.
constexpr std::size_t packets_of_a_file = 256;
constexpr auto first_back_off = std::chrono::milliseconds{100};
constexpr auto longest_back_off = std::chrono::seconds{15};
/// A life that lasted this long has proved itself: the next failure begins with a short wait again.
constexpr auto proved = std::chrono::seconds{10};
/// However many interfaces come and go elsewhere.
constexpr auto poke_every = std::chrono::milliseconds{50};
constexpr auto look_for_room = std::chrono::milliseconds{10};

std::string with_mend(const Error& error) {
  return error.mend.empty() ? error.what : error.what + "; try: " + error.mend;
}

}  // namespace

Supervisor::Supervisor(const SourceConfig& config, World world)
    : config_(config), world_(world), id_(world.pipeline.add(config)) {}

Supervisor::~Supervisor() { end_life(); }

void Supervisor::end_life() {
  if (!life_) return;
  if (life_->fd() >= 0) world_.loop.forget(life_->fd());
  life_.reset();
}

void Supervisor::start(const Now& now) {
  if (state_ == State::up || state_ == State::stopped) return;
  tried_ = now.age;
  const SourceContext context{
      .id = id_,
      .now = now,
      .privileged = world_.privileged,
      .links = world_.links.scope(finite() ? "file:" + config_.name : config_.values.text("netns")),
      .tap = world_.recorder == nullptr ? nullptr : world_.recorder->tap(config_)};
  auto life = config_.kind->open(config_, context);
  if (!life) return fail(now, std::move(life).error());
  life_ = *std::move(life);
  if (life_->fd() >= 0) {
    auto watched = world_.loop.watch(life_->fd(), [this](const Now& at) { drain(at); });
    if (!watched) {
      life_.reset();
      return fail(now, std::move(watched).error());
    }
  }
  state_ = State::up;
  error_ = {};
  said_.clear();
  since_ = now.age;
  more_ = true;  // what arrived while it opened
  world_.pipeline.begin(now);
  world_.pipeline.state(id_, SourceState::up, {});
}

void Supervisor::drain(const Now& now) {
  if (!life_) return;
  // A file waits for the outputs; a socket cannot.
  if (finite() && !world_.outputs.has_room()) {
    more_ = true;
    return;
  }
  world_.pipeline.begin(now);
  auto drained = life_->drain(now, finite() ? packets_of_a_file : packets_a_turn, world_.pipeline);
  if (!drained) {
    world_.pipeline.begin(now);
    life_->stop(now, world_.pipeline);
    end_life();
    return fail(now, std::move(drained).error());
  }
  more_ = *drained == Drained::more;
  if (*drained == Drained::finished) {
    life_->stop(now, world_.pipeline);
    end_life();
    state_ = State::finished;
    world_.pipeline.state(id_, SourceState::down, "finished");
  }
}

void Supervisor::fail(const Now& now, Error error) {
  error_ = std::move(error);
  const auto reason = with_mend(error_);
  if (finite() && error_.code == EBADMSG) {  // reading it again would find the same
    state_ = State::finished;
    world_.pipeline.state(id_, SourceState::down, reason);
    return;
  }
  if (state_ == State::up && now.age - since_ >= proved) back_off_ = {};
  state_ = State::waiting;
  back_off_ = back_off_ == std::chrono::nanoseconds{}
                  ? std::chrono::nanoseconds{first_back_off}
                  : std::min<std::chrono::nanoseconds>(back_off_ * 2, longest_back_off);
  const auto jitter = back_off_ * static_cast<int>(world_.random() % 256) / 1024;
  next_ = now.age + back_off_ + jitter;
  if (reason != said_) {
    said_ = reason;
    world_.pipeline.state(id_, SourceState::retrying, reason);
  }
}

AgeTime Supervisor::turn(const Now& now) {
  if (state_ == State::waiting) {
    if (next_ > now.age) return next_;
    start(now);
    if (state_ == State::waiting) return next_;
  }
  if (state_ != State::up) return AgeTime::max();
  const bool file = life_->fd() < 0;
  const auto due = life_->deadline();
  if (more_ || file || (due && *due <= now.age)) drain(now);
  if (!life_) return state_ == State::waiting ? next_ : AgeTime::max();
  if (more_ || file) {
    return finite() && !world_.outputs.has_room() ? now.age + look_for_room : AgeTime::min();
  }
  return life_->deadline().value_or(AgeTime::max());
}

void Supervisor::poke(const Now& now) {
  if (state_ == State::waiting) next_ = std::min(next_, std::max(now.age, tried_ + poke_every));
}

void Supervisor::stop(const Now& now, std::string_view reason) {
  if (life_) {
    world_.pipeline.begin(now);
    life_->stop(now, world_.pipeline);
    end_life();
    world_.pipeline.state(id_, SourceState::down, reason);
  }
  state_ = State::stopped;
}

}  // namespace netweir::run
