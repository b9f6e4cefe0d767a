// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace netweir::test {

/// nlmsg_type of the datagrams in the corpus.
inline constexpr std::uint16_t corpus_family = 0x1d;
inline const std::string message_folder = NETWEIR_ROOT "/sources/psample/corpus/message";

/// A datagram of the corpus. For tests.
inline std::vector<std::uint8_t> datagram(std::string_view name) {
  std::ifstream in(message_folder + "/" + std::string(name), std::ios::binary);
  EXPECT_TRUE(in) << name;
  const std::vector<char> octets{std::istreambuf_iterator<char>(in), {}};
  return {octets.begin(), octets.end()};
}

/// What follows the nlmsghdr of its message.
inline std::vector<std::uint8_t> message(std::string_view name) {
  const auto all = datagram(name);
  EXPECT_GE(all.size(), 20U) << name;
  return {all.begin() + 16, all.end()};
}

/// The same datagram with another value of a 32-bit attribute that it has.
inline std::vector<std::uint8_t> with(std::vector<std::uint8_t> octets, std::uint16_t type,
                                      std::uint32_t value) {
  for (std::size_t at = 20; at + 8 <= octets.size();) {
    std::uint16_t head[2] = {};
    std::memcpy(head, octets.data() + at, sizeof head);
    if (head[1] == type && head[0] == 8) {
      std::memcpy(octets.data() + at + 4, &value, sizeof value);
      return octets;
    }
    if (head[0] < 4) break;
    at += (head[0] + 3U) & ~3U;
  }
  ADD_FAILURE() << "no attribute " << type;
  return octets;
}

}  // namespace netweir::test
