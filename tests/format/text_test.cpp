// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/text.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <cstring>
#include <ctime>
#include <random>

#include "kit/json.h"

namespace netweir {
namespace {

using namespace std::chrono_literals;

std::string by_libc(const Ip& ip) {
  char text[INET6_ADDRSTRLEN]{};
  ::inet_ntop(ip.version == IpVersion::v4 ? AF_INET : AF_INET6, ip.octets.data(), text,
              sizeof text);
  return text;
}

TEST(Text, mac) {
  EXPECT_EQ(to_string(Mac{{0x84, 0x39, 0xc0, 0x0b, 0x22, 0x25}}), "84:39:c0:0b:22:25");
  EXPECT_EQ(to_string(Mac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}), "ff:ff:ff:ff:ff:ff");
}

TEST(Text, ipv4_as_inet_ntop) {
  for (unsigned octet = 0; octet < 256; ++octet) {
    const auto o = static_cast<std::uint8_t>(octet);
    const auto ip = Ip::v4(o, static_cast<std::uint8_t>(255 - octet), 0, o);
    EXPECT_EQ(to_string(ip), by_libc(ip));
  }
}

TEST(Text, ipv6_examples) {
  const char* texts[] = {"::",
                         "::1",
                         "1::",
                         "::ffff:1.2.3.4",
                         "::1.2.3.4",
                         "fe80::1",
                         "2001:db8::1:0:0:1",
                         "2001:db8:0:1:1:1:1:1",
                         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                         "1:0:0:2::3",
                         "::ffff:0:0:0",
                         "::1:0:0",
                         "64:ff9b::c000:221"};
  for (const char* text : texts) {
    Ip ip{{}, IpVersion::v6};
    ASSERT_EQ(::inet_pton(AF_INET6, text, ip.octets.data()), 1) << text;
    EXPECT_EQ(to_string(ip), by_libc(ip)) << text;
  }
}

/// Words that are often zero, so that every arrangement of runs comes up.
TEST(Text, ipv6_as_inet_ntop) {
  std::mt19937 random(1);
  for (int i = 0; i < 100000; ++i) {
    Ip ip{{}, IpVersion::v6};
    const auto zero = random() & 0xffU;
    for (std::size_t word = 0; word < 8; ++word) {
      if ((zero >> word & 1U) != 0) continue;
      const auto value = random();
      const auto shift = random() % 16;
      const auto narrow = (value & 0xffffU) >> shift;
      ip.octets[2 * word] = static_cast<std::uint8_t>(narrow >> 8U);
      ip.octets[2 * word + 1] = static_cast<std::uint8_t>(narrow);
    }
    if (i % 8 == 0) {  // mapped and compatible forms, and their neighbours
      std::fill_n(ip.octets.begin(), 10, std::uint8_t{0});
      ip.octets[10] = ip.octets[11] = i % 16 == 0 ? 0xff : 0;
    }
    ASSERT_EQ(to_string(ip), by_libc(ip));
  }
}

TEST(Text, no_address_is_no_text) { EXPECT_EQ(to_string(Ip{}), ""); }

std::string by_libc(std::int64_t seconds, unsigned nanoseconds) {
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  char text[64];
  const auto n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + n, sizeof text - n, ".%09uZ", nanoseconds);
  return text;
}

TEST(Text, rfc3339_as_strftime) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 100000; ++i) {
    const auto seconds = static_cast<std::int64_t>(random() % 18'446'744'072U) - 9'223'372'036;
    const auto nanoseconds = static_cast<unsigned>(random() % 1'000'000'000U);
    const WallTime at{std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanoseconds)};
    ASSERT_EQ(to_string(at), by_libc(seconds, nanoseconds));
  }
}

