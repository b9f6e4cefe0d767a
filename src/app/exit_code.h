// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "netweir/result.h"

namespace netweir::app {

/// The exit codes of docs/netweir.1 (sysexits.h).
enum ExitCode : int {
  ok = 0,
  usage = 64,
  bad_data = 65,
  no_input = 66,
  unavailable = 69,
  internal = 70,
  os_error = 71,
  cannot_create = 73,
  no_permission = 77,
  bad_config = 78
};

/// The code for an error of a source.
ExitCode exit_code(const Error& error) noexcept;

/// Prints "netweir: error: WHAT" and, on a line of its own, what mends it.
void complain(const Error& error);

}  // namespace netweir::app
