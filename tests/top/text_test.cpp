// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/text.h"

#include <gtest/gtest.h>

#include <limits>

#include "top/units.h"

namespace netweir {
namespace {

using top::Charset;
using namespace std::string_literals;

TEST(Text, BecomesHarmless) {
  const struct {
    std::string octets, ascii, utf8;
  } cases[] = {
      {"eth0.100@x", "eth0.100@x", "eth0.100@x"},
      {"\"><b>\x01\xff", "\"><b>\\x01\\xff", "\"><b>\\x01\\xff"},
      {"\x1b[2J\x1b]0;x\x07", "\\x1b[2J\\x1b]0;x\\x07", "\\x1b[2J\\x1b]0;x\\x07"},
      {"a\nb\tc\rd\x7f", "a\\x0ab\\x09c\\x0dd\\x7f", "a\\x0ab\\x09c\\x0dd\\x7f"},
      {"nul\0!"s, "nul\\x00!", "nul\\x00!"},
      {"caf\xc3\xa9", "caf\\u{e9}", "caf\xc3\xa9"},
      {"\xe6\x97\xa5\xe6\x9c\xac", "\\u{65e5}\\u{672c}", "\xe6\x97\xa5\xe6\x9c\xac"},
      {"\xc2\x9b"
       "2J",
       "\\u{9b}2J", "\\u{9b}2J"},  // C1: CSI
      {"\xe2\x80\xae"
       "gpj",
       "\\u{202e}gpj", "\\u{202e}gpj"},         // turns the direction
      {"\xd7\xa9", "\\u{5e9}", "\\u{5e9}"},     // Hebrew: right to left
      {"e\xcc\x81", "e\\u{301}", "e\\u{301}"},  // combines
      {"\xe2\x80\x8b\xef\xbb\xbf", "\\u{200b}\\u{feff}", "\\u{200b}\\u{feff}"},  // no width
      {"\xc2\xad", "\\u{ad}", "\\u{ad}"},                                        // soft hyphen
      {"\xf0\x9f\x98\x80", "\\u{1f600}", "\\u{1f600}"},
      {"\xc0\xaf", "\\xc0\\xaf", "\\xc0\\xaf"},                // overlong
      {"\xed\xa0\x80", "\\xed\\xa0\\x80", "\\xed\\xa0\\x80"},  // a surrogate
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", "\\xf4\\x90\\x80\\x80"},
      {"\xe6\x97", "\\xe6\\x97", "\\xe6\\x97"},  // cut
  };
  for (const auto& each : cases) {
    EXPECT_EQ(top::harmless(each.octets, Charset::ascii), each.ascii);
    EXPECT_EQ(top::harmless(each.octets, Charset::utf8), each.utf8);
  }
}

TEST(Text, OfAnyTwoOctetsNoneReachesTheTerminalThatItObeys) {
  for (unsigned i = 0; i < 65536; ++i) {
    const std::string octets{static_cast<char>(i >> 8U), static_cast<char>(i)};
    for (const auto charset : {Charset::ascii, Charset::utf8}) {
      for (const char c : top::harmless(octets, charset)) {
        const auto octet = static_cast<unsigned char>(c);
        ASSERT_TRUE(octet >= 0x20 && octet != 0x7f) << i;
        ASSERT_TRUE(octet < 0x80 || charset == Charset::utf8) << i;
      }
    }
  }
}

TEST(Text, IsCutByColumns) {
  const std::string wide = "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e";  // three of two columns each
  EXPECT_EQ(top::columns(wide), 6U);
  EXPECT_EQ(top::columns("caf\xc3\xa9"), 4U);
  const struct {
    std::string text;
    std::size_t width;
    std::string cut;
  } cases[] = {{"abc", 3, "abc"},
               {"abc", 2, "a~"},
               {"abc", 1, "~"},
               {"abc", 0, ""},
               {"", 0, ""},
               {wide, 6, wide},
               {wide, 5, wide.substr(0, 6) + "~"},
               {wide, 4, wide.substr(0, 3) + "~"},
               {wide, 2, "~"},
               {wide, 1, "~"}};
  for (const auto& each : cases) {
    EXPECT_EQ(top::cut(each.text, each.width), each.cut) << each.width;
    EXPECT_LE(top::columns(top::cut(each.text, each.width)), each.width);
  }
}

TEST(Units, AreShort) {
  const struct {
    double value;
    std::string_view human, count, digits;
  } cases[] = {{0, "0", "0", "0"},
               {0.01, "<0.1", "0", "0"},
               {0.25, "0.2", "0", "0"},
               {7, "7", "7", "7"},
               {9.96, "10", "10", "10"},
               {999.4, "999", "999", "999"},
               {999.6, "1.00k", "1000", "1000"},
               {12345, "12.3k", "12345", "12345"},
               {99999, "100k", "99999", "99999"},
               {123456, "123k", "123k", "123456"},
               {999500, "1.00M", "1.00M", "999500"},
               {1.5e9, "1.50G", "1.50G", "1500000000"},
               {2e18, "2.00E", "2.00E", "2000000000000000000"},
               {-1, "-", "-", "-"},
               {std::numeric_limits<double>::quiet_NaN(), "-", "-", "-"},
               {std::numeric_limits<double>::infinity(), "999E+", "999E+", "-"}};
  for (const auto& each : cases) {
    EXPECT_EQ(top::human(each.value), each.human) << each.value;
    EXPECT_LE(top::human(each.value).size(), 5U);
    EXPECT_EQ(top::count_text(each.value), each.count) << each.value;
    EXPECT_EQ(top::digits(each.value), each.digits) << each.value;
  }
}

}  // namespace
}  // namespace netweir
