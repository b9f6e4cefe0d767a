// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "netlink/messages.h"

namespace netweir::conntrack {

/// What record_corpus.py received from the kernel, and what conntrack(8) printed of it. For tests.
inline const std::string recorded_folder = NETWEIR_ROOT "/sources/conntrack";

struct RecordedMessage {
  std::string name;  ///< of its file; a dump has several messages of one name
  std::uint16_t type = 0, flags = 0;
  std::vector<std::uint8_t> payload;
  std::string printed;
};

/// The messages of a file.
inline std::vector<RecordedMessage> read_recorded(const std::string& name) {
  std::ifstream in(recorded_folder + "/corpus/message/" + name, std::ios::binary);
  EXPECT_TRUE(in) << name;
  const std::vector<char> all{std::istreambuf_iterator<char>(in), {}};
  const std::vector<std::uint8_t> octets(all.begin(), all.end());
  std::vector<RecordedMessage> out;
  EXPECT_TRUE(netlink::each_message(octets, [&](const netlink::Message& m) {
    out.push_back({name, m.type, m.flags, {m.payload.begin(), m.payload.end()}, {}});
  })) << name;
  return out;
}

/// testdata/conntrack.txt has "name: what was printed" of each message, those of a dump in order.
inline std::vector<RecordedMessage> read_all_recorded() {
  std::vector<RecordedMessage> out;
  std::ifstream lines(recorded_folder + "/testdata/conntrack.txt");
  EXPECT_TRUE(lines);
  std::size_t printed = 0;
  for (std::string line; std::getline(lines, line); ++printed) {
    const auto name = line.substr(0, line.find(':'));
    if (printed == out.size()) {
      for (auto& message : read_recorded(name)) out.push_back(std::move(message));
    }
    if (printed >= out.size() || out[printed].name != name) {
      ADD_FAILURE() << "not as many lines as messages: " << name;
      return out;
    }
    out[printed].printed = line.substr(line.find(':') + 2);
  }
  EXPECT_EQ(printed, out.size());
  return out;
}

/// In the order of recording.
inline const std::vector<RecordedMessage>& recorded() {
  static const auto all = read_all_recorded();
  return all;
}

inline const RecordedMessage& recorded(std::string_view name) {
  for (const auto& m : recorded()) {
    if (m.name == name) return m;
  }
  ADD_FAILURE() << name;
  return recorded().front();
}

}  // namespace netweir::conntrack
