// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/view.h"

#include <limits>

namespace netweir::top {
namespace {

using Code = Key::Code;

constexpr std::size_t longest_filter = 256;  // octets
constexpr auto far = std::numeric_limits<std::ptrdiff_t>::max() / 2;

Pane pane_at(std::size_t i) noexcept { return static_cast<Pane>(i % panes); }

}  // namespace

View::View(bool by_total) {
  for (std::size_t i = 0; i < panes; ++i)
    of[i].order = by_total ? order_by_total(pane_at(i)) : order_by_rate(pane_at(i));
}

void View::type(const Key& key) {
  switch (key.code) {
    case Code::escape:
      filter.clear();
      typing = false;
      break;
    case Code::enter:
      typing = false;
      break;
    case Code::backspace:
      while (!filter.empty() && (static_cast<unsigned char>(filter.back()) & 0xc0U) == 0x80)
        filter.pop_back();
      if (!filter.empty()) filter.pop_back();
      break;
    case Code::text:
      if (filter.size() + key.text.size() <= longest_filter) filter += key.text;
      break;
    default:
      break;
  }
}

void View::move(std::ptrdiff_t by) {
  auto& at = here().selected;
  if (by < 0) {
    const auto back = static_cast<std::size_t>(-by);
    at = at > back ? at - back : 0;
  } else {
    at += static_cast<std::size_t>(by);
  }
}

void View::sort_by(int step) {
  auto& order = here().order;
  const auto n = columns_of(pane).size();
  order.column = step > 0 ? (order.column + 1) % n : (order.column + n - 1) % n;
  order.reverse = false;
}

View::Act View::letter(char c) {
  switch (c) {
    case 'q':
      return Act::quit;
    case '1':
    case '2':
    case '3':
    case '4':
      pane = pane_at(static_cast<std::size_t>(c - '1'));
      break;
    case 's':
      sort_by(1);
      break;
    case 'r':
      here().order.reverse = !here().order.reverse;
      break;
    case '/':
      typing = true;
      break;
    case 'p':
      paused = !paused;
      return Act::pause;
    case 'h':
    case '?':
      help = true;
      break;
    default:
      break;
  }
  return Act::none;
}

View::Act View::press(const Key& key) {
  if (key.code == Code::redraw) return Act::redraw;
  if (help) {
    help = false;
    return key.code == Code::text && key.text == "q" ? Act::quit : Act::none;
  }
  if (typing) {
    type(key);
    return Act::none;
  }
  const auto page_rows = static_cast<std::ptrdiff_t>(page);
  switch (key.code) {
    case Code::text:
      return key.text.size() == 1 ? letter(key.text.front()) : Act::none;
    case Code::escape:
      filter.clear();
      break;
    case Code::tab:
      pane = pane_at(static_cast<std::size_t>(pane) + 1);
      break;
    case Code::back_tab:
      pane = pane_at(static_cast<std::size_t>(pane) + panes - 1);
      break;
    case Code::left:
      sort_by(-1);
      break;
    case Code::right:
      sort_by(1);
      break;
    case Code::up:
      move(-1);
      break;
    case Code::down:
      move(1);
      break;
    case Code::page_up:
      move(-page_rows);
      break;
    case Code::page_down:
      move(page_rows);
      break;
    case Code::home:
      move(-far);
      break;
    case Code::end:
      move(far - static_cast<std::ptrdiff_t>(here().selected));
      break;
    default:
      break;
  }
  return Act::none;
}

}  // namespace netweir::top
