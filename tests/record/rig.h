// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>
#include <linux/netlink.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "config/config.h"
#include "netweir/tap.h"
#include "os/privileged.h"
#include "run/recorder.h"
#include "run/replay.h"

namespace netweir::test {

using Octets = std::vector<std::uint8_t>;
using namespace std::chrono_literals;

inline Octets content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  const std::vector<char> octets{std::istreambuf_iterator<char>(in), {}};
  return {octets.begin(), octets.end()};
}

/// Datagrams of the kernel.
inline Octets nflog_datagram(const std::string& name) {
  return content(NETWEIR_ROOT "/sources/nflog/corpus/message/" + name);
}
/// A datagram of one such message, whose payload the kernel sent.
inline Octets link_message(std::uint16_t type, const std::string& name) {
  const auto payload = content(NETWEIR_ROOT "/tests/netlink/data/" + name);
  nlmsghdr head{};
  head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + payload.size());
  head.nlmsg_type = type;
  Octets message(head.nlmsg_len);
  std::memcpy(message.data(), &head, sizeof head);
  std::copy(payload.begin(), payload.end(), message.begin() + sizeof head);
  return message;
}

inline WallTime at(std::int64_t ns) {
  return WallTime{std::chrono::nanoseconds{1'700'000'000'123'456'789 + ns}};
}

inline Datagram datagram(int protocol, const Octets& octets, std::int64_t ns,
                         std::uint32_t drops = 0) {
  Datagram d;
  d.protocol = protocol;
  d.octets = octets;
  d.length = static_cast<std::uint32_t>(octets.size());
  d.at = at(ns);
  d.drops = drops;
  return d;
}

inline SourceConfig source(const std::string& quick, const std::string& name) {
  auto made = config::quick_source(quick, name, {source_kinds(), {}});
  EXPECT_TRUE(made) << (made ? "" : made.error().what);
  return *std::move(made);
}

inline void no_report(Note::Level, std::string_view) {}

/// A folder of the test's own.
class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "netweir_record_XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  std::string path_;
};

inline std::unique_ptr<run::Recorder> recorder(run::Recorder::Settings settings) {
  settings.application = "netweir test";
  auto made = run::Recorder::open(std::move(settings), no_report);
  EXPECT_TRUE(made) << (made ? "" : made.error().what);
  return *std::move(made);
}

/// What a program that we did not write prints of a file.
inline std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return {};
  std::array<char, 4096> part{};
  for (std::size_t n = 0; (n = ::fread(part.data(), 1, part.size(), pipe)) > 0;)
    text.append(part.data(), n);
  EXPECT_EQ(::pclose(pipe), 0) << command;
  return text;
}

/// The file through the pipeline, without outputs.
inline run::ReplayEnding replayed(const std::string& path) {
  run::Replay what;
  what.files.push_back(source("pcap:" + path, path));
  what.bindings.max = 16;
  what.report = no_report;
  what.go_on = [] { return true; };
  InProcess privileged;
  auto ending = run::replay(what, privileged);
  EXPECT_TRUE(ending);
  return *std::move(ending);
}

}  // namespace netweir::test
