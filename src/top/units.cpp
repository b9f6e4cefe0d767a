// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace netweir::top {
namespace {

std::string fixed(double value, int places) {
  std::array<char, 400> text{};  // the longest double has 309 digits
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed, places)
          .ptr;
  return {text.data(), end};
}

}  // namespace

std::string human(double value) {
  if (std::isnan(value) || value < 0) return "-";
  if (value == 0) return "0";
  if (value < 0.05) return "<0.1";
  if (value < 9.95 && value != std::floor(value)) return fixed(value, 1);
  if (value < 999.5) return fixed(value, 0);
  constexpr std::string_view powers = "kMGTPE";
  for (const char power : powers) {
    value /= 1000;
    if (value < 9.995) return fixed(value, 2) + power;
    if (value < 99.95) return fixed(value, 1) + power;
    if (value < 999.5) return fixed(value, 0) + power;
  }
  return "999E+";
}

std::string count_text(double value) {
  constexpr double most = 99999;
  return value <= most ? digits(value) : human(value);
}

std::string digits(double value) {
  if (!std::isfinite(value) || value < 0) return "-";
  return fixed(std::round(value), 0);
}

}  // namespace netweir::top
