// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/grid.h"

#include <algorithm>
#include <span>
#include <utility>

#include "top/units.h"

namespace netweir::top {
namespace {

using Kind = Column::Kind;

constexpr std::size_t least_text = 20;    // columns, before others go
constexpr std::size_t least_of_few = 6;   // before those go that matter most
constexpr std::uint8_t matters = 2;       // ranks up to this
constexpr std::size_t least_number = 7;   // so that columns stand still
constexpr std::uint8_t error_rank = 100;  // what an error adds to the rank of its number

struct Shape {
  std::size_t width = 0;
  std::size_t gap = 2;  ///< before it
  std::uint8_t rank = 0;
  bool left = false;
  std::size_t field = 0;  ///< whose it is
};

/// One column of text to be: a column of the table, or the errors of one.
struct Field {
  std::string title;
  std::vector<std::string> texts{};
  Shape shape{};
};

std::string number(const Cell& cell, Kind kind, bool exact) {
  std::string text;
  if (cell.at_least) text += ">=";
  if (cell.plus_minus > 0) text += '~';
  if (kind == Kind::count) return text + (exact ? digits(cell.value) : count_text(cell.value));
  return text + human(cell.value);
}

std::string error(const Cell& cell, const GridSettings& settings) {
  if (cell.plus_minus <= 0) return {};
  return (settings.charset == Charset::utf8 ? "\u00b1" : "+-") + human(cell.plus_minus);
}

void measure(Field& field) {
  auto& width = field.shape.width;
  width = columns(field.title);
  for (const auto& text : field.texts) width = std::max(width, columns(text));
  if (!field.shape.left) width = std::max(width, least_number);
}

std::vector<Field> fields_of(const Table& table, std::span<const Row> rows,
                             const GridSettings& settings) {
  std::vector<Field> fields;
  const auto all = columns_of(table.pane);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& column = all[i];
    const bool text = column.kind == Kind::text;
    Field field{.title = std::string(column.title), .shape = {.rank = column.rank, .left = text}};
    if (settings.order && settings.order->column == i) {
      field.title += settings.order->reverse ? '^' : 'v';
      field.shape.rank = std::min(field.shape.rank, matters);
    }
    Field errors{.title = {}, .shape = {.gap = 1, .left = true}};
    for (const auto& row : rows) {
      const auto& cell = row.cells[i];
      field.texts.push_back(text ? harmless(cell.text, settings.charset)
                                 : number(cell, column.kind, settings.exact));
      errors.texts.push_back(error(cell, settings));
    }
    measure(field);
    measure(errors);
    fields.push_back(std::move(field));
    if (errors.shape.width == 0) continue;
    // Of an estimate the ~ stays.
    errors.shape.rank = static_cast<std::uint8_t>(error_rank + column.rank);
    fields.push_back(std::move(errors));
  }
  return fields;
}

using Shapes = std::vector<Shape>;

std::size_t total(const Shapes& shapes) {
  std::size_t sum = 0;
  for (const auto& s : shapes) sum += s.gap + s.width;
  return sum;
}

/// Takes columns from the widest texts, down to `least` each.
void shrink(Shapes& shapes, std::size_t width, std::size_t least) {
  for (auto all = total(shapes); all > width; --all) {
    Shape* widest = nullptr;
    for (auto& s : shapes) {
      const bool text = s.left && s.gap != 1;
      if (text && s.width > least && (widest == nullptr || s.width > widest->width)) widest = &s;
    }
    if (widest == nullptr) return;
    --widest->width;
  }
}

/// What of the fields is shown, and how wide.
Shapes fit(const std::vector<Field>& fields, std::size_t width) {
  Shapes shapes;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    shapes.push_back(fields[i].shape);
    shapes.back().field = i;
    if (i == 0) shapes.back().gap = 0;
  }
  while (true) {
    const auto last =
        std::max_element(shapes.begin(), shapes.end(),
                         [](const Shape& a, const Shape& b) { return a.rank < b.rank; });
    auto tried = shapes;
    const bool few = last == shapes.end() || last->rank <= matters;
    shrink(tried, width, few ? least_of_few : least_text);
    if (total(tried) <= width || last == shapes.end() || last->rank == 0) {
      shrink(tried, width, 1);
      return tried;
    }
    shapes.erase(last);
  }
}

void append(std::string& line, const Shape& shape, const std::string& text) {
  const auto shown = cut(text, shape.width);
  const std::string fill(shape.width - columns(shown), ' ');
  line.append(shape.gap, ' ');
  line += shape.left ? shown + fill : fill + shown;
}

Line finished(std::string text, Style style, std::size_t width) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return {cut(text, width), style};
}

Style style_of(const Row& row, bool selected) {
  if (selected) return Style::selected;
  if (row.mood == Row::Mood::bad) return Style::bad;
  return row.current ? Style::plain : Style::dim;
}

}  // namespace

std::vector<Line> grid(const Table& table, std::size_t first, std::size_t count,
                       const GridSettings& settings) {
  first = std::min(first, table.rows.size());
  count = std::min(count, table.rows.size() - first);
  const auto rows = std::span(table.rows).subspan(first, count);
  const auto fields = fields_of(table, rows, settings);
  const auto shapes = fit(fields, settings.width);
  std::vector<Line> lines;
  std::string header;
  for (const auto& s : shapes) append(header, s, fields[s.field].title);
  lines.push_back(finished(std::move(header), Style::header, settings.width));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::string line;
    for (const auto& s : shapes) append(line, s, fields[s.field].texts[i]);
    const bool selected = settings.selected && *settings.selected == first + i;
    lines.push_back(finished(std::move(line), style_of(rows[i], selected), settings.width));
  }
  return lines;
}

}  // namespace netweir::top
