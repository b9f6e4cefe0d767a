// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcap/capture_file.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace netweir::pcap {
namespace {

struct Lookalike {
  std::string_view begins, name, unpack;
};
constexpr std::array<Lookalike, 8> lookalikes{{{"\x1f\x8b", "gzip", "gzip -dc"},
                                               {"\x28\xb5\x2f\xfd", "zstd", "zstd -dc"},
                                               {std::string_view("\xfd\x37zXZ"), "xz", "xz -dc"},
                                               {"BZh", "bzip2", "bzip2 -dc"},
                                               {"\x04\x22\x4d\x18", "lz4", "lz4 -dc"},
                                               {"PK\x03\x04", "zip", "unzip -p"},
                                               {std::string_view("snoop\0", 6), "snoop", ""},
                                               {"GMBU", "Network Monitor", ""}}};

bool is_text(Bytes octets) noexcept {
  return std::all_of(octets.begin(), octets.end(), [](std::uint8_t c) {
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0x7f);
  });
}

}  // namespace

Step CaptureFile::parse(Bytes octets, std::span<Frame> out) {
  Step step;
  if (format_ == Format::unknown && !recognise(octets, step)) return step;
  const auto begun = step.octets;
  octets_ += begun;
  const bool classic = format_ == Format::classic;
  step = classic ? classic_.parse(octets.subspan(begun), out)
                 : pcapng_.parse(octets.subspan(begun), out);
  octets_ += step.octets;
  packets_ += step.frames;
  step.octets += begun;
  if (step.state == Step::State::bad) {
    problem_ = "has, at octet " + std::to_string(octets_) + ", " +
               (classic ? classic_.problem() : pcapng_.problem());
  }
  return step;
}

bool CaptureFile::recognise(Bytes octets, Step& step) {
  constexpr std::size_t enough = 8;  // to tell what else it might be
  if (octets.size() < enough) return false;
  const auto magic = std::uint32_t{octets[0]} << 24U | std::uint32_t{octets[1]} << 16U |
                     std::uint32_t{octets[2]} << 8U | octets[3];
  if (magic == Pcapng::section_header) {
    format_ = Format::pcapng;
    return true;
  }
  if (!Classic::is_magic(magic)) {
    unknown_format(octets.first(enough));
    step.state = Step::State::bad;
    return false;
  }
  if (octets.size() < Classic::file_header) return false;
  if (!classic_.begin(octets, source_)) {
    problem_ = "has " + classic_.problem();
    step.state = Step::State::bad;
    return false;
  }
  format_ = Format::classic;
  step.octets = Classic::file_header;
  return true;
}

/// `begin` has the same octets however the file comes: the verdict depends on nothing else.
void CaptureFile::unknown_format(Bytes begin) {
  problem_ = "is not a capture";
  const std::string text(begin.begin(), begin.end());
  for (const auto& like : lookalikes) {
    if (text.starts_with(like.begins)) {
      problem_.append(", it looks like ").append(like.name);
      mend_ = like.unpack;
      return;
    }
  }
  if (is_text(begin)) problem_ += ", it looks like text";
}

bool CaptureFile::finish(Bytes left) {
  if (format_ == Format::unknown) {
    if (left.empty()) {
      problem_ = "is empty, not a capture";
    } else if (left.size() < 8) {
      problem_ = "ends after " + std::to_string(left.size()) + " octets, too few for a capture";
    } else {
      problem_ = "ends in the middle of the file header";
    }
    return false;
  }
  const bool pcapng = format_ == Format::pcapng;
  if (left.empty() && !(pcapng && pcapng_.inside_block())) return true;
  if (pcapng && !pcapng_.begins_packet(left)) {
    problem_ = "ends at octet " + std::to_string(octets_ + left.size()) +
               ", in the middle of a block after packet " + std::to_string(packets_);
  } else {
    problem_ = "ends at octet " + std::to_string(octets_ + left.size()) +
               ", in the middle of packet " + std::to_string(packets_ + 1);
  }
  return false;
}

}  // namespace netweir::pcap