TEST(Text, rfc3339_at_the_edges) {
  EXPECT_EQ(to_string(WallTime{}), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(to_string(WallTime{-1ns}), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(to_string(WallTime{4294967295s}), "2106-02-07T06:28:15.000000000Z");
  EXPECT_EQ(to_string(WallTime{951782400s}), "2000-02-29T00:00:00.000000000Z");
  EXPECT_EQ(to_string(WallTime::max()), "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(to_string(WallTime::min()), "1677-09-21T00:12:43.145224192Z");
}

TEST(Text, nothing_is_written_beyond_the_end) {
  std::array<char, 64> room{};
  room.fill('#');
  char* end = put(room.data(), Ip{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 0xff, 0xff, 0xff},
                                  IpVersion::v6});
  EXPECT_EQ(end - room.data(), static_cast<std::ptrdiff_t>(ip_text));
  EXPECT_EQ(*end, '#');
  room.fill('#');
  end = put_rfc3339(room.data(), WallTime{});
  EXPECT_EQ(end - room.data(), static_cast<std::ptrdiff_t>(time_text));
  EXPECT_EQ(*end, '#');
}

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}

TEST(Escape, table) {
  const std::pair<std::string_view, const char*> cases[] = {
      {"", ""},
      {"plain text /", "plain text /"},
      {"\"\\", R"(\"\\)"},
      {"\b\t\n\f\r", R"(\b\t\n\f\r)"},
      {std::string_view("\0\x1f\x7f", 3), R"(\u0000\u001f\u007f)"},
      {"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
      {"\xe2\x82\xac \xf0\x9f\x90\x9f", "\xe2\x82\xac \xf0\x9f\x90\x9f"},
      {"\xc2\x80\xc2\x85\xc2\x9b\xc2\x9f\xc2\xa0", "\\u0080\\u0085\\u009b\\u009f\xc2\xa0"},
      {"\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa",
       "\xe2\x80\xa7\\u2028\\u2029\xe2\x80\xaa"},
      {"\xef\xbf\xbd", "\xef\xbf\xbd"},
      {"\xff", R"(\ufffd)"},
      {"a\xc3", R"(a\ufffd)"},
      {"\xc3(", R"(\ufffd()"},
      {"\xe2\x82", R"(\ufffd\ufffd)"},
      {"\xf0\x9f\x90", R"(\ufffd\ufffd\ufffd)"},
      {"\xc0\xaf", R"(\ufffd\ufffd)"},                      // overlong "/"
      {"\xe0\x9f\xbf", R"(\ufffd\ufffd\ufffd)"},            // overlong
      {"\xed\xa0\x80", R"(\ufffd\ufffd\ufffd)"},            // a surrogate
      {"\xed\x9f\xbf", "\xed\x9f\xbf"},                     // the last before them
      {"\xf4\x90\x80\x80", R"(\ufffd\ufffd\ufffd\ufffd)"},  // beyond U+10FFFF
      {"\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"},             // U+10FFFF
      {"\xf0\x8f\xbf\xbf", R"(\ufffd\ufffd\ufffd\ufffd)"},  // overlong
      {"\xf8\x88\x80\x80\x80", R"(\ufffd\ufffd\ufffd\ufffd\ufffd)"},
      {"\",\"x\":\"", R"(\",\"x\":\")"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(escaped(text), expected);
}

/// Every pair of octets, alone and between letters: as nlohmann-json judges them.
TEST(Escape, every_pair_of_octets) {
  for (unsigned pair = 0; pair < 65536; ++pair) {
    const std::string text = {static_cast<char>(pair >> 8U), static_cast<char>(pair & 0xffU)};
    const auto json = test::parse_json('"' + escaped(text) + '"');
    ASSERT_FALSE(json.is_discarded()) << pair;
    nlohmann::json::string_t valid;
    try {
      (void)nlohmann::json(text).dump();
      valid = text;
    } catch (const nlohmann::json::exception&) {
      continue;  // the fuzz target says what becomes of these
    }
    ASSERT_EQ(json.get<std::string>(), valid);
  }
}

}  // namespace
}  // namespace netweir
