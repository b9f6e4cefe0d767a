// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets: no crash (the sanitizers watch), never more asked for than promised, and the same
// packets and verdict however the octets are cut.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kit/steps.h"
#include "netweir/link.h"
#include "pcap/capture_file.h"

namespace {

class NoLinks final : public netweir::Links {
 public:
  netweir::LinkId by_index(std::uint32_t /*ifindex*/) override { return 0; }
  netweir::LinkId by_low_index(std::uint16_t /*low*/, bool&) override { return 0; }
  netweir::LinkId by_name(std::string_view name) override {
    return static_cast<netweir::LinkId>(name.size());
  }
};

struct Verdict {
  std::uint64_t packets = 0, digest = 14695981039346656037U, octets = 0;
  bool whole = false;
  std::string problem;
  bool operator==(const Verdict&) const = default;
};

Verdict read(netweir::Bytes octets, std::size_t chunk) {
  NoLinks links;
  netweir::pcap::CaptureFile file(1, links);
  std::vector<netweir::Frame> frames(7);
  Verdict v;
  const auto mix = [&v](std::uint64_t value) { v.digest = (v.digest ^ value) * 1099511628211U; };
  std::size_t begin = 0, end = 0;
  while (true) {
    const auto step = file.parse(octets.subspan(begin, end - begin), frames);
    for (const auto& f : std::span(frames).first(step.frames)) {
      if (f.wire_len < f.data.size() || f.data.size() > netweir::pcap::max_captured) std::abort();
      mix(f.wire_len);
      mix(f.link);
      mix(f.in);
      mix(static_cast<std::uint64_t>(f.at.time_since_epoch().count()));
      for (const auto o : f.data) mix(o);
      if (f.recorded == nullptr) continue;
      if (f.link != netweir::linktype::netlink) std::abort();
      mix(f.recorded->drops);
      mix(f.recorded->port);
      mix(static_cast<std::uint64_t>(f.recorded->what));
      const auto* from = f.recorded->from;
      if (from == nullptr) continue;
      if (from->settings.size() > netweir::pcap::Recorded::max_settings) std::abort();
      for (const auto* text : {&from->name, &from->type, &from->settings}) {
        for (const char c : *text) mix(static_cast<unsigned char>(c));
      }
    }
    begin += step.octets;
    if (begin > end) std::abort();
    if (step.state == netweir::pcap::Step::State::bad) break;
    if (step.state == netweir::pcap::Step::State::full) continue;
    if (end - begin >= netweir::pcap::longest_piece) std::abort();
    if (end == octets.size()) {
      v.whole = file.finish(octets.subspan(begin));
      break;
    }
    end += std::min(chunk, octets.size() - end);
  }
  v.packets = file.packets();
  v.octets = file.octets();
  v.problem = file.problem();
  return v;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(  // NOLINT(readability-identifier-naming)
    const std::uint8_t* data, std::size_t size) {
  const netweir::test::Steps steps(size, 2000, 600);
  const netweir::Bytes octets(data, size);
  const auto whole = read(octets, SIZE_MAX);
  for (const std::size_t chunk : {std::size_t{1}, std::size_t{37}}) {
    if (!(read(octets, chunk) == whole)) std::abort();
  }
  return 0;
}
