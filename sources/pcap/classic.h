// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "pcap/capture.h"

namespace netweir::pcap {

/// The records of a pcap file, https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html,
/// after its file header; also with Kuznetzov's 24-octet record headers. Pure; one thread.
class Classic {
 public:
  static constexpr std::size_t file_header = 24;

  /// Whether a file that begins with these four octets, read in network order, is a pcap file.
  static bool is_magic(std::uint32_t big_endian) noexcept;

  /// Takes the file header. False: problem().
  /// REQUIRES: at least `file_header` octets, with a magic that is_magic() knows.
  bool begin(Bytes header, SourceId source);

  /// Takes whole records. Frames are views into `octets`; data, wire_len, link, at and source are
  /// filled, the other fields stay as they are.
  Step parse(Bytes octets, std::span<Frame> out);

  const std::string& problem() const noexcept { return problem_; }

 private:
  Order order_;
  SourceId source_ = 0;
  std::uint16_t link_ = 0;
  std::size_t record_header_ = 16;
  std::uint32_t unit_ = 1000;  // nanoseconds of one unit of the fraction
  bool old_lengths_ = false;   // version 2.3 and older: the two lengths may be exchanged
  std::string problem_;
};

}  // namespace netweir::pcap
