// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace netweir::top {

/// Whether a screen can be drawn on the terminal of standard output, as far as TERM says. Asks the
/// terminal nothing.
bool has_screen();

/// A string of the current terminal's description, ready to be written; empty = it has none.
std::string capability(const char* name);

}  // namespace netweir::top
