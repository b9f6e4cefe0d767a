// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace netweir::top {

enum class Pane : std::uint8_t { sources, interfaces, talkers, protocols };
inline constexpr std::size_t panes = 4;
std::string_view title(Pane pane) noexcept;

struct Column {
  enum class Kind : std::uint8_t { text, rate, count, percent };
  std::string_view title;
  Kind kind = Kind::text;
  std::uint8_t rank = 0;  ///< the highest goes first where there is no room for all; 0 never does
};
std::span<const Column> columns_of(Pane pane) noexcept;

/// A text of any octets, or a number.
struct Cell {
  std::string text{};
  double value = 0;
  double plus_minus = 0;  ///< the larger half of the 95 % interval; 0 = exact
  bool at_least = false;
};

struct Row {
  enum class Mood : std::uint8_t { plain, good, bad };
  std::vector<Cell> cells;  ///< by columns_of()
  bool rest = false;        ///< of all that has no row of its own: always last
  bool current = true;      ///< it has something in the latest interval
  Mood mood = Mood::plain;
};

/// The rows of a pane.
struct Table {
  Pane pane = Pane::sources;
  std::vector<Row> rows;
  std::size_t hidden = 0;  ///< rows that the filter leaves out
};

/// By which column, and how. Texts rise and numbers fall unless `reverse`.
struct Order {
  std::size_t column = 0;
  bool reverse = false;
};
Order order_by_rate(Pane pane) noexcept;
Order order_by_total(Pane pane) noexcept;

void sort(Table& table, const Order& order);
/// Leaves the rows one of whose texts has `part` in it; those of the rest go too.
void filter(Table& table, std::string_view part);

}  // namespace netweir::top
