// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace netweir::test {

/// Datagrams of the kernel, as record_corpus.py received them. For tests.
inline const std::string recorded_folder = NETWEIR_ROOT "/sources/nflog/corpus/message";

inline std::vector<std::uint8_t> recorded(std::string_view name) {
  std::ifstream in(recorded_folder + "/" + std::string(name), std::ios::binary);
  EXPECT_TRUE(in) << name;
  const std::vector<char> octets{std::istreambuf_iterator<char>(in), {}};
  return {octets.begin(), octets.end()};
}

/// What follows the nlmsghdr of its first message.
inline std::vector<std::uint8_t> payload(std::string_view name) {
  const auto datagram = recorded(name);
  std::uint32_t length = 0;
  EXPECT_GE(datagram.size(), 20U);
  std::memcpy(&length, datagram.data(), sizeof length);
  return {datagram.begin() + 16, datagram.begin() + length};
}

/// Where the value of the first attribute of a type stands in a payload; 0 = nowhere.
inline std::size_t attribute_at(const std::vector<std::uint8_t>& payload, std::uint16_t type) {
  for (std::size_t at = 4; at + 4 <= payload.size();) {
    std::uint16_t head[2] = {};
    std::memcpy(head, payload.data() + at, sizeof head);
    if ((head[1] & 0x3fffU) == type) return at + 4;
    if (head[0] < 4) break;
    at += (head[0] + 3U) & ~3U;
  }
  return 0;
}

inline void set_be32(std::vector<std::uint8_t>& octets, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i)
    octets.at(at + i) = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

}  // namespace netweir::test
