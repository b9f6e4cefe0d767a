// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "top/table.h"

namespace netweir::top {

/// A key that was pressed; `text` is the character of one that has one, in UTF-8.
struct Key {
  enum class Code : std::uint8_t {
    text,
    enter,
    escape,
    backspace,
    tab,
    back_tab,
    up,
    down,
    left,
    right,
    page_up,
    page_down,
    home,
    end,
    redraw,
    other
  };
  Code code = Code::other;
  std::string text{};
};

/// What the user has chosen to see. Pure.
struct View {
  struct OfPane {
    Order order;
    std::size_t selected = 0;  ///< a row; layout takes the last for one that is not there
    std::size_t offset = 0;    ///< the first row shown
  };
  explicit View(bool by_total = false);

  enum class Act : std::uint8_t { none, quit, redraw, pause };
  /// What the key asks for, beyond what it changes here.
  Act press(const Key& key);

  OfPane& here() noexcept { return of[static_cast<std::size_t>(pane)]; }
  const OfPane& here() const noexcept { return of[static_cast<std::size_t>(pane)]; }

  Pane pane = Pane::talkers;
  std::array<OfPane, panes> of{};
  std::string filter{};
  bool typing = false;  ///< keys go into the filter
  bool help = false;
  bool paused = false;
  std::size_t page = 1;  ///< rows that a page has, as last laid out

 private:
  void type(const Key& key);
  Act letter(char c);
  void sort_by(int step);
  void move(std::ptrdiff_t by);
};

}  // namespace netweir::top
