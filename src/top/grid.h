// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "top/table.h"
#include "top/text.h"

namespace netweir::top {

enum class Style : std::uint8_t { plain, title, header, selected, dim, bad };

/// One line of text, harmless, and how it looks.
struct Line {
  std::string text;
  Style style = Style::plain;
};

/// How a table becomes lines.
struct GridSettings {
  std::size_t width = std::numeric_limits<std::size_t>::max();  ///< columns at most
  Charset charset = Charset::ascii;
  bool exact = false;                     ///< counts with all their digits
  std::optional<Order> order{};           ///< its column is marked
  std::optional<std::size_t> selected{};  ///< a row of the table
};

/// A header, and `count` rows from `first` on. Numbers stand one below the other. What does not fit
/// is cut, first the texts, then whole columns by their rank. Pure.
std::vector<Line> grid(const Table& table, std::size_t first, std::size_t count,
                       const GridSettings& settings);

}  // namespace netweir::top
