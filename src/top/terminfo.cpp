// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/terminfo.h"

#include <unistd.h>

#include <string_view>

// term.h has macros called lines, tab, columns: it stays in this file.
#include <curses.h>
#include <term.h>

namespace netweir::top {

bool has_screen() {
  int why = 0;
  if (::setupterm(nullptr, STDOUT_FILENO, &why) != OK) return false;
  const bool moves = !capability("cup").empty();
  (void)::del_curterm(cur_term);
  return moves;
}

std::string capability(const char* name) {
  const char* text = ::tigetstr(name);
  std::string out;
  // NOLINTNEXTLINE(performance-no-int-to-ptr): what tigetstr() gives for no string
  if (text == nullptr || text == reinterpret_cast<const char*>(-1)) return out;
  std::string_view rest(text);
  while (!rest.empty()) {
    // A padding, $<5>, is for terminals that are slow.
    const auto end = rest.starts_with("$<") ? rest.find('>') : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += rest.front();
      rest.remove_prefix(1);
    } else {
      rest.remove_prefix(end + 1);
    }
  }
  return out;
}

}  // namespace netweir::top
