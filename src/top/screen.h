// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "netweir/result.h"
#include "top/layout.h"
#include "top/text.h"
#include "top/view.h"

namespace netweir::top {

/// What the locale of the environment can show. Sets the locale's LC_CTYPE; before any thread.
Charset charset_of_locale();

/// The terminal, by ncurses, from open() until this goes; then it is as it was. Also where the
/// program ends by a signal of a crash. One at a time. Signals that stop or resize (SIGTSTP,
/// SIGCONT, SIGWINCH) are the caller's to catch and to say here. One thread.
class Screen {
 public:
  /// Standard output is the terminal. Keys come from standard input, or where that is no terminal
  /// from the controlling one. An Error: the terminal cannot do it; nothing is changed then.
  static Result<std::unique_ptr<Screen>> open();
  /// Whether the terminal can do it: an Error says why not. Changes nothing there.
  static Status usable();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  Size size() const noexcept;
  /// Nothing while the terminal takes no output (Ctrl-S), so that reading goes on.
  void draw(const std::vector<Line>& lines);

  /// Readable when there are keys; -1 = there are none.
  int fd() const noexcept;
  /// The next key. Nothing: no more for now, or gone().
  std::optional<Key> key();
  /// The terminal is no more, or gives no keys any more.
  bool gone() const noexcept;

  /// SIGWINCH: takes the new size.
  void resized();
  /// SIGTSTP: gives the terminal back and stops this process; returns when it goes on.
  void stop();
  /// SIGCONT: takes the terminal again.
  void resumed();
  /// Draws all of it anew with the next draw().
  void redraw();

 private:
  struct State;
  explicit Screen(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace netweir::top
