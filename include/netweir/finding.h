// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace netweir {

/// One thing that a kind of source found on this machine, for a reader and for a program.
struct Finding {
  using Value = std::variant<bool, std::int64_t, std::string>;
  std::string text;                                          ///< one line
  std::vector<std::pair<std::string_view, Value>> fields{};  ///< the keys are literals
};

/// Findings of one sort: an array of that name in JSON, there also where it is empty.
struct FindingList {
  std::string_view name;  ///< a literal: "groups"
  std::vector<Finding> items{};
};

/// Where to look.
struct Place {
  std::string_view netns{};                   ///< as configured; empty = ours
  std::span<const std::string> interfaces{};  ///< those that the configuration names there
};

}  // namespace netweir
