// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "netweir/link.h"
#include "netweir/time.h"
#include "pcap/capture.h"
#include "pcap/recorded.h"

namespace netweir::pcap {

/// What a pcapng time stamp counts (if_tsresol, if_tsoffset), as nanoseconds since the epoch.
class TimeUnit {
 public:
  TimeUnit() = default;  ///< microseconds, the default of the format
  /// `resolution` as in if_tsresol: 10^-n, or 2^-n where the top bit is set. Any value will do.
  TimeUnit(std::uint8_t resolution, std::int64_t offset_seconds) noexcept;

  /// Rounded down; saturates at both ends of WallTime.
  WallTime at(std::uint64_t stamp) const noexcept;

 private:
  WallTime slow(std::uint64_t stamp) const noexcept;
  std::uint64_t multiply_ = 1000;  // 0 = not a multiple of a nanosecond
  std::uint64_t divide_ = 1;       // 0 = less than any stamp can reach
  std::uint8_t shift_ = 0;         // of 2^-n
  std::int64_t offset_ = 0;        // seconds
};

/// The blocks of a pcapng file, https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html:
/// sections of either byte order, enhanced, simple and obsolete packet blocks; all others are
/// skipped, however long. Allocates for interfaces only. One thread.
class Pcapng {
 public:
  static constexpr std::uint32_t section_header = 0x0a0d0d0a;  ///< reads the same in either order
  static constexpr std::size_t max_interfaces = 1024;          ///< a section
  static constexpr std::size_t max_names = 4096;  ///< a file; interfaces beyond have no name

  Pcapng(SourceId source, Links& links) : source_(source), links_(links) {}

  /// Takes whole blocks. Frames are views into `octets`; data, wire_len, link, in, at, source and
  /// recorded are filled, the other fields stay as they are. What `recorded` points to lives until
  /// the next call.
  Step parse(Bytes octets, std::span<Frame> out);

  /// Whether the octets up to now end inside a block that is being skipped.
  bool inside_block() const noexcept { return skip_ != 0; }
  /// Whether `left`, which parse() did not take, begins a packet.
  bool begins_packet(Bytes left) const noexcept;

  const std::string& problem() const noexcept { return problem_; }

 private:
  struct Interface {
    std::uint16_t link = 0;
    std::uint32_t snaplen = 0;  // 0 = no limit
    LinkId in = 0;
    TimeUnit unit;
    const RecordedSource* recorded = nullptr;  // of a netlink interface
    std::uint64_t packet_drops = 0;            // what its packets add up to, in this section
    std::uint64_t drops = 0;                   // what is known of them, statistics included
  };
  enum class Taken : std::uint8_t { block, packet, hungry, bad };

  Taken block(Bytes octets, Frame& frame, std::size_t& taken);
  Taken section(Bytes octets, std::size_t& taken);
  bool interface(Bytes body);
  bool packet(std::uint32_t type, Bytes body, std::uint32_t room, Frame& frame);
  bool statistics(Bytes body, Frame& frame);
  bool fill(std::uint32_t interface, std::uint32_t captured, std::uint32_t wire, Bytes data,
            std::uint32_t room, Frame& frame);
  Taken refuse(std::string text);
  LinkId name(std::string_view text);

  SourceId source_;
  Links& links_;
  bool in_section_ = false;
  Order order_;
  std::vector<Interface> interfaces_;
  std::map<std::string, LinkId, std::less<>> names_;
  Recorded recorded_;
  WallTime last_{};
  std::uint64_t skip_ = 0;        // octets left of a block that is being skipped, its trailer too
  std::uint32_t skip_total_ = 0;  // what that trailer must say
  std::string problem_;
};

}  // namespace netweir::pcap
