// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace netweir::run {
namespace {

std::string with_mend(const Error& error) {
  return error.mend.empty() ? error.what : error.what + "; try: " + error.mend;
}

}  // namespace

Supervisor::Supervisor(const SourceConfig& config, World world)
    : config_(config),
      world_(world),
      own_(config_, world_, [this](const Now& now, std::optional<Error> error) {
        if (error) return fail(now, std::move(*error));
        state_ = State::finished;
        world_.pipeline.state(own_.id(), SourceState::down, "finished");
      }) {
  if (config_.fallback.empty()) return;
  fallback_.emplace(
      config_.fallback.front(), world_,
      [this](const Now& now, std::optional<Error> error) { fallback_died(now, std::move(error)); });
}

Supervisor::State Supervisor::state() const noexcept {
  return state_ == State::waiting && fallback_ && fallback_->running() ? State::up : state_;
}

std::optional<std::chrono::nanoseconds> Supervisor::gap() {
  if (!fallback_ || !read_until_) return std::nullopt;
  return world_.loop.now().age - *std::exchange(read_until_, std::nullopt);
}

void Supervisor::start(const Now& now) {
  if (state_ != State::waiting) return;
  if (auto opened = own_.open(now); !opened) return fail(now, std::move(opened).error());
  if (fallback_ && fallback_->running()) {
    fallback_->stop(now);
    read_until_ = world_.loop.now().age;
  }
  state_ = State::up;
  error_ = {};
  world_.pipeline.begin(now);
  world_.pipeline.state(own_.id(), SourceState::up, {}, gap());
}

void Supervisor::fail(const Now& now, Error error) {
  const bool lived = state_ == State::up;
  error_ = std::move(error);
  const auto reason = with_mend(error_);
  world_.pipeline.begin(now);
  if (finite() && error_.code == EBADMSG) {  // reading it again would find the same
    state_ = State::finished;
    world_.pipeline.state(own_.id(), SourceState::down, reason);
    return;
  }
  state_ = State::waiting;
  own_.back_off(now);
  if (lived) read_until_ = now.age;
  if (own_.is_news(reason)) world_.pipeline.state(own_.id(), SourceState::retrying, reason);
  if (fallback_ && !fallback_->running() && fallback_->next() <= now.age) start_fallback(now);
}

void Supervisor::start_fallback(const Now& now) {
  if (auto opened = fallback_->open(now); !opened) {
    fallback_->back_off(now);
    const auto reason = with_mend(opened.error());
    if (fallback_->is_news(reason))
      world_.pipeline.state(fallback_->id(), SourceState::retrying, reason);
    return;
  }
  world_.pipeline.begin(now);
  world_.pipeline.state(fallback_->id(), SourceState::fallback, error_.what, gap());
}

void Supervisor::fallback_died(const Now& now, std::optional<Error> error) {
  read_until_ = now.age;
  fallback_->back_off(now);
  const auto reason = error ? with_mend(*error) : std::string("finished");
  world_.pipeline.begin(now);
  if (fallback_->is_news(reason))
    world_.pipeline.state(fallback_->id(), SourceState::retrying, reason);
}

AgeTime Supervisor::turn(const Now& now) {
  if (state_ == State::waiting && own_.next() <= now.age) start(now);
  if (state_ == State::waiting && fallback_ && !fallback_->running() &&
      fallback_->next() <= now.age)
    start_fallback(now);
  AgeTime next = AgeTime::max();
  if (own_.running()) {
    next = own_.turn(now);
  } else if (fallback_ && fallback_->running()) {
    next = fallback_->turn(now);
  }
  if (state_ != State::waiting) return state_ == State::up ? next : AgeTime::max();
  if (fallback_ && !fallback_->running()) next = std::min(next, fallback_->next());
  return std::min(next, own_.next());
}

void Supervisor::poke(const Now& now) {
  if (state_ != State::waiting) return;
  own_.poke(now);
  if (fallback_ && !fallback_->running()) fallback_->poke(now);
}

void Supervisor::stop(const Now& now, std::string_view reason) {
  auto& runs = fallback_ && fallback_->running() ? *fallback_ : own_;
  if (runs.running()) {
    runs.stop(now);
    world_.pipeline.state(runs.id(), SourceState::down, reason);
  }
  state_ = State::stopped;
}

}  // namespace netweir::run
