// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "netweir/source.h"
#include "netweir/time.h"

namespace netweir::app {

/// Sets up the log on standard error. `level` is one of trace, debug, info, warn, error. Colour
/// only on a terminal and without NO_COLOR.
void open_log(std::string_view level);
void log(Note::Level level, std::string_view text);
/// Of something that was found earlier.
void log_at(WallTime at, Note::Level level, std::string_view text);

}  // namespace netweir::app
