// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace netweir::top {
namespace {

struct Char {
  char32_t code = 0;
  std::size_t octets = 1;
  bool valid = false;
};

/// The first character (RFC 3629: shortest form, no surrogates). REQUIRES: not empty.
Char first_of(std::string_view text) noexcept {
  const auto octet = [text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const char32_t lead = octet(0);
  if (lead < 0x80) return {lead, 1, true};
  std::size_t length = 0;
  char32_t least = 0;
  char32_t code = 0;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2, least = 0x80, code = lead & 0x1fU;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3, least = 0x800, code = lead & 0x0fU;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4, least = 0x10000, code = lead & 0x07U;
  }
  if (length == 0 || text.size() < length) return {};
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xc0U) != 0x80) return {};
    code = code << 6U | (octet(i) & 0x3fU);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < least || code > 0x10ffff || surrogate) return {};
  return {code, length, true};
}

struct Range {
  char32_t from, to;
};

/// Unicode 15: letters and signs of one column, none that joins, combines or turns the direction.
constexpr std::array<Range, 8> narrow{{{0x20, 0x7e},
                                       {0xa1, 0xac},
                                       {0xae, 0xff},
                                       {0x100, 0x24f},
                                       {0x391, 0x3a1},
                                       {0x3a3, 0x3c9},
                                       {0x400, 0x481},
                                       {0x48a, 0x4ff}}};
/// Of East Asian width W.
constexpr std::array<Range, 4> wide{
    {{0x3041, 0x3096}, {0x30a1, 0x30fa}, {0x4e00, 0x9fff}, {0xac00, 0xd7a3}}};

template <std::size_t N>
bool in(const std::array<Range, N>& ranges, char32_t code) noexcept {
  return std::any_of(ranges.begin(), ranges.end(),
                     [code](const Range& r) { return code >= r.from && code <= r.to; });
}

void append_hex(std::string& out, char32_t value, unsigned digits) {
  while (digits < 6 && value >> (4 * digits) != 0) ++digits;
  while (digits > 0) out += "0123456789abcdef"[value >> (4 * --digits) & 0xfU];
}

void append_escape(std::string& out, std::string_view octets, const Char& c) {
  if (c.valid && c.code >= 0x80) {
    out += "\\u{";
    append_hex(out, c.code, 2);
    out += '}';
    return;
  }
  out += "\\x";
  append_hex(out, static_cast<std::uint8_t>(octets.front()), 2);
}

std::size_t width_of(char32_t code) noexcept { return in(wide, code) ? 2 : 1; }

char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::string harmless(std::string_view octets, Charset charset) {
  std::string out;
  while (!octets.empty()) {
    const auto c = first_of(octets);
    const bool known = c.code < 0x80 || charset == Charset::utf8;
    if (c.valid && known && (in(narrow, c.code) || in(wide, c.code))) {
      out += octets.substr(0, c.octets);
    } else {
      append_escape(out, octets, c);
    }
    octets.remove_prefix(c.octets);
  }
  return out;
}

std::size_t columns(std::string_view text) noexcept {
  std::size_t sum = 0;
  while (!text.empty()) {
    const auto c = first_of(text);
    sum += width_of(c.code);
    text.remove_prefix(c.octets);
  }
  return sum;
}

std::string cut(std::string_view text, std::size_t width) {
  if (columns(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const auto c = first_of(text);
    used += width_of(c.code);
    if (used >= width) break;  // the last column is the mark's
    out += text.substr(0, c.octets);
    text.remove_prefix(c.octets);
  }
  return out + '~';
}

bool contains(std::string_view text, std::string_view part) noexcept {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return part.empty() ||
         std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

}  // namespace netweir::top
