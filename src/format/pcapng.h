// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "netweir/bytes.h"
#include "netweir/time.h"

namespace netweir::format::pcapng {

/// Blocks of a pcapng file (draft-ietf-opsawg-pcapng), in the machine's byte order, times in
/// nanoseconds. Each call appends one whole block; its length is a multiple of four. Pure.

/// The type of a Section Header Block, with which every file begins.
inline constexpr std::uint32_t section_type = 0x0a0d0d0a;

/// What surrounds a packet's octets: padding included, options not.
inline constexpr std::size_t packet_overhead = 36;

void append_section(std::string& out, std::string_view application);

/// The next interface of the section; they count from 0.
struct Interface {
  std::uint16_t link = 0;
  std::string_view name{}, description{}, comment{};  ///< empty = no option; cut at 65,535 octets
};
void append_interface(std::string& out, const Interface& interface);

struct Packet {
  std::uint32_t interface = 0;
  WallTime at{};
  Bytes head{}, octets{};    ///< one behind the other
  std::uint32_t length = 0;  ///< of the original packet; at least what is there
  std::uint64_t drops = 0;   ///< epb_dropcount; 0 = no option
  std::string_view comment{};
};
void append_packet(std::string& out, const Packet& packet);

struct Statistics {
  std::uint32_t interface = 0;
  WallTime at{};
  std::optional<WallTime> start{};     ///< isb_starttime
  std::optional<std::uint64_t> drops;  ///< isb_osdrop: since the section's begin
  std::string_view comment{};
};
void append_statistics(std::string& out, const Statistics& statistics);

}  // namespace netweir::format::pcapng
