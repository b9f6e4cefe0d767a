// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/table.h"

#include <algorithm>
#include <array>

#include "top/text.h"

namespace netweir::top {
namespace {

using Kind = Column::Kind;

constexpr std::array<Column, 9> sources{{{"SOURCE", Kind::text, 0},
                                         {"TYPE", Kind::text, 6},
                                         {"STATE", Kind::text, 2},
                                         {"SEEN/S", Kind::rate, 1},
                                         {"LOST/S", Kind::rate, 4},
                                         {"SEEN", Kind::count, 5},
                                         {"LOST", Kind::count, 3},
                                         {"LOST%", Kind::percent, 7},
                                         {"WHY", Kind::text, 8}}};

constexpr std::array<Column, 7> totals(std::string_view first, std::string_view second) {
  return {{{first, Kind::text, 0},
           {second, Kind::text, 1},
           {"PKT/S", Kind::rate, 3},
           {"BIT/S", Kind::rate, 2},
           {"PACKETS", Kind::count, 4},
           {"BYTES", Kind::count, 5},
           {"SOURCE", Kind::text, 6}}};
}
constexpr auto interfaces = totals("IN", "OUT");
constexpr auto talkers = totals("FROM", "TO");
constexpr auto protocols = totals("PROTO", "TO PORT");

/// The decimal digits at the front, without leading zeros.
std::string_view number_of(std::string_view text, std::size_t& used) noexcept {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  used = 0;
  while (used < text.size() && is_digit(text[used])) ++used;
  auto number = text.substr(0, used);
  while (number.starts_with('0')) number.remove_prefix(1);
  return number;
}

/// Numbers in a text by their value: 10.0.0.9 before 10.0.0.10, port 80 before 443.
bool before(std::string_view a, std::string_view b) noexcept {
  while (!a.empty() && !b.empty()) {
    std::size_t of_a = 0;
    std::size_t of_b = 0;
    const auto x = number_of(a, of_a);
    const auto y = number_of(b, of_b);
    if (of_a == 0 || of_b == 0) {
      if (a.front() != b.front()) return a < b;
      of_a = of_b = 1;
    } else if (x != y) {
      return x.size() != y.size() ? x.size() < y.size() : x < y;
    }
    a.remove_prefix(of_a);
    b.remove_prefix(of_b);
  }
  return a.empty() && !b.empty();
}

bool less(const Cell& a, const Cell& b, Kind kind) noexcept {
  return kind == Kind::text ? before(a.text, b.text) : a.value > b.value;
}

}  // namespace

std::string_view title(Pane pane) noexcept {
  constexpr std::array<std::string_view, panes> titles{"Sources", "Interfaces", "Talkers",
                                                       "Protocols"};
  return titles[static_cast<std::size_t>(pane)];
}

std::span<const Column> columns_of(Pane pane) noexcept {
  switch (pane) {
    case Pane::sources:
      return sources;
    case Pane::interfaces:
      return interfaces;
    case Pane::talkers:
      return talkers;
    case Pane::protocols:
      break;
  }
  return protocols;
}

Order order_by_rate(Pane pane) noexcept {
  return pane == Pane::sources ? Order{0, false} : Order{3, false};
}

Order order_by_total(Pane pane) noexcept {
  return pane == Pane::sources ? Order{0, false} : Order{5, false};
}

void sort(Table& table, const Order& order) {
  const auto columns = columns_of(table.pane);
  const auto at = std::min(order.column, columns.size() - 1);
  std::stable_sort(table.rows.begin(), table.rows.end(), [&](const Row& a, const Row& b) {
    if (a.rest != b.rest) return b.rest;
    const auto& left = order.reverse ? b : a;
    const auto& right = order.reverse ? a : b;
    return less(left.cells[at], right.cells[at], columns[at].kind);
  });
}

void filter(Table& table, std::string_view part) {
  if (part.empty()) return;
  const auto columns = columns_of(table.pane);
  table.hidden += std::erase_if(table.rows, [&](const Row& row) {
    if (row.rest) return true;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].kind == Kind::text && contains(row.cells[i].text, part)) return false;
    }
    return true;
  });
}

}  // namespace netweir::top
