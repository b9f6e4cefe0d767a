// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "netweir/frame.h"
#include "netweir/option.h"

namespace netweir::dropmon {

/// Whether `text` is like `pattern`, in which `*` stands for any octets and `?` for one. Pure; no
/// allocation; at most about text times pattern steps.
bool is_like(std::string_view text, std::string_view pattern) noexcept;

/// Which drops the configuration wants.
struct Filter {
  bool software = true, hardware = true;
  /// Patterns for a reason, a place (also without its "+offset"), a trap or a group of traps.
  std::vector<std::string> hide;

  static Filter from(const Values& values);
  bool wants(const DropExtra& drop) const noexcept;
};

}  // namespace netweir::dropmon
