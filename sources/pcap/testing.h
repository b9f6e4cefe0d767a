// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "kit/collect.h"
#include "kit/hex.h"
#include "pcap/capture_file.h"

namespace netweir::pcap::test {

using Octets = std::vector<std::uint8_t>;

inline std::string data_path(const std::string& name) {
  return std::string(NETWEIR_ROOT) + "/sources/pcap/testdata/" + name;
}

/// A file of testdata/; empty where there is none.
inline Octets data(const std::string& name) {
  std::ifstream in(data_path(name), std::ios::binary);
  const std::vector<char> octets{std::istreambuf_iterator<char>(in), {}};
  return {octets.begin(), octets.end()};
}

/// What a capture holds, read from octets that come `chunk` at a time.
struct Read {
  netweir::test::Collect got;
  netweir::test::FixedLinks links;
  bool whole = false;
  std::string problem;
  std::uint64_t octets = 0;
};

inline Read read(Bytes octets, std::size_t chunk = SIZE_MAX, std::size_t room = 256) {
  Read r;
  CaptureFile file(3, r.links);
  std::vector<Frame> frames(room);
  std::size_t begin = 0, end = 0;
  while (true) {
    // An exact copy, so that the sanitizers see every octet beyond its end.
    const Octets there(octets.begin() + static_cast<std::ptrdiff_t>(begin),
                       octets.begin() + static_cast<std::ptrdiff_t>(end));
    const auto step = file.parse(there, frames);
    r.got.frames(std::span<const Frame>(frames).first(step.frames));
    begin += step.octets;
    if (step.state == Step::State::bad) break;
    if (step.state == Step::State::full) continue;
    if (end == octets.size()) {
      r.whole = file.finish(octets.subspan(begin));
      break;
    }
    end += std::min(chunk, octets.size() - end);
  }
  r.problem = file.problem();
  r.octets = file.octets();
  return r;
}

inline std::int64_t ns(const Frame& frame) { return frame.at.time_since_epoch().count(); }

}  // namespace netweir::pcap::test
