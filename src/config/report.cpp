// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/report.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace netweir::config {

namespace {

constexpr std::size_t longest_word = 64;  // bounds the cost of an edit distance

/// Octets as characters on the way to a place, for problems in file order.
class Characters {
 public:
  explicit Characters(std::string_view yaml) : yaml_(yaml) {}

  std::size_t column(std::size_t line, std::size_t octet) {
    while (line_ < line && next_ < yaml_.size()) {
      if (yaml_[next_++] == '\n') {
        ++line_;
        start_ = next_;
        characters_ = 0;
      }
    }
    while (next_ < yaml_.size() && next_ - start_ + 1 < octet && yaml_[next_] != '\n') {
      if ((static_cast<unsigned char>(yaml_[next_++]) & 0xC0U) != 0x80) ++characters_;
    }
    return characters_ + 1;
  }

 private:
  std::string_view yaml_;
  std::size_t line_ = 1, start_ = 0, next_ = 0, characters_ = 0;
};

char folded(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return static_cast<char>(c - 'A' + 'a');
  return c == '-' ? '_' : c;
}

/// Optimal string alignment: insert, delete, replace, swap neighbours; case and - for _ are free.
std::size_t distance(std::string_view a, std::string_view b) {
  std::array<std::array<std::size_t, longest_word + 1>, 3> rows{};
  auto* before = rows.data();
  auto* last = &rows[1];
  auto* row = &rows[2];
  for (std::size_t j = 0; j <= b.size(); ++j) (*last)[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    (*row)[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = folded(a[i - 1]) == folded(b[j - 1]);
      auto least = std::min({(*last)[j] + 1, (*row)[j - 1] + 1, (*last)[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
          folded(a[i - 2]) == folded(b[j - 1])) {
        least = std::min(least, (*before)[j - 2] + 1);
      }
      (*row)[j] = least;
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return (*last)[b.size()];
}

bool is_control(std::string_view sequence) noexcept {
  const auto first = static_cast<unsigned char>(sequence[0]);
  if (sequence.size() == 1) return first < 0x20 || first == 0x7F;
  const auto second = static_cast<unsigned char>(sequence[1]);
  if (sequence.size() == 2) return first == 0xC2 && second < 0xA0;  // U+0080 to U+009F
  const auto third = static_cast<unsigned char>(sequence[2]);
  if (sequence.size() != 3 || first != 0xE2) return false;
  // U+2028, U+2029 (line ends), U+202A to U+202E and U+2066 to U+2069 (they reorder a line)
  return (second == 0x80 && third >= 0xA8 && third <= 0xAE) ||
         (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

}  // namespace

void Report::add(Place at, std::string text) {
  if (++count_ <= most) problems_.push_back({at.line, at.column, std::move(text)});
}

std::vector<Problem> Report::take(std::string_view yaml) && {
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.line, a.column) < std::tie(b.line, b.column);
  });
  Characters characters(yaml);
  for (auto& p : problems_) {
    if (p.line != 0) p.column = characters.column(p.line, p.column);
  }
  if (count_ > most) {
    problems_.push_back({0, 0,
                         "there are " + std::to_string(count_) + " errors; " +
                             std::to_string(most) + " of them are shown"});
  }
  return std::move(problems_);
}

std::size_t utf8_length(std::string_view text) noexcept {
  if (text.empty()) return 0;
  const auto octet = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const auto tail = [&](std::size_t i) { return (octet(i) & 0xC0U) == 0x80; };
  const unsigned first = octet(0);
  const unsigned second = octet(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!tail(1) || !tail(2)) return 0;
    if (first == 0xE0 && second < 0xA0) return 0;  // longer than it need be
    if (first == 0xED && second > 0x9F) return 0;  // a surrogate
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3)) return 0;
    if (first == 0xF0 && second < 0x90) return 0;
    if (first == 0xF4 && second > 0x8F) return 0;  // beyond U+10FFFF
    return 4;
  }
  return 0;
}

std::string harmless(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t n = utf8_length(text);
    if (n == 0 || is_control(text.substr(0, n))) {
      out += '?';
    } else {
      out += text.substr(0, n);
    }
    text.remove_prefix(std::max<std::size_t>(n, 1));
  }
  return out;
}

std::string quoted(std::string_view text) {
  constexpr std::size_t enough = 60;
  const bool cut = text.size() > enough;
  std::size_t n = std::min(text.size(), enough);
  while (cut && n > 0 && (static_cast<unsigned char>(text[n]) & 0xC0U) == 0x80) --n;
  return "`" + harmless(text.substr(0, n)) + (cut ? "..." : "") + "`";
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known) {
  if (word.empty() || word.size() > longest_word) return {};
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto candidate : known) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    const std::size_t shorter = std::min(word.size(), candidate.size());
    if (longer > longest_word || longer - shorter >= least) continue;  // no nearer than that
    const std::size_t d = distance(word, candidate);
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return best;
}

std::string instead(std::string_view word, const std::vector<std::string_view>& known) {
  if (const auto near = nearest(word, known); !near.empty()) {
    return "; did you mean `" + std::string(near) + "`?";
  }
  std::string out;
  for (const auto candidate : known) {
    out += out.empty() ? "; known here: " : ", ";
    out += candidate;
  }
  return out;
}

std::vector<std::string_view> words(std::string_view list) {
  std::vector<std::string_view> out;
  while (!list.empty()) {
    const auto end = std::min(list.find(' '), list.size());
    if (end != 0) out.push_back(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return out;
}

bool contains(const std::vector<std::string_view>& list, std::string_view word) noexcept {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace netweir::config
