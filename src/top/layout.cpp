// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/layout.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "netweir/text.h"

namespace netweir::top {
namespace {

constexpr std::array<Pane, panes> all_panes{Pane::sources, Pane::interfaces, Pane::talkers,
                                            Pane::protocols};

constexpr std::array<std::string_view, 16> help_lines{
    "netweir top: what its sources see, and what was lost",
    "",
    "Tab, 1-4     the pane: sources, interfaces, talkers, protocols",
    "s, right     sort by the next column; left: by the one before",
    "r            the other way round",
    "/            filter: rows with this text; Enter keeps it, Esc clears it",
    "p            pause: the screen stands still, counting goes on",
    "up, down     select; PgUp, PgDn, Home, End",
    "Ctrl-L       draw all again",
    "h, ?         this page",
    "q            quit",
    "",
    "/S           a second, in the latest interval; counts are since the begin",
    "~1.2M +-30k  an estimate from samples or with loss, and its 95 % interval",
    "others       keys that have no row of their own",
    "any key goes back"};

std::string clock_text(WallTime at) {
  auto text = to_string(at);  // 2026-11-20T15:46:58.364123456Z
  constexpr std::size_t to_seconds = 19;
  constexpr std::size_t to_milliseconds = 23;
  const bool whole = at.time_since_epoch() % std::chrono::seconds{1} == std::chrono::nanoseconds{};
  text.resize(std::min(text.size(), whole ? to_seconds : to_milliseconds));
  return text + 'Z';
}

std::string duration_text(std::chrono::nanoseconds d) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

Table rows_of(const Model& model, const View& view, Pane pane) {
  auto table = model.table(pane);
  filter(table, view.filter);
  sort(table, view.of[static_cast<std::size_t>(pane)].order);
  return table;
}

std::string first_line(const Model& model, const View& view, const Words& words, Charset charset) {
  std::string text = "netweir top  " + harmless(words.host, charset);
  if (view.paused) text += "  PAUSED";
  if (!view.filter.empty()) text += "  filter: " + harmless(view.filter, charset);
  text += "  every " + duration_text(model.settings().interval);
  if (model.begun()) text += ", to " + clock_text(model.to());
  return text;
}

/// The names of the panes, and which rows of the chosen one are shown.
std::string tabs(const View& view, const Table& table, const Screenful& shown) {
  std::string text;
  for (const auto pane : all_panes) {
    const auto number = std::to_string(static_cast<unsigned>(pane) + 1U);
    if (!text.empty()) text += "  ";
    if (pane != view.pane) {
      text += number + " " + std::string(title(pane));
      continue;
    }
    text += "[" + number + " " + std::string(title(pane));
    const auto last = std::min(shown.offset + shown.page, table.rows.size());
    if (last > 0)
      text += " " + std::to_string(shown.offset + 1) + "-" + std::to_string(last) + "/" +
              std::to_string(table.rows.size());
    if (table.hidden > 0) text += ", " + std::to_string(table.hidden) + " hidden";
    text += "]";
  }
  return text;
}

std::string footer(const View& view, Charset charset) {
  if (view.typing) return "/" + harmless(view.filter, charset) + "_  Enter keeps it, Esc clears it";
  return "q quit  Tab 1-4 pane  s sort  r reverse  / filter  p pause  h help";
}

/// Rows of a pane that has not the keys; 0 = it is not shown.
std::size_t others_rows(std::size_t height) noexcept {
  constexpr std::size_t least = 18;
  constexpr std::size_t a_row_more = 6;
  constexpr std::size_t most = 6;
  return height < least ? 0 : std::min((height - a_row_more - a_row_more) / a_row_more, most);
}

void place(Screenful& shown, const View& view, std::size_t rows) noexcept {
  shown.selected = std::min(view.here().selected, rows == 0 ? 0 : rows - 1);
  shown.offset = std::min(view.here().offset, shown.selected);
  if (shown.selected >= shown.offset + shown.page) shown.offset = shown.selected - shown.page + 1;
  const auto furthest = rows > shown.page ? rows - shown.page : 0;
  shown.offset = std::min(shown.offset, furthest);
}

void pad(Line& line, std::size_t width) {
  if (line.style != Style::header && line.style != Style::selected && line.style != Style::title)
    return;
  const auto used = columns(line.text);
  if (used < width) line.text.append(width - used, ' ');
}

/// All panes: the one that has the keys gets what the others leave.
void put_panes(Screenful& shown, const Model& model, const View& view, std::size_t height,
               std::size_t others, const Table& chosen, const GridSettings& settings) {
  for (const auto pane : all_panes) {
    const bool here = pane == view.pane;
    if (!here && others == 0) continue;
    const auto table = here ? chosen : rows_of(model, view, pane);
    auto with = settings;
    with.order = view.of[static_cast<std::size_t>(pane)].order;
    if (here) with.selected = shown.selected;
    const auto rows = here ? shown.page : others;
    auto lines = grid(table, here ? shown.offset : 0, rows, with);
    if (table.rows.empty() && rows > 0)
      lines.push_back(
          {table.hidden > 0 ? "(the filter leaves nothing)" : "(nothing yet)", Style::dim});
    lines.resize(std::min(rows + 1, height));
    for (auto& line : lines) shown.lines.push_back(std::move(line));
  }
}

std::string plain_table(const Table& table, std::size_t most, Charset charset) {
  GridSettings settings;
  settings.charset = charset;
  settings.exact = true;
  std::string out;
  for (const auto& line : grid(table, 0, most, settings)) out += line.text + "\n";
  if (table.rows.size() > most) out += "(" + std::to_string(table.rows.size() - most) + " more)\n";
  return out + "\n";
}

}  // namespace

Screenful lay_out(const Model& model, const View& view, const Words& words, Size size,
                  Charset charset) {
  size.width = std::max<std::size_t>(size.width, 1);
  size.height = std::max<std::size_t>(size.height, 1);
  Screenful shown;
  if (view.help) {
    for (const auto line : help_lines) shown.lines.push_back({std::string(line), Style::plain});
    shown.lines.resize(std::min(shown.lines.size(), size.height));
    for (auto& line : shown.lines) line.text = cut(line.text, size.width);
    shown.page = view.page;
    shown.selected = view.here().selected;
    shown.offset = view.here().offset;
    return shown;
  }
  const bool has_tabs = size.height >= 6;
  const bool has_status = size.height >= 5;
  const bool has_footer = size.height >= 4 || (view.typing && size.height >= 2);
  const auto left =
      size.height - 1 - (has_tabs ? 1 : 0) - (has_status ? 1 : 0) - (has_footer ? 1 : 0);
  const auto others = others_rows(size.height);
  const auto of_others = others == 0 ? 0 : (panes - 1) * (others + 1);
  shown.page = left > of_others + 2 ? left - of_others - 1 : 1;
  const auto chosen = rows_of(model, view, view.pane);
  place(shown, view, chosen.rows.size());

  shown.lines.push_back({first_line(model, view, words, charset), Style::title});
  if (has_tabs) shown.lines.push_back({tabs(view, chosen, shown), Style::plain});
  GridSettings settings;
  settings.width = size.width;
  settings.charset = charset;
  const auto before = shown.lines.size();
  if (left > 0) put_panes(shown, model, view, left, others, chosen, settings);
  shown.lines.resize(before + left);
  if (has_status)
    shown.lines.push_back({harmless(words.status, charset), words.bad ? Style::bad : Style::dim});
  if (has_footer) shown.lines.push_back({footer(view, charset), Style::plain});
  for (auto& line : shown.lines) {
    line.text = cut(line.text, size.width);
    pad(line, size.width);
  }
  return shown;
}

void settle(View& view, const Screenful& shown) noexcept {
  view.here().selected = shown.selected;
  view.here().offset = shown.offset;
  view.page = shown.page;
}

std::string plain_interval(const Model& model, std::size_t most, Charset charset) {
  std::string out = "== " + clock_text(model.from()) + " to " + clock_text(model.to()) + "\n";
  for (const auto pane : all_panes) {
    auto table = model.table(pane);
    if (pane != Pane::sources) std::erase_if(table.rows, [](const Row& r) { return !r.current; });
    if (table.rows.empty()) continue;
    sort(table, order_by_rate(pane));
    out += plain_table(table, most, charset);
  }
  return out;
}

std::string plain_end(const Model& model, std::size_t most, Charset charset) {
  std::string out = "== end\n";
  for (const auto pane : all_panes) {
    auto table = model.table(pane);
    if (table.rows.empty()) continue;
    sort(table, order_by_total(pane));
    out += plain_table(table, most, charset);
  }
  return out;
}

}  // namespace netweir::top
