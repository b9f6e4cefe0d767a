// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/escape.h"

#include <cstdint>
#include <cstring>

#include "netweir/text.h"

namespace netweir {
namespace {

constexpr std::uint8_t octet(std::string_view text, std::size_t i) noexcept {
  return static_cast<std::uint8_t>(text[i]);
}

struct Plain {
  bool at[256]{};
  constexpr Plain() {
    for (unsigned c = 0x20; c < 0x7f; ++c) at[c] = c != '"' && c != '\\';
  }
};
constexpr Plain plain;  // octets that stand for themselves

/// Length of the well-formed sequence at the front of `text` (Unicode 15, table 3-7); 0 = none.
/// REQUIRES: text is not empty and its first octet is 0x80 or more.
std::size_t sequence(std::string_view text) noexcept {
  const unsigned first = octet(text, 0);
  std::size_t length = 0;
  unsigned low = 0x80;
  unsigned high = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    if (first == 0xe0) low = 0xa0;   // else overlong
    if (first == 0xed) high = 0x9f;  // else a surrogate
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    if (first == 0xf0) low = 0x90;   // else overlong
    if (first == 0xf4) high = 0x8f;  // else beyond U+10FFFF
  }
  if (length == 0 || text.size() < length) return 0;
  if (octet(text, 1) < low || octet(text, 1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((octet(text, i) & 0xc0U) != 0x80U) return 0;
  }
  return length;
}

/// Well-formed, but a reader may take it for the end of a line or for a control: C1 controls (NEL
/// is one), U+2028 and U+2029.
bool breaks_lines(std::string_view text, std::size_t length) noexcept {
  if (length == 2) return octet(text, 0) == 0xc2 && octet(text, 1) < 0xa0;
  return length == 3 && octet(text, 0) == 0xe2 && octet(text, 1) == 0x80 &&
         (octet(text, 2) == 0xa8 || octet(text, 2) == 0xa9);
}

char* put_unicode(char* to, unsigned code) noexcept {
  constexpr char digits[] = "0123456789abcdef";
  const char text[6] = {'\\',
                        'u',
                        digits[code >> 12U & 0xfU],
                        digits[code >> 8U & 0xfU],
                        digits[code >> 4U & 0xfU],
                        digits[code & 0xfU]};
  std::memcpy(to, text, sizeof text);
  return to + sizeof text;
}

char* put_control(char* to, unsigned c) noexcept {
  constexpr std::string_view from = "\"\\\b\t\n\f\r";
  constexpr std::string_view letters = "\"\\btnfr";
  const auto i = from.find(static_cast<char>(c));
  if (i == std::string_view::npos) return put_unicode(to, c);
  *to++ = '\\';
  *to++ = letters[i];
  return to;
}

/// How much of the front needs no escape.
std::size_t plain_length(std::string_view text) noexcept {
  std::size_t i = 0;
  while (i < text.size()) {
    if (plain.at[octet(text, i)]) {
      ++i;
      continue;
    }
    if (octet(text, i) < 0x80) break;
    const auto rest = text.substr(i);
    const auto length = sequence(rest);
    if (length == 0 || breaks_lines(rest, length)) break;
    i += length;
  }
  return i;
}

/// Writes what stands for the front of `text`, which is not plain, and takes it off.
char* put_special(char* to, std::string_view& text) noexcept {
  const unsigned first = octet(text, 0);
  std::size_t used = 1;
  if (first < 0x80) {
    to = put_control(to, first);
  } else if (const auto length = sequence(text); length == 0) {
    to = put_unicode(to, 0xfffd);
  } else {
    used = length;
    to = put_unicode(to, length == 2 ? octet(text, 1) : 0x2000U + (octet(text, 2) & 0x3fU));
  }
  text.remove_prefix(used);
  return to;
}

}  // namespace

namespace format {

char* put_escaped(char* to, std::string_view text) noexcept {
  for (;;) {
    std::size_t i = 0;  // most texts are short and end in this loop
    for (; i < text.size() && plain.at[octet(text, i)]; ++i) to[i] = text[i];
    to += i;
    text.remove_prefix(i);
    if (text.empty()) return to;
    const auto length = plain_length(text);
    to += text.copy(to, length);
    text.remove_prefix(length);
    if (text.empty()) return to;
    to = put_special(to, text);
  }
}

}  // namespace format

void append_escaped(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto length = plain_length(text);
    out.append(text.data(), length);
    text.remove_prefix(length);
    if (text.empty()) return;
    char special[format::escape_growth];
    out.append(special, put_special(special, text));
  }
}

}  // namespace netweir
