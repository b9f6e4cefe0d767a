// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/layout.h"

#include <gtest/gtest.h>

#include <string>

#include "rows.h"

namespace netweir {
namespace {

using test::Story;
using top::Charset;
using top::Key;
using top::Pane;
using top::Screenful;
using top::View;
using Code = top::Key::Code;

Ip talker(unsigned i) {
  return Ip::v4(10, 0, static_cast<std::uint8_t>(i >> 8U), static_cast<std::uint8_t>(i));
}

Ip long_address(std::uint8_t last) {
  Ip ip{.octets = {}, .version = IpVersion::v6};
  ip.octets.fill(0xfe);
  ip.octets[15] = last;
  return ip;
}

/// Sixty talkers, the n-th with n packets, an interface with a hostile name, and estimates.
Story crowd() {
  Story s;
  s.state("firewall", SourceState::up);
  s.state("\x1b[2J", SourceState::retrying, "\xe2\x80\xaeno\n");
  for (unsigned i = 1; i <= 60; ++i) s.talks(talker(i), talker(100 + i), i, 100.0 * i);
  s.talks(long_address(1), long_address(2), 5000, 5e8, 1e6, "\xe6\x97\xa5\xe6\x9c\xac");
  s.crosses("\"><b>\x01\xff", "caf\xc3\xa9", 10, 1000);
  s.speaks(6, 443, 10, 1000);
  s.rest("protocols", 3, 4, 500);
  s.next({{.name = "firewall", .type = "nflog", .done = 10, .lost = 3, .lost_exact = false}});
  return s;
}

Screenful shown(const Story& s, View& view, top::Size size, Charset charset = Charset::utf8) {
  const auto screen = top::lay_out(
      s.model, view, {.host = "h\x1b", .status = "it\x07 is", .bad = false}, size, charset);
  top::settle(view, screen);
  return screen;
}

std::string all_of(const Screenful& screen) {
  std::string text;
  for (const auto& line : screen.lines) text += line.text + "\n";
  return text;
}

bool has(const Screenful& screen, std::string_view part) {
  return all_of(screen).find(part) != std::string::npos;
}

void press(View& view, std::string_view letters) {
  for (const char c : letters) (void)view.press({Code::text, std::string(1, c)});
}

TEST(Layout, FitsEverySizeAndObeysNobody) {
  const auto s = crowd();
  View view;
  for (std::size_t height = 1; height <= 45; height += height < 8 ? 1 : 6) {
    for (std::size_t width = 1; width <= 130; width += width < 12 ? 1 : 13) {
      for (const char* keys : {"1", "2", "3", "4", "h", "/"}) {
        View here = view;
        press(here, keys);
        for (const auto charset : {Charset::ascii, Charset::utf8}) {
          const auto screen = shown(s, here, {width, height}, charset);
          ASSERT_LE(screen.lines.size(), height);
          for (const auto& line : screen.lines) {
            ASSERT_LE(top::columns(line.text), width) << line.text;
            for (const char c : line.text) {
              const auto octet = static_cast<unsigned char>(c);
              ASSERT_TRUE(octet >= 0x20 && octet != 0x7f) << line.text;
              ASSERT_TRUE(octet < 0x80 || charset == Charset::utf8) << line.text;
            }
          }
          ASSERT_GE(screen.page, 1U);
          ASSERT_LE(screen.offset, screen.selected);
          ASSERT_LT(screen.selected, screen.offset + screen.page);
        }
      }
    }
  }
}

TEST(Layout, OfAnEmptyModelAtAnySize) {
  const Story s;
  for (std::size_t height = 0; height <= 30; ++height) {
    for (std::size_t width = 0; width <= 90; width += 5) {
      View view;
      EXPECT_LE(shown(s, view, {width, height}).lines.size(), std::max<std::size_t>(height, 1));
    }
  }
}

TEST(Layout, ShowsAllPanesWhereThereIsRoom) {
  const auto s = crowd();
  View view;
  const auto screen = shown(s, view, {120, 40});
  for (const char* part :
       {"netweir top  h\\x1b", "it\\x07 is", "q quit", "[3 Talkers 1-", "10.0.0.60", "TCP", "443",
        "others  3 keys", "\"><b>\\x01\\xff", "caf\xc3\xa9", "firewall", ">=3", "\\x1b[2J",
        "\\u{202e}no\\x0a", "1970-01-01T00:01:41Z", "~5.00k \u00b11.00M"})
    EXPECT_TRUE(has(screen, part)) << part << "\n" << all_of(screen);
  EXPECT_TRUE(has(shown(s, view, {120, 40}, Charset::ascii), "~5.00k +-1.00M"));
}

TEST(Layout, ANarrowScreenKeepsWhatMatters) {
  const auto s = crowd();
  View view;
  view.of[2].order = {0, false};
  press(view, "/");
  for (const char c : std::string("10.0.0.60")) press(view, std::string(1, c));
  EXPECT_TRUE(has(shown(s, view, {80, 12}), "10.0.0.60  10.0.0.160"));
  const auto narrow = shown(s, view, {30, 12});
  EXPECT_TRUE(has(narrow, "10.0.0.60")) << all_of(narrow);
  EXPECT_TRUE(has(narrow, "48.0k")) << all_of(narrow);  // 6000 octets in a second
}

TEST(Layout, ScrollsWithTheSelection) {
  const auto s = crowd();
  View view;
  auto screen = shown(s, view, {100, 12});
  const auto page = screen.page;
  EXPECT_TRUE(has(screen, "[3 Talkers 1-" + std::to_string(page) + "/61]")) << all_of(screen);
  for (std::size_t i = 0; i < page; ++i) (void)view.press({Code::down});
  screen = shown(s, view, {100, 12});
  EXPECT_EQ(screen.selected, page);
  EXPECT_EQ(screen.offset, 1U);
  (void)view.press({Code::end});
  screen = shown(s, view, {100, 12});
  EXPECT_EQ(screen.selected, 60U);
  EXPECT_EQ(screen.offset, 61 - page);
  EXPECT_EQ(screen.lines[2 + page].style, top::Style::selected);
  (void)view.press({Code::down});
  EXPECT_EQ(shown(s, view, {100, 12}).selected, 60U);
  (void)view.press({Code::page_up});
  EXPECT_EQ(shown(s, view, {100, 12}).selected, 60 - page);
  (void)view.press({Code::home});
  EXPECT_EQ(shown(s, view, {100, 12}).offset, 0U);
  (void)view.press({Code::up});
  EXPECT_EQ(shown(s, view, {100, 12}).selected, 0U);
  (void)view.press({Code::end});
  EXPECT_EQ(shown(s, view, {100, 60}).selected, 60U);  // a larger screen
}

TEST(View, KeysChooseThePane) {
  View view;
  EXPECT_EQ(view.pane, Pane::talkers);
  (void)view.press({Code::tab});
  EXPECT_EQ(view.pane, Pane::protocols);
  (void)view.press({Code::tab});
  EXPECT_EQ(view.pane, Pane::sources);
  (void)view.press({Code::back_tab});
  EXPECT_EQ(view.pane, Pane::protocols);
  press(view, "2");
  EXPECT_EQ(view.pane, Pane::interfaces);
}

TEST(View, KeysSortEachPaneByItself) {
  View view;
  EXPECT_EQ(view.here().order.column, 3U);
  press(view, "s");
  EXPECT_EQ(view.here().order.column, 4U);
  (void)view.press({Code::left});
  (void)view.press({Code::left});
  EXPECT_EQ(view.here().order.column, 2U);
  for (int i = 0; i < 5; ++i) (void)view.press({Code::right});
  EXPECT_EQ(view.here().order.column, 0U);
  (void)view.press({Code::left});
  EXPECT_EQ(view.here().order.column, 6U);
  press(view, "r");
  EXPECT_TRUE(view.here().order.reverse);
  press(view, "4");
  EXPECT_FALSE(view.here().order.reverse);
  EXPECT_EQ(View(true).here().order.column, 5U);
}

TEST(View, TheFilterTakesEveryLetter) {
  View view;
  press(view, "/q1s");
  (void)view.press({Code::text, "\xc3\xa9"});
  EXPECT_EQ(view.filter, "q1s\xc3\xa9");
  (void)view.press({Code::backspace});
  EXPECT_EQ(view.filter, "q1s");
  EXPECT_EQ(view.press({Code::enter}), View::Act::none);
  EXPECT_FALSE(view.typing);
  EXPECT_EQ(view.filter, "q1s");
  (void)view.press({Code::escape});
  EXPECT_EQ(view.filter, "");
  press(view, "/" + std::string(10000, 'x'));
  EXPECT_LE(view.filter.size(), 256U);
  (void)view.press({Code::escape});
  EXPECT_FALSE(view.typing);
  EXPECT_EQ(view.filter, "");
  press(view, "/");
  (void)view.press({Code::backspace});
  EXPECT_EQ(view.filter, "");
}

TEST(View, QuitsPausesHelpsAndDrawsAgain) {
  View view;
  EXPECT_EQ(view.press({Code::text, "p"}), View::Act::pause);
  EXPECT_TRUE(view.paused);
  EXPECT_EQ(view.press({Code::redraw}), View::Act::redraw);
  EXPECT_EQ(view.press({Code::text, "?"}), View::Act::none);
  EXPECT_TRUE(view.help);
  EXPECT_EQ(view.press({Code::text, "x"}), View::Act::none);
  EXPECT_FALSE(view.help);
  press(view, "h");
  EXPECT_EQ(view.press({Code::text, "q"}), View::Act::quit);
  EXPECT_EQ(view.press({Code::text, "q"}), View::Act::quit);
  EXPECT_EQ(view.press({Code::other}), View::Act::none);
}

TEST(Plain, AnIntervalHasWhatItsPacketsWere) {
  Story s;
  s.state("a", SourceState::up);
  s.talks(talker(1), talker(2), 1234567, 12345678);
  s.next({{.name = "a", .type = "pcap", .done = 1234567}});
  s.talks(talker(3), talker(4), 2, 120);
  s.next({{.name = "a", .type = "pcap", .done = 1234569}});
  EXPECT_EQ(top::plain_interval(s.model, 10, Charset::ascii),
            "== 1970-01-01T00:01:41Z to 1970-01-01T00:01:42Z\n"
            "SOURCE  TYPE  STATE   SEEN/S   LOST/S     SEEN     LOST    LOST%  WHY\n"
            "a       pcap  up           2        0  1234569        0        0\n\n"
            "FROM      TO          PKT/S    BIT/S  PACKETS    BYTES  SOURCE\n"
            "10.0.0.3  10.0.0.4        2      960        2      120  a\n\n");
  const auto end = top::plain_end(s.model, 1, Charset::ascii);
  EXPECT_NE(end.find("10.0.0.1  10.0.0.2        0        0  1234567  12345678  a\n(1 more)\n"),
            std::string::npos)
      << end;
}

}  // namespace
}  // namespace netweir
