// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <string>

#include "config/config.h"

namespace netweir::config {
namespace {

TEST(Describe, PlaceTextLineAndCaret) {
  EXPECT_EQ(describe({2, 3, "wrong"}, "netweir.yaml", "a: 1\nb: x\n"),
            "netweir.yaml:2:3: error: wrong\n    b: x\n      ^\n");
  EXPECT_EQ(describe({0, 0, "too large"}, "f", "a: 1\n"), "f: error: too large\n");
  EXPECT_EQ(describe({1, 1, "empty"}, "f", ""), "f:1:1: error: empty\n    \n    ^\n");
}

TEST(Describe, PlacesOutsideOfTheFileDoNoHarm) {
  EXPECT_EQ(describe({9, 9, "x"}, "f", "a\nb"), "f:9:9: error: x\n    \n    ^\n");
  EXPECT_EQ(describe({1, 99, "x"}, "f", "ab\nc"), "f:1:99: error: x\n    ab\n      ^\n");
  EXPECT_EQ(describe({1, 0, "x"}, "f", "ab"), "f:1:0: error: x\n    ab\n    ^\n");
}

TEST(Describe, TabsStayAndTheCaretFollowsThem) {
  EXPECT_EQ(describe({1, 4, "x"}, "f", "\ta\tb"), "f:1:4: error: x\n    \ta\tb\n    \t \t^\n");
}

TEST(Describe, LineEndsAndByteOrderMarkAreNotShown) {
  EXPECT_EQ(describe({1, 1, "x"}, "f",
                     "\xEF\xBB\xBF"
                     "a: 1\r\nb\r\n"),
            "f:1:1: error: x\n    a: 1\n    ^\n");
  EXPECT_EQ(describe({2, 1, "x"}, "f", "a\r\nb\r\n"), "f:2:1: error: x\n    b\n    ^\n");
}

TEST(Describe, ControlsAndBrokenTextAreHarmless) {
  EXPECT_EQ(describe({1, 8, "say \x1b[2J"}, "a\nb\x07",
                     "a: \x1b[2J\xFF\x9B"
                     "b\xC2\x9B"
                     "31m"),
            "a?b?:1:8: error: say ?[2J\n    a: ?[2J??b?31m\n           ^\n");
  // U+2028 ends a line for some readers.
  EXPECT_EQ(describe({1, 1, "x"}, "f",
                     "a\xE2\x80\xA8"
                     "b"),
            "f:1:1: error: x\n    a?b\n    ^\n");
}

TEST(Describe, CharactersNotOctetsPlaceTheCaret) {
  EXPECT_EQ(describe({1, 4, "x"}, "f", "\xC3\xA9\xC3\xA9 b"),
            "f:1:4: error: x\n    \xC3\xA9\xC3\xA9 b\n       ^\n");
}

TEST(Describe, LongLinesAreCutAroundTheColumn) {
  std::string line(10000, 'a');
  line[4999] = 'X';
  const auto text = describe({1, 5000, "x"}, "f", line);
  EXPECT_EQ(text, "f:1:5000: error: x\n    ..." + std::string(60, 'a') + "X" +
                      std::string(59, 'a') + "...\n    " + std::string(63, ' ') + "^\n");
  const auto head = describe({1, 1, "x"}, "f", line);
  EXPECT_EQ(head, "f:1:1: error: x\n    " + std::string(120, 'a') + "...\n    ^\n");
  const auto tail = describe({1, 10001, "x"}, "f", line);
  EXPECT_EQ(tail, "f:1:10001: error: x\n    ..." + std::string(120, 'a') + "\n    " +
                      std::string(123, ' ') + "^\n");
}

}  // namespace
}  // namespace netweir::config
