// SPDX-License-Identifier: GPL-2.0-or-later
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "app/log.h"
#include "app/top_show.h"

namespace netweir::app {
namespace {

constexpr std::size_t most_said = 1000;
constexpr auto draw_every = std::chrono::milliseconds{100};

}  // namespace

TopScreen::TopScreen(Settings settings, Signals& signals)
    : model_(settings.model),
      view_(settings.by_total),
      settings_(std::move(settings)),
      signals_(signals) {}

Status TopScreen::open() {
  auto opened = top::Screen::open();
  if (!opened) return std::move(opened).error();
  screen_ = *std::move(opened);
  draw();
  return Ok{};
}

TopScreen::~TopScreen() { close(); }

void TopScreen::event(const Event& event) { model_.event(event); }

void TopScreen::interval(WallTime from, WallTime to, std::span<const Ledger> ledgers) {
  (void)model_.interval(from, to, ledgers);
  draw_at_times();
}

void TopScreen::report(Note::Level level, std::string_view text) {
  if (screen_ == nullptr || ::isatty(STDERR_FILENO) != 1) log(level, text);
  if (screen_ == nullptr) return;
  said_.push_back(
      {std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now()), level,
       std::string(text)});
  if (said_.size() > most_said) {
    said_.pop_front();
    ++unsaid_;
  }
  draw();
}

bool TopScreen::keys() {
  using Act = top::View::Act;
  if (screen_ == nullptr) return !asked_;
  bool pressed = false;
  while (const auto key = screen_->key()) {
    pressed = true;
    switch (view_.press(*key)) {
      case Act::quit:
        asked_ = true;
        return false;
      case Act::redraw:
        screen_->redraw();
        break;
      case Act::pause:
        if (view_.paused)
          frozen_ = model_;
        else
          frozen_.reset();
        break;
      case Act::none:
        break;
    }
  }
  if (screen_->gone()) asked_ = true;
  if (pressed) draw();
  return !asked_;
}

int TopScreen::signal() {
  while (const auto s = signals_.next()) {
    if (*s != SIGWINCH && *s != SIGTSTP && *s != SIGCONT) {
      asked_ = true;
      return *s == SIGINT ? SIGINT : SIGTERM;
    }
    if (screen_ == nullptr) continue;
    if (*s == SIGWINCH) screen_->resized();
    if (*s == SIGTSTP) screen_->stop();
    if (*s == SIGCONT) screen_->resumed();
    draw();
  }
  return 0;
}

void TopScreen::draw_at_times() {
  if (std::chrono::steady_clock::now() - drawn_ >= draw_every) draw();
}

void TopScreen::draw() {
  if (screen_ == nullptr) return;
  top::Words words{.host = settings_.host, .status = progress_};
  if (!said_.empty() && (progress_.empty() || said_.back().level == Note::Level::warning)) {
    words.status = said_.back().text;
    words.bad = said_.back().level == Note::Level::warning;
  }
  const auto shown =
      top::lay_out(frozen_ ? *frozen_ : model_, view_, words, screen_->size(), settings_.charset);
  top::settle(view_, shown);
  screen_->draw(shown.lines);
  drawn_ = std::chrono::steady_clock::now();
}

void TopScreen::stay() {
  draw();
  while (!asked_) {
    std::array<pollfd, 2> fds{{{.fd = signals_.fd(), .events = POLLIN, .revents = 0},
                               {.fd = fd(), .events = POLLIN, .revents = 0}}};
    (void)::poll(fds.data(), fds.size(), -1);
    if (signal() != 0 || !keys()) return;
  }
}

void TopScreen::close() {
  if (screen_ == nullptr) return;
  screen_.reset();
  if (::isatty(STDERR_FILENO) != 1) return;
  if (unsaid_ > 0) log(Note::Level::info, std::to_string(unsaid_) + " earlier lines are not kept");
  for (const auto& s : said_) log_at(s.at, s.level, s.text);
  said_.clear();
}

}  // namespace netweir::app
