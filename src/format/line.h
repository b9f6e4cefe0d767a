// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "format/escape.h"
#include "netweir/bytes.h"
#include "netweir/text.h"

namespace netweir::format {

/// Parts of a JSON line, written from `to` on; each returns the end. None checks for room: a line
/// is written in one go into room for its longest form (with_room). A plain pointer, since a
/// std::string or a writer object has to be stored back after every octet.
template <std::size_t N>
char* put_json(char* to, const char (&literal)[N]) noexcept {
  std::memcpy(to, literal, N - 1);
  return to + N - 1;
}
inline char* put_json(char* to, std::string_view text) noexcept {
  return to + text.copy(to, text.size());
}
template <std::same_as<bool> Bool>  // and not a pointer
char* put_json(char* to, Bool value) noexcept {
  return value ? put_json(to, "true") : put_json(to, "false");
}

inline constexpr std::size_t number_text = 24;  ///< "-2.2250738585072014e-308"
template <class T>
char* put_number(char* to, T value) noexcept {
  return std::to_chars(to, to + number_text, value).ptr;
}

/// A word, or where there is none the number that it would stand for.
inline char* put_word(char* to, std::string_view word, unsigned number) noexcept {
  if (word.empty()) return put_number(to, number);
  return put_json(put_json(put_json(to, "\""), word), "\"");
}

/// A key and a rate; nothing for the rate 1, and for what JSON has no number for.
inline char* put_sample_rate(char* to, double rate) noexcept {
  if (rate == 1 || !std::isfinite(rate)) return to;
  return put_number(put_json(to, ",\"sample_rate\":"), rate);
}

/// Seconds with nine decimals; a negative duration is 0.
inline char* put_seconds(char* to, std::chrono::nanoseconds duration) noexcept {
  constexpr std::int64_t second = 1'000'000'000;
  const auto ns = duration.count() < 0 ? 0 : duration.count();
  to = put_json(put_number(to, ns / second), ".");
  for (std::int64_t unit = second / 10; unit > 0; unit /= 10)
    *to++ = static_cast<char>('0' + ns / unit % 10);
  return to;
}

/// Two lower-case digits an octet.
inline char* put_hex(char* to, Bytes octets) noexcept {
  constexpr char digits[] = "0123456789abcdef";
  for (const auto octet : octets) {
    *to++ = digits[octet >> 4U];
    *to++ = digits[octet & 0xfU];
  }
  return to;
}

/// A key and a text; nothing for an empty one.
template <std::size_t N>
char* put_key_text(char* to, const char (&key)[N], std::string_view text) noexcept {
  if (text.empty()) return to;
  return put_json(put_escaped(put_json(to, key), text), "\"");
}

/// A key and its object, of the keys that `keys` writes, each after a comma. Nothing where there
/// are none.
template <std::size_t N, class Keys>
char* put_object(char* to, const char (&key)[N], Keys keys) noexcept {
  char* const open = put_json(to, key);
  char* const end = keys(open);
  if (end == open) return to;
  *open = '{';  // was the first comma
  return put_json(end, "}");
}

/// Room that is always enough for this text, escaped.
constexpr std::size_t room(std::string_view text) noexcept { return text.size() * escape_growth; }

/// Appends what `write` puts from its argument on. REQUIRES: that takes at most `octets`.
template <class Write>
void with_room(std::string& out, std::size_t octets, Write write) {
  std::array<char, 2048> line;  // not initialised: only what was written is read
  if (octets <= line.size()) {
    char* const end = write(line.data());
    out.append(line.data(), end);
    return;
  }
  const auto old = out.size();
  out.resize(old + octets);
  char* const end = write(out.data() + old);
  out.resize(static_cast<std::size_t>(end - out.data()));
}

}  // namespace netweir::format
