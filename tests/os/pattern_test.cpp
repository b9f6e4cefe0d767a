// SPDX-License-Identifier: GPL-2.0-or-later
#include "os/pattern.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace netweir {
namespace {

TEST(Pattern, StarsAndQuestionMarks) {
  const struct {
    std::string_view text, pattern;
    bool like;
  } cases[] = {
      {"NO_SOCKET", "NO_SOCKET", true},
      {"NO_SOCKET", "NO_*", true},
      {"NO_SOCKET", "*", true},
      {"NO_SOCKET", "*SOCK*", true},
      {"NO_SOCKET", "N?_S*T", true},
      {"NO_SOCKET", "", false},
      {"NO_SOCKET", "NO_SOCKETS", false},
      {"NO_SOCKET", "NO_SOCKE", false},
      {"NO_SOCKET", "*_", false},
      {"NO_SOCKET", "?*?*?*?*?*?*?*?*?*", true},
      {"NO_SOCKET", "no_socket", false},
      {"", "", true},
      {"", "*", true},
      {"", "?", false},
      {"a*b", "a\\*b", false},
      {"abab", "*ab", true},
      {"eth", "eth*", true},
      {"eth01", "*0", false},
      {"eth", "e*h?", false},
      {"aXbYc", "a*b*c", true},
      {"abcb", "a*b*c", false},
      {"ac", "a**c", true},
      {"eth0", "[e]th0", false},
      {"xxabcabd", "*a?c*", true},
  };
  for (const auto& c : cases) EXPECT_EQ(is_like(c.text, c.pattern), c.like) << c.text << c.pattern;
  EXPECT_TRUE(is_pattern("eth?"));
  EXPECT_FALSE(is_pattern("eth0"));
}

TEST(Pattern, AHostileOneTakesBoundedTime) {
  std::string pattern;
  for (int i = 0; i < 32; ++i) pattern += "*a";
  EXPECT_FALSE(is_like(std::string(100000, 'a'), pattern + "b"));
  EXPECT_TRUE(is_like(std::string(100000, 'a'), pattern));
}

}  // namespace
}  // namespace netweir
