// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/report.h"

namespace netweir::config {

namespace {

std::string_view line_of(std::string_view yaml, std::size_t line) {
  for (; line > 1; --line) {
    const auto end = yaml.find('\n');
    if (end == std::string_view::npos) return {};
    yaml.remove_prefix(end + 1);
  }
  yaml = yaml.substr(0, std::min(yaml.find('\n'), yaml.size()));
  if (yaml.ends_with('\r')) yaml.remove_suffix(1);
  return yaml;
}

/// Where each character of a line begins, and its end.
std::vector<std::size_t> characters(std::string_view line) {
  std::vector<std::size_t> at;
  for (std::size_t i = 0; i < line.size();) {
    at.push_back(i);
    i += std::max<std::size_t>(utf8_length(line.substr(i)), 1);
  }
  at.push_back(line.size());
  return at;
}

}  // namespace

std::string describe(const Problem& problem, std::string_view file, std::string_view yaml) {
  constexpr std::size_t widest = 120;  // of the line shown, in characters
  std::string out = harmless(file);
  if (problem.line == 0) return out + ": error: " + harmless(problem.text) + "\n";
  out += ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column) +
         ": error: " + harmless(problem.text) + "\n";

  if (yaml.starts_with("\xEF\xBB\xBF")) yaml.remove_prefix(3);
  const auto line = line_of(yaml, problem.line);
  const auto at = characters(line);
  const std::size_t length = at.size() - 1;
  const std::size_t caret = std::min(problem.column == 0 ? 0 : problem.column - 1, length);
  std::size_t first = 0;
  std::size_t last = length;
  if (length > widest) {
    first = caret > widest / 2 ? std::min(caret - widest / 2, length - widest) : 0;
    last = first + widest;
  }
  std::string shown = first > 0 ? "..." : "";
  std::string under(shown.size(), ' ');
  for (std::size_t i = first; i < last; ++i) {
    const auto character = line.substr(at[i], at[i + 1] - at[i]);
    const bool tab = character == "\t";
    shown += tab ? "\t" : harmless(character);
    if (i < caret) under += tab ? '\t' : ' ';
  }
  if (last < length) shown += "...";
  return out + "    " + shown + "\n    " + under + "^\n";
}

}  // namespace netweir::config
