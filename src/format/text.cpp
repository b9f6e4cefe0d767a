// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/text.h"

#include <cstdint>
#include <cstring>

namespace netweir {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

/// "00" to "99".
struct Pairs {
  char text[200]{};
  constexpr Pairs() {
    for (std::size_t i = 0; i < 100; ++i) {
      text[2 * i] = static_cast<char>('0' + i / 10);
      text[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
  }
};
constexpr Pairs pairs;

/// "0" to "255", with their lengths.
struct Octets {
  char text[256][4]{};
  std::uint8_t length[256]{};
  constexpr Octets() {
    for (unsigned i = 0; i < 256; ++i) {
      unsigned n = 0;
      if (i >= 100) text[i][n++] = static_cast<char>('0' + i / 100);
      if (i >= 10) text[i][n++] = static_cast<char>('0' + i / 10 % 10);
      text[i][n++] = static_cast<char>('0' + i % 10);
      length[i] = static_cast<std::uint8_t>(n);
    }
  }
};
constexpr Octets octets;

/// REQUIRES: value < 100.
char* put_pair(char* to, unsigned value) noexcept {
  std::memcpy(to, pairs.text + std::size_t{value} * 2, 2);
  return to + 2;
}

/// Writes four octets, of which the first one to three count: ip_text has room for them.
char* put_octet(char* to, std::uint8_t value) noexcept {
  std::memcpy(to, octets.text[value], 4);
  return to + octets.length[value];
}

char* put_dotted(char* to, const std::uint8_t* four) noexcept {
  to = put_octet(to, four[0]);
  for (int i = 1; i < 4; ++i) {
    *to++ = '.';
    to = put_octet(to, four[i]);
  }
  return to;
}

char* put_word(char* to, unsigned value) noexcept {
  if (value >= 0x1000U) *to++ = hex_digits[value >> 12U];
  if (value >= 0x100U) *to++ = hex_digits[value >> 8U & 0xfU];
  if (value >= 0x10U) *to++ = hex_digits[value >> 4U & 0xfU];
  *to++ = hex_digits[value & 0xfU];
  return to;
}

/// The first longest run of at least two zero words; length 0 where there is none.
struct Run {
  int start = 0, length = 0;
};
Run zeros(const unsigned (&words)[8]) noexcept {
  Run best;
  for (int i = 0; i < 8;) {
    int end = i;
    while (end < 8 && words[end] == 0) ++end;
    if (end - i >= 2 && end - i > best.length) best = {i, end - i};
    i = end + 1;
  }
  return best;
}

/// RFC 5952, and an IPv4 tail where inet_ntop has one: ::a.b.c.d and ::ffff:a.b.c.d.
char* put_v6(char* to, const std::array<std::uint8_t, 16>& from) noexcept {
  unsigned words[8];
  for (std::size_t i = 0; i < 8; ++i) {
    words[i] = static_cast<unsigned>(from[2 * i]) << 8U | from[2 * i + 1];
  }
  const Run run = zeros(words);
  const bool tail = run.length != 0 && run.start == 0 &&
                    (run.length == 6 || (run.length == 5 && words[5] == 0xffffU));
  for (int i = 0; i < 8; ++i) {
    if (run.length != 0 && i == run.start) {
      *to++ = ':';
      i += run.length - 1;
      if (i == 7) *to++ = ':';
      continue;
    }
    if (i != 0) *to++ = ':';
    if (tail && i == 6) return put_dotted(to, from.data() + 12);
    to = put_word(to, words[i]);
  }
  return to;
}

}  // namespace

char* put(char* to, const Mac& mac) noexcept {
  for (std::size_t i = 0; i < 6; ++i) {
    to[3 * i] = hex_digits[mac.octets[i] >> 4U];
    to[3 * i + 1] = hex_digits[mac.octets[i] & 0xfU];
    if (i != 5) to[3 * i + 2] = ':';
  }
  return to + mac_text;
}

char* put(char* to, const Ip& ip) noexcept {
  switch (ip.version) {
    case IpVersion::v4:
      return put_dotted(to, ip.octets.data());
    case IpVersion::v6:
      return put_v6(to, ip.octets);
    case IpVersion::none:
      break;
  }
  return to;
}

char* put_rfc3339(char* to, WallTime at) noexcept {
  // By hand: std::chrono::floor overflows in the first day of the range.
  constexpr std::int64_t day_length = std::int64_t{86400} * 1'000'000'000;
  const std::int64_t count = at.time_since_epoch().count();
  std::int64_t day = count / day_length;
  std::int64_t since = count % day_length;
  if (since < 0) {
    since += day_length;
    --day;
  }
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));  // 1677 to 2262
  const auto second = static_cast<unsigned>(since / 1'000'000'000);
  const auto nano = static_cast<unsigned>(since % 1'000'000'000);
  to = put_pair(to, year / 100);
  to = put_pair(to, year % 100);
  *to++ = '-';
  to = put_pair(to, static_cast<unsigned>(date.month()));
  *to++ = '-';
  to = put_pair(to, static_cast<unsigned>(date.day()));
  *to++ = 'T';
  to = put_pair(to, second / 3600);
  *to++ = ':';
  to = put_pair(to, second / 60 % 60);
  *to++ = ':';
  to = put_pair(to, second % 60);
  *to++ = '.';
  to = put_pair(to, nano / 10'000'000);
  to = put_pair(to, nano / 100'000 % 100);
  to = put_pair(to, nano / 1000 % 100);
  to = put_pair(to, nano / 10 % 100);
  *to++ = static_cast<char>('0' + nano % 10);
  *to++ = 'Z';
  return to;
}

std::string to_string(const Mac& mac) {
  char text[mac_text];
  return {text, put(text, mac)};
}

std::string to_string(const Ip& ip) {
  char text[ip_text];
  return {text, put(text, ip)};
}

std::string to_string(WallTime at) {
  char text[time_text];
  return {text, put_rfc3339(text, at)};
}

}  // namespace netweir
