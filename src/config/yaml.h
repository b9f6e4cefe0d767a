// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/report.h"

namespace netweir::config {

inline constexpr std::size_t max_file_octets = std::size_t{1} << 20U;
inline constexpr std::size_t max_depth = 32;        ///< lists and maps in one another
inline constexpr std::size_t max_brackets = 16384;  ///< of [ and {: bounds what yaml-cpp queues

struct Entry;

/// A value of the file and where it stands. A tree of at most max_depth levels.
struct YamlNode {
  enum class Kind : std::uint8_t {
    nothing,  ///< no value, ~ or null
    scalar,
    list,
    map,
    refused  ///< an alias or a tagged value, which has been reported
  };
  Kind kind = Kind::nothing;
  bool whole = true;    ///< false: the file could not be read to the end of this list or map
  bool quoted = false;  ///< a scalar in quotes or a block scalar: text, whatever it looks like
  Place at{};
  std::string text{};
  std::vector<YamlNode> items{};
  std::vector<Entry> entries;
};

/// A key, which is a scalar, and its value. Keys may repeat.
struct Entry {
  YamlNode key{}, value{};
};

struct Tree {
  YamlNode root;
  bool whole =
      true;  ///< false: the rest of the file could not be read, what came before it is here
};

/// Reads one YAML document without anchors, aliases, merge keys, tags and directives; what else
/// is not taken or not YAML goes to `report`. REQUIRES: no byte order mark at the start.
Tree parse_yaml(std::string_view yaml, Report& report);

}  // namespace netweir::config
