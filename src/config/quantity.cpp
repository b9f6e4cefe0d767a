// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/quantity.h"

#include <algorithm>
#include <array>
#include <span>

namespace netweir::config {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

constexpr std::array<Unit, 7> durations{{{"d", 86'400'000'000'000},
                                         {"h", 3'600'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"s", 1'000'000'000},
                                         {"ms", 1'000'000},
                                         {"us", 1'000},
                                         {"ns", 1}}};
constexpr std::array<Unit, 4> sizes{{{"GiB", std::int64_t{1} << 30},
                                     {"MiB", std::int64_t{1} << 20},
                                     {"KiB", std::int64_t{1} << 10},
                                     {"", 1}}};

/// What people write (in lower case), and the unit that they mean.
struct Alias {
  std::string_view written, unit;
};
constexpr std::array duration_aliases{Alias{"", "s"},
                                      Alias{"d", "d"},
                                      Alias{"day", "d"},
                                      Alias{"days", "d"},
                                      Alias{"h", "h"},
                                      Alias{"hr", "h"},
                                      Alias{"hrs", "h"},
                                      Alias{"hour", "h"},
                                      Alias{"hours", "h"},
                                      Alias{"m", "m"},
                                      Alias{"min", "m"},
                                      Alias{"mins", "m"},
                                      Alias{"minute", "m"},
                                      Alias{"minutes", "m"},
                                      Alias{"s", "s"},
                                      Alias{"sec", "s"},
                                      Alias{"secs", "s"},
                                      Alias{"second", "s"},
                                      Alias{"seconds", "s"},
                                      Alias{"ms", "ms"},
                                      Alias{"msec", "ms"},
                                      Alias{"msecs", "ms"},
                                      Alias{"millis", "ms"},
                                      Alias{"millisecond", "ms"},
                                      Alias{"us", "us"},
                                      Alias{"usec", "us"},
                                      Alias{"\u00b5s", "us"},
                                      Alias{"\u03bcs", "us"},
                                      Alias{"micros", "us"},
                                      Alias{"microseconds", "us"},
                                      Alias{"ns", "ns"},
                                      Alias{"nsec", "ns"},
                                      Alias{"nanoseconds", "ns"},
                                      Alias{"milliseconds", "ms"}};
constexpr std::array size_aliases{Alias{"", ""},      Alias{"b", ""},      Alias{"byte", ""},
                                  Alias{"bytes", ""}, Alias{"octets", ""}, Alias{"k", "KiB"},
                                  Alias{"kb", "KiB"}, Alias{"kib", "KiB"}, Alias{"m", "MiB"},
                                  Alias{"mb", "MiB"}, Alias{"mib", "MiB"}, Alias{"g", "GiB"},
                                  Alias{"gb", "GiB"}, Alias{"gib", "GiB"}};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view digits_of(std::string_view text) noexcept {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  return text.substr(0, n);
}

std::optional<std::int64_t> number(std::string_view digits) noexcept {
  std::int64_t value = 0;
  for (const char c : digits) {
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value) ||
        __builtin_add_overflow(value, std::int64_t{c - '0'}, &value)) {
      return std::nullopt;
    }
  }
  return value;
}

const Unit* unit_named(std::span<const Unit> units, std::string_view name) noexcept {
  for (const auto& unit : units) {
    if (unit.name == name) return &unit;
  }
  return nullptr;
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// "1.5 MB" as it should be written: "1536KiB"; empty where that cannot be said.
std::string meant(std::string_view text, std::span<const Unit> units,
                  std::span<const Alias> aliases) {
  text = trimmed(text);
  const auto whole = digits_of(text);
  if (whole.empty() || whole.size() > 18) return {};
  text.remove_prefix(whole.size());
  std::string_view fraction;
  if (text.starts_with('.')) {
    fraction = digits_of(text.substr(1));
    if (fraction.empty() || fraction.size() > 9) return {};
    text.remove_prefix(1 + fraction.size());
  }
  std::string word(trimmed(text));
  for (char& c : word) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const Unit* unit = nullptr;
  for (const auto& alias : aliases) {
    if (alias.written == word) unit = unit_named(units, alias.unit);
  }
  if (unit == nullptr) return {};
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  if (fraction.empty()) return std::to_string(*number(whole)) + std::string(unit->name);

  std::int64_t scale = 1;
  for (std::size_t i = 0; i < fraction.size(); ++i) scale *= 10;
  std::int64_t total = 0;
  std::int64_t part = 0;
  if (__builtin_mul_overflow(*number(whole), unit->factor, &total) ||
      __builtin_mul_overflow(*number(fraction), unit->factor, &part) || part % scale != 0 ||
      __builtin_add_overflow(total, part / scale, &total)) {
    return {};
  }
  for (const auto& u : units) {  // the largest unit that has no fraction
    if (total % u.factor == 0) return std::to_string(total / u.factor) + std::string(u.name);
  }
  return {};
}

/// Terms of digits and a unit, from the largest unit down; only one where `sums` is false.
Quantity read(std::string_view text, std::span<const Unit> units, std::span<const Alias> aliases,
              bool sums) {
  std::string_view rest = text;
  std::int64_t total = 0;
  std::int64_t last = 0;
  bool overflow = false;
  bool good = !rest.empty();
  while (good && !rest.empty()) {
    const auto digits = digits_of(rest);
    rest.remove_prefix(digits.size());
    std::size_t n = 0;
    while (n < rest.size() && !is_digit(rest[n])) ++n;
    const Unit* unit = unit_named(units, rest.substr(0, n));
    rest.remove_prefix(n);
    if (digits.empty() || unit == nullptr || (last != 0 && (!sums || unit->factor >= last))) {
      good = false;
      break;
    }
    last = unit->factor;
    const auto count = number(digits);
    std::int64_t term = 0;
    overflow = overflow || !count || __builtin_mul_overflow(*count, unit->factor, &term) ||
               __builtin_add_overflow(total, term, &total);
  }
  Quantity q;
  if (good) {
    q.state = overflow ? Quantity::State::too_large : Quantity::State::good;
    q.value = total;
    return q;
  }
  if (text.starts_with('-') && !meant(text.substr(1), units, aliases).empty()) {
    q.state = Quantity::State::negative;
    return q;
  }
  q.hint = meant(text, units, aliases);
  return q;
}

}  // namespace

Quantity read_integer(std::string_view text) {
  Quantity q;
  const bool minus = text.starts_with('-');
  const auto body = text.substr(minus ? 1 : 0);
  const auto digits = digits_of(body);
  if (digits.empty() || digits.size() != body.size()) return q;
  if (digits.size() > 1 && digits[0] == '0') {
    const auto first = std::min(digits.find_first_not_of('0'), digits.size() - 1);
    q.hint = (minus ? "-" : "") + std::string(digits.substr(first));
    return q;
  }
  const auto value = number(digits);
  q.state = value ? Quantity::State::good : Quantity::State::too_large;
  q.value = value.value_or(0);
  if (minus) {
    q.value = -q.value;
    if (!value) q.state = Quantity::State::negative;
  }
  return q;
}

Quantity read_size(std::string_view text) { return read(text, sizes, size_aliases, false); }

Quantity read_duration(std::string_view text) {
  return read(text, durations, duration_aliases, true);
}

}  // namespace netweir::config
