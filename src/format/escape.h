// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

namespace netweir::format {

/// The most octets that one octet of text can become.
inline constexpr std::size_t escape_growth = 6;

/// Writes `text` as the inside of a JSON string from `to` on (rules: append_escaped in
/// netweir/text.h); returns the end. REQUIRES: room for escape_growth times the text.
char* put_escaped(char* to, std::string_view text) noexcept;

}  // namespace netweir::format
