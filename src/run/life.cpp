// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/life.h"

#include <algorithm>
#include <utility>

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

}  // namespace

Life::Life(const SourceConfig& config, World& world, Died died)
    : config_(config), world_(world), died_(std::move(died)), id_(world.pipeline.add(config)) {}

Life::~Life() { end(); }

bool Life::finite() const {
  return config_.kind->finite != nullptr && config_.kind->finite(config_.values);
}

void Life::end() {
  if (!source_) return;
  if (source_->fd() >= 0) world_.loop.forget(source_->fd());
  source_.reset();
}

Status Life::open(const Now& now) {
  tried_ = now.age;
  const SourceContext context{
      .id = id_,
      .now = now,
      .privileged = world_.privileged,
      .links = world_.links.scope(finite() ? "file:" + config_.name : config_.values.text("netns")),
      .tap = world_.recorder == nullptr ? nullptr : world_.recorder->tap(config_),
      .budget = world_.budget};
  auto source = config_.kind->open(config_, context);
  if (!source) return std::move(source).error();
  if ((*source)->fd() >= 0) {
    auto watched = world_.loop.watch((*source)->fd(), [this](const Now& at) { drain(at); });
    if (!watched) return watched;
  }
  source_ = *std::move(source);
  said_.clear();
  since_ = now.age;
  lived_ = true;
  more_ = true;  // what arrived while it opened
  return Ok{};
}

void Life::drain(const Now& now) {
  if (!source_) return;
  // A file waits for the outputs; a socket cannot.
  if (finite() && !world_.outputs.has_room()) {
    more_ = true;
    return;
  }
  world_.pipeline.begin(now);
  auto drained =
      source_->drain(now, finite() ? packets_of_a_file : packets_a_turn, world_.pipeline);
  more_ = drained && *drained == Drained::more;
  if (drained && *drained != Drained::finished) return;
  stop(now);
  if (drained) return died_(now, std::nullopt);
  died_(now, std::move(drained).error());
}

void Life::stop(const Now& now) {
  if (!source_) return;
  world_.pipeline.begin(now);
  source_->stop(now, world_.pipeline);
  end();
}

AgeTime Life::turn(const Now& now) {
  const bool file = source_->fd() < 0;
  const auto due = source_->deadline();
  if (more_ || file || (due && *due <= now.age)) drain(now);
  if (!source_) return AgeTime::min();
  if (more_ || file)
    return finite() && !world_.outputs.has_room() ? now.age + look_for_room : AgeTime::min();
  return source_->deadline().value_or(AgeTime::max());
}

void Life::back_off(const Now& now) {
  if (std::exchange(lived_, false) && now.age - since_ >= proved) back_off_ = {};
  back_off_ = back_off_ == std::chrono::nanoseconds{}
                  ? std::chrono::nanoseconds{first_back_off}
                  : std::min<std::chrono::nanoseconds>(back_off_ * 2, longest_back_off);
  const auto jitter = back_off_ * static_cast<int>(world_.random() % 256) / 1024;
  next_ = now.age + back_off_ + jitter;
}

void Life::poke(const Now& now) { next_ = std::min(next_, std::max(now.age, tried_ + poke_every)); }

bool Life::is_news(const std::string& reason) {
  if (reason == said_) return false;
  said_ = reason;
  return true;
}

}  // namespace netweir::run
