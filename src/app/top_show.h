// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netweir/source.h"
#include "os/signals.h"
#include "run/daemon.h"
#include "run/viewer.h"
#include "top/layout.h"
#include "top/model.h"
#include "top/screen.h"

namespace netweir::app {

/// The blocks of lines of `top`, to standard output. Never waits for a reader while sources run:
/// what he leaves for too long is left out, and said.
class TopLines final : public run::Viewer {
 public:
  /// Of files: waits for the reader, as long as `go_on` says so. Null: never waits.
  /// `gone` is called where nobody reads any more.
  TopLines(top::Model::Settings settings, top::Charset charset, std::function<bool()> go_on,
           std::function<void()> gone);

  std::uint32_t wants() const noexcept override { return top::wanted; }
  void event(const Event& event) override { model_.event(event); }
  void interval(WallTime from, WallTime to, std::span<const Ledger> ledgers) override;

  /// The last block; waits for the reader for at most `limit`.
  void end(std::chrono::milliseconds limit);
  bool reader_gone() const noexcept { return gone_; }
  /// Nothing was ever written.
  bool silent() const noexcept { return silent_; }

 private:
  void put(const std::string& block);
  /// Writes what the reader takes within `wait` of each part.
  void write(int wait_ms);

  top::Model model_;
  top::Charset charset_;
  std::function<bool()> go_on_;
  std::function<void()> tell_gone_;
  std::string pending_;
  std::size_t left_out_ = 0;
  bool gone_ = false, silent_ = true;
};

/// `top` on a terminal: keys in, screens out. The log waits until the terminal is given back.
class TopScreen final : public run::Viewer {
 public:
  struct Settings {
    top::Model::Settings model{};
    top::Charset charset = top::Charset::ascii;
    std::string host{};
    bool by_total = false;  ///< of files: sorted by what there was in all
  };
  TopScreen(Settings settings, Signals& signals);
  ~TopScreen() override;

  std::uint32_t wants() const noexcept override { return top::wanted; }
  void event(const Event& event) override;
  void interval(WallTime from, WallTime to, std::span<const Ledger> ledgers) override;

  /// Takes the terminal. Before it nothing is drawn, and the log is written at once.
  Status open();
  /// A line for the log: shown, and kept.
  void report(Note::Level level, std::string_view text);
  /// How far the files are read: shown where nothing else is.
  void progress(std::string text) { progress_ = std::move(text); }

  int fd() const noexcept { return screen_ ? screen_->fd() : -1; }
  /// Takes the keys there are. False: the end was asked for, or the terminal is gone.
  bool keys();
  /// The next signal that asks for the end; 0: none. Does what the others ask for.
  int signal();
  /// Draws, where something is new and the last time is long enough ago.
  void draw_at_times();
  void draw();
  /// Waits for keys and signals until one asks for the end.
  void stay();
  /// Gives the terminal back, and prints the log.
  void close();

 private:
  struct Said {
    WallTime at;
    Note::Level level;
    std::string text;
  };
  top::Model model_;
  std::optional<top::Model> frozen_;  ///< what is shown while it is paused
  top::View view_;
  Settings settings_;
  std::unique_ptr<top::Screen> screen_;
  Signals& signals_;
  std::deque<Said> said_;
  std::size_t unsaid_ = 0;  ///< lines that were too many to keep
  std::string progress_;
  std::chrono::steady_clock::time_point drawn_{};
  bool asked_ = false;  ///< for the end
};

}  // namespace netweir::app
