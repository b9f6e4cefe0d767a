// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace netweir::dropmon::test {

/// nlmsg_type of the datagrams in the corpus.
inline constexpr std::uint16_t corpus_family = 0x1d;
inline const std::string message_folder = NETWEIR_ROOT "/sources/dropmon/corpus/message";

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

}  // namespace netweir::dropmon::test
