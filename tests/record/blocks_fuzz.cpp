// SPDX-License-Identifier: GPL-2.0-or-later
// What the recorder writes, whatever the octets, the names and the times: the reader gives back
// every packet as it was, up to the last octet of the file.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "format/pcapng.h"
#include "kit/steps.h"
#include "netweir/link.h"
#include "pcap/capture_file.h"

namespace {

using netweir::Bytes;
namespace pcapng = netweir::format::pcapng;

class NoLinks final : public netweir::Links {
 public:
  netweir::LinkId by_index(std::uint32_t) override { return 0; }
  netweir::LinkId by_low_index(std::uint16_t, bool&) override { return 0; }
  netweir::LinkId by_name(std::string_view) override { return 0; }
};

/// Takes values off the front of the input; zeros when it is used up.
class Input {
 public:
  explicit Input(Bytes rest) : rest_(rest) {}
  bool empty() const { return rest_.empty(); }
  std::uint8_t octet() {
    if (rest_.empty()) return 0;
    const auto o = rest_[0];
    rest_ = rest_.subspan(1);
    return o;
  }
  Bytes octets(std::size_t length) {
    const auto taken = rest_.first(std::min(length, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  std::string_view text() {
    const auto taken = octets(octet());
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

 private:
  Bytes rest_;
};

struct Expected {
  std::vector<std::uint8_t> octets;
  std::uint32_t length = 0;
  netweir::WallTime at{};
};

void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

std::string written(Input in, std::vector<Expected>& expected) {
  std::string file;
  pcapng::append_section(file, in.text());
  std::uint32_t interfaces = 0;
  while (!in.empty()) {
    const auto what = in.octet();
    const netweir::WallTime at{std::chrono::nanoseconds{(std::int64_t{1} << 60U) +
                                                        std::int64_t{in.octet()} * 1'000'000'007}};
    if (what % 8 == 0 || interfaces == 0) {
      const auto name = in.text();
      const auto description = in.text();
      pcapng::append_interface(file, {1, name, description, in.text()});
      must(file.size() % 4 == 0, "a block that is not padded");
      ++interfaces;
    } else if (what % 8 == 1) {
      pcapng::append_statistics(file, {in.octet() % interfaces, at, at, in.octet(), in.text()});
    } else {
      pcapng::Packet p;
      p.interface = in.octet() % interfaces;
      p.at = at;
      p.head = in.octets(in.octet() % 32);
      p.octets = in.octets(in.octet());
      p.length = static_cast<std::uint32_t>(p.head.size() + p.octets.size()) + what / 8;
      p.drops = in.octet() % 2;
      p.comment = in.text();
      pcapng::append_packet(file, p);
      Expected e{{p.head.begin(), p.head.end()}, p.length, at};
      e.octets.insert(e.octets.end(), p.octets.begin(), p.octets.end());
      expected.push_back(std::move(e));
    }
  }
  return file;
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const netweir::test::Steps steps(size, 20000, 100);
  std::vector<Expected> expected;
  const auto file = written(Input({data, size}), expected);
  const Bytes octets(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  NoLinks links;
  netweir::pcap::CaptureFile capture(1, links);
  std::vector<netweir::Frame> frames(7);
  std::size_t at = 0, seen = 0;
  while (true) {
    for (auto& f : frames) f = {};
    const auto step = capture.parse(octets.subspan(at), frames);
    must(step.state != netweir::pcap::Step::State::bad, capture.problem().c_str());
    for (std::size_t i = 0; i < step.frames; ++i, ++seen) {
      must(seen < expected.size(), "more packets than were written");
      const auto& e = expected[seen];
      must(std::equal(frames[i].data.begin(), frames[i].data.end(), e.octets.begin(),
                      e.octets.end()),
           "other octets");
      must(frames[i].wire_len == e.length && frames[i].at == e.at, "another length or time");
    }
    at += step.octets;
    if (step.state == netweir::pcap::Step::State::hungry) break;
  }
  must(capture.finish(octets.subspan(at)), capture.problem().c_str());
  must(seen == expected.size(), "fewer packets than were written");
  return 0;
}
