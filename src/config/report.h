// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace netweir::config {

/// Where something stands in the file: line and column from 1, the column in octets. 0 = the whole
/// file.
struct Place {
  std::size_t line = 0, column = 0;
};

/// Collects problems in the order in which they are found. Bounded: a hostile file of 1 MiB has
/// room for half a million.
class Report {
 public:
  static constexpr std::size_t most = 1000;

  void add(Place at, std::string text);
  /// How many there were, also those beyond the bound.
  std::size_t count() const noexcept { return count_; }
  /// Whether the text of one more would not be kept.
  bool full() const noexcept { return count_ >= most; }
  /// In file order, with columns in characters of `yaml`.
  std::vector<Problem> take(std::string_view yaml) &&;

 private:
  std::vector<Problem> problems_;
  std::size_t count_ = 0;
};

/// `text` in backticks, harmless to a terminal and cut to a length that a message can bear.
std::string quoted(std::string_view text);

/// `text` with control octets (also the C1 ones of UTF-8) and invalid UTF-8 replaced by '?'.
std::string harmless(std::string_view text);

/// The octets of the UTF-8 sequence at the start of `text`, 0 where it is none (RFC 3629).
std::size_t utf8_length(std::string_view text) noexcept;

/// The word among `known` that is nearest to `word`, by edit distance; empty where none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);

/// What to say of a word that is not known: the nearest one, or all.
std::string instead(std::string_view word, const std::vector<std::string_view>& known);

/// The words of a list apart by spaces.
std::vector<std::string_view> words(std::string_view list);

bool contains(const std::vector<std::string_view>& list, std::string_view word) noexcept;

}  // namespace netweir::config
