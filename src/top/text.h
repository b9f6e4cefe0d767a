// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace netweir::top {

/// What the reader can show.
enum class Charset : std::uint8_t { ascii, utf8 };

/// Any octets as text that a terminal shows and does not obey: one line, left to right, every
/// character one or two columns wide. Letters that are surely so stay (of UTF-8: Latin, Greek,
/// Cyrillic, CJK and Hangul); all else becomes \xff, \u{202e} and the like.
std::string harmless(std::string_view octets, Charset charset);

/// Columns of a terminal that harmless text takes.
std::size_t columns(std::string_view text) noexcept;

/// The front of harmless text, at most so many columns; what was cut ends in ~.
std::string cut(std::string_view text, std::size_t width);

/// Whether `part` is somewhere in `text`; letters of ASCII in either case.
bool contains(std::string_view text, std::string_view part) noexcept;

}  // namespace netweir::top
