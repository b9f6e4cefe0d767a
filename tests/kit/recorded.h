// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "netlink/messages.h"

namespace netweir::test {

/// One netlink message of a real kernel: see tests/guest/recorded/README.md.
struct RecordedMessage {
  std::uint16_t type = 0, flags = 0;
  std::vector<std::uint8_t> payload;
};

inline const std::vector<std::string> recorded_kernels{"6.1", "6.12"};

/// The messages of a file of tests/guest/recorded, in order.
inline std::vector<RecordedMessage> recorded_messages(const std::string& kernel,
                                                      std::string_view name) {
  std::ifstream in(NETWEIR_ROOT "/tests/guest/recorded/" + kernel + "/" + std::string(name),
                   std::ios::binary);
  EXPECT_TRUE(in) << kernel << " " << name;
  const std::vector<char> all{std::istreambuf_iterator<char>(in), {}};
  const std::vector<std::uint8_t> octets(all.begin(), all.end());
  std::vector<RecordedMessage> out;
  EXPECT_TRUE(netlink::each_message(octets, [&](const netlink::Message& m) {
    out.push_back({m.type, m.flags, {m.payload.begin(), m.payload.end()}});
  }));
  EXPECT_FALSE(out.empty()) << kernel << " " << name;
  return out;
}

}  // namespace netweir::test
