// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "netweir/link.h"
#include "pcap/capture.h"
#include "pcap/classic.h"
#include "pcap/pcapng.h"

namespace netweir::pcap {

/// A capture in any format that is known, from octets as they come. Pure: no file, no clock; the
/// same octets give the same frames however they are cut into calls. Memory is bounded by the
/// interfaces of one section. One thread.
class CaptureFile {
 public:
  /// `links` names the file's interfaces and outlives this.
  CaptureFile(SourceId source, Links& links) : source_(source), pcapng_(source, links) {}

  /// Takes whole records from the front of `octets`, which must begin where the last call left off.
  /// Frames are views into `octets`; data, wire_len, link, in, at and source are filled, the other
  /// fields stay as they are. Never asks for more than `longest_piece` octets in one piece.
  Step parse(Bytes octets, std::span<Frame> out);

  /// The input has ended behind `left`, which parse() did not take. False: in the middle of
  /// something, see problem().
  bool finish(Bytes left);

  std::uint64_t octets() const noexcept { return octets_; }    ///< taken so far
  std::uint64_t packets() const noexcept { return packets_; }  ///< filled so far

  /// Whether all packets have the link type of the file's header.
  bool one_link_type() const noexcept { return format_ == Format::classic; }

  /// What is wrong, to be read after the file's name: "is empty", "has, at octet 24, ...". And
  /// where there is one, the command that unpacks the file.
  const std::string& problem() const noexcept { return problem_; }
  const std::string& mend() const noexcept { return mend_; }

 private:
  enum class Format : std::uint8_t { unknown, classic, pcapng };
  bool recognise(Bytes octets, Step& step);
  void unknown_format(Bytes begin);

  SourceId source_;
  Format format_ = Format::unknown;
  Classic classic_;
  Pcapng pcapng_;
  std::uint64_t octets_ = 0, packets_ = 0;
  std::string problem_, mend_;
};

}  // namespace netweir::pcap
