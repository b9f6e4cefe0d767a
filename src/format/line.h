// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "format/escape.h"
#include "netweir/text.h"

namespace netweir::format {

/// Writes one JSON line through a buffer on the stack, since appending many small parts to a
/// std::string costs more than the parts. What is written reaches `out` in end(), or earlier where
/// the line is long.
class Line {
 public:
  explicit Line(std::string& out) noexcept : out_(out) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  /// JSON as it stands.
  template <std::size_t N>
  Line& json(const char (&literal)[N]) {
    static_assert(N <= 128);
    need(N - 1);
    std::memcpy(to_, literal, N - 1);
    to_ += N - 1;
    return *this;
  }
  Line& json(std::string_view text) {
    if (text.size() > buffer_.size()) {
      spill();
      out_.append(text);
      return *this;
    }
    need(text.size());
    to_ += text.copy(to_, text.size());
    return *this;
  }
  /// The inside of a string: any octets.
  Line& text(std::string_view text) {
    if (text.size() > buffer_.size() / escape_growth) {
      spill();
      append_escaped(out_, text);
      return *this;
    }
    need(text.size() * escape_growth);
    to_ = put_escaped(to_, text);
    return *this;
  }
  Line& put(const Mac& mac) {
    need(mac_text);
    to_ = netweir::put(to_, mac);
    return *this;
  }
  Line& put(const Ip& ip) {
    need(ip_text);
    to_ = netweir::put(to_, ip);
    return *this;
  }
  Line& put(WallTime at) {
    need(time_text);
    to_ = put_rfc3339(to_, at);
    return *this;
  }
  template <class T>
  Line& number(T value) {
    need(number_text);
    to_ = std::to_chars(to_, to_ + number_text, value).ptr;
    return *this;
  }
  void end() { spill(); }

 private:
  static constexpr std::size_t number_text = 32;  // the longest double takes 24

  void need(std::size_t octets) {
    if (static_cast<std::size_t>(buffer_.data() + buffer_.size() - to_) < octets) spill();
  }
  void spill() {
    out_.append(buffer_.data(), to_);
    to_ = buffer_.data();
  }

  std::string& out_;
  std::array<char, 1024> buffer_;  // not initialised: only what was written is read
  char* to_ = buffer_.data();
};

}  // namespace netweir::format
