// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "kit/json.h"

namespace netweir::test {

inline std::string without_replacements(std::string text) {
  constexpr std::string_view replacement = "\xef\xbf\xbd";
  for (auto at = text.find(replacement); at != std::string::npos; at = text.find(replacement, at)) {
    text.erase(at, replacement.size());
  }
  return text;
}

/// Whether `back`, which a JSON parser read, is `text`: well-formed UTF-8 comes back as it was, and
/// of the rest only the octets that are not are replaced.
inline bool same_text(const std::string& text, const std::string& back) {
  using Handler = nlohmann::json::error_handler_t;
  const auto kept =
      parse_json(nlohmann::json(text).dump(-1, ' ', false, Handler::ignore)).get<std::string>();
  return without_replacements(back) == without_replacements(kept) && (kept != text || back == text);
}

/// Whether a line holds nothing that ends it, or that a terminal acts on.
inline bool stays_on_one_line(std::string_view text) {
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f) return false;
  }
  if (text.find("\xe2\x80\xa8") != std::string_view::npos) return false;
  if (text.find("\xe2\x80\xa9") != std::string_view::npos) return false;
  for (auto at = text.find('\xc2'); at != std::string_view::npos; at = text.find('\xc2', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0) return false;
  }
  return true;
}

}  // namespace netweir::test
