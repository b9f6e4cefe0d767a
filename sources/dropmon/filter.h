// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "netweir/frame.h"
#include "netweir/option.h"

namespace netweir::dropmon {

/// Which drops the configuration wants.
struct Filter {
  bool software = true, hardware = true;
  /// Patterns for a reason, a place (also without its "+offset"), a trap or a group of traps.
  std::vector<std::string> hide;

  static Filter from(const Values& values);
  bool wants(const DropExtra& drop) const noexcept;
};

}  // namespace netweir::dropmon
