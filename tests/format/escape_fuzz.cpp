// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets become the inside of a JSON string, on one line, without controls; what is well-formed
// UTF-8 comes back as it was, and of the rest only the octets that are not are replaced. The judge
// of all this is nlohmann-json.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "format/escape.h"
#include "netweir/text.h"

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

std::string without_replacements(std::string text) {
  for (auto at = text.find(replacement); at != std::string::npos; at = text.find(replacement, at)) {
    text.erase(at, replacement.size());
  }
  return text;
}

void require(bool holds) {
  if (!holds) std::abort();
}

bool stays_on_one_line(std::string_view text) {
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f) return false;
  }
  if (text.find("\xe2\x80\xa8") != std::string_view::npos) return false;
  if (text.find("\xe2\x80\xa9") != std::string_view::npos) return false;
  for (auto at = text.find('\xc2'); at != std::string_view::npos; at = text.find('\xc2', at + 1)) {
    if (static_cast<unsigned char>(text[at + 1]) < 0xa0) return false;
  }
  return true;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  std::string escaped;
  netweir::append_escaped(escaped, text);
  require(escaped.size() <= size * netweir::format::escape_growth);

  std::string other(size * netweir::format::escape_growth, '\0');
  const char* end = netweir::format::put_escaped(other.data(), text);
  other.resize(static_cast<std::size_t>(end - other.data()));
  require(other == escaped);

  require(stays_on_one_line(escaped));
  const auto json = nlohmann::json::parse('"' + escaped + '"', nullptr, false);
  require(json.is_string());
  const auto back = json.get<std::string>();
  using Handler = nlohmann::json::error_handler_t;
  const auto kept =
      nlohmann::json::parse(nlohmann::json(text).dump(-1, ' ', false, Handler::ignore))
          .get<std::string>();
  require(without_replacements(back) == without_replacements(kept));
  if (kept == text) require(back == text);
  return 0;
}
