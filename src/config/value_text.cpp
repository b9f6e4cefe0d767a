// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "config/value.h"

namespace netweir::config {
namespace {

std::string hex_escape(unsigned char octet) {
  static constexpr std::string_view digits = "0123456789abcdef";
  return {'\\', 'x', digits[octet >> 4U], digits[octet & 0x0FU]};
}

}  // namespace

std::string duration_text(std::chrono::nanoseconds value) {
  struct Unit {
    std::string_view name;
    std::int64_t factor;
  };
  static constexpr std::array<Unit, 6> units{{{"h", 3'600'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"s", 1'000'000'000},
                                              {"ms", 1'000'000},
                                              {"us", 1'000},
                                              {"ns", 1}}};
  const auto n = value.count();
  if (n == 0) return "0s";
  for (const auto& unit : units) {
    if (n % unit.factor == 0) return std::to_string(n / unit.factor) + std::string(unit.name);
  }
  return {};
}

std::string size_text(std::int64_t octets) {
  struct Unit {
    std::string_view name;
    unsigned shift;
  };
  static constexpr std::array<Unit, 3> units{{{"GiB", 30}, {"MiB", 20}, {"KiB", 10}}};
  for (const auto& unit : units) {
    const std::int64_t factor = std::int64_t{1} << unit.shift;
    if (octets != 0 && octets % factor == 0) {
      return std::to_string(octets / factor) + std::string(unit.name);
    }
  }
  return std::to_string(octets);
}

std::string text_text(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto plain = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  };
  static constexpr std::array<std::string_view, 10> not_text{
      "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE", "y"};
  if (!text.empty() && letter(text[0]) && std::all_of(text.begin(), text.end(), plain) &&
      std::find(not_text.begin(), not_text.end(), text) == not_text.end()) {
    return std::string(text);
  }
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (octet < 0x20 || octet == 0x7F) {
      out += hex_escape(octet);
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string value_text(const Option& option, const OptionValue& value) {
  const auto list = [](const auto& items, const auto& text) {
    std::string out = "[";
    for (const auto& item : items) {
      if (out.size() > 1) out += ", ";
      out += text(item);
    }
    return out + "]";
  };
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return option.type == OptionType::size ? size_text(*number) : std::to_string(*number);
  }
  if (const auto* time = std::get_if<std::chrono::nanoseconds>(&value)) {
    return duration_text(*time);
  }
  if (const auto* text = std::get_if<std::string>(&value)) return text_text(*text);
  if (const auto* numbers = std::get_if<std::vector<std::int64_t>>(&value)) {
    return list(*numbers, [](std::int64_t n) { return std::to_string(n); });
  }
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    return list(*texts, [](const std::string& t) { return text_text(t); });
  }
  if (const auto* map = std::get_if<std::map<std::string, std::int64_t, std::less<>>>(&value)) {
    const auto all = words(option.choices);
    std::string out = list(*map, [&](const auto& entry) {
      const auto place = static_cast<std::size_t>(entry.second);
      return (option.key_max > 0 ? entry.first : text_text(entry.first)) + ": " +
             (place < all.size() ? std::string(all[place]) : std::to_string(entry.second));
    });
    out.front() = '{';
    out.back() = '}';
    return out;
  }
  return {};
}

}  // namespace netweir::config
