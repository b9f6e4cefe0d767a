// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "capture/filter.h"
#include "netweir/bytes.h"
#include "netweir/frame.h"

namespace netweir::pcap {

using capture::max_captured;

/// No parser here asks for more octets than these in one piece.
inline constexpr std::size_t longest_piece = std::size_t{512} << 10U;

/// Integers in the byte order of a file or of one of its sections.
struct Order {
  bool swapped = false;  ///< against the machine's

  std::uint16_t u16(std::uint16_t v) const noexcept { return swapped ? __builtin_bswap16(v) : v; }
  std::uint32_t u32(std::uint32_t v) const noexcept { return swapped ? __builtin_bswap32(v) : v; }
  std::uint64_t u64(std::uint64_t v) const noexcept { return swapped ? __builtin_bswap64(v) : v; }

  std::uint16_t u16(Bytes b, std::size_t at) const noexcept {
    return u16(load<std::uint16_t>(b, at));
  }
  std::uint32_t u32(Bytes b, std::size_t at) const noexcept {
    return u32(load<std::uint32_t>(b, at));
  }
  std::uint64_t u64(Bytes b, std::size_t at) const noexcept {
    return u64(load<std::uint64_t>(b, at));
  }

  /// N consecutive 32-bit words. REQUIRES here and above: they lie within `b`.
  template <std::size_t N>
  std::array<std::uint32_t, N> words(Bytes b, std::size_t at) const noexcept {
    auto w = load<std::array<std::uint32_t, N>>(b, at);
    if (swapped) {
      for (auto& v : w) v = __builtin_bswap32(v);
    }
    return w;
  }

 private:
  template <class T>
  static T load(Bytes b, std::size_t at) noexcept {
    T v;
    std::memcpy(&v, b.subspan(at, sizeof v).data(), sizeof v);
    return v;
  }
};

/// How far one call of a parser came.
struct Step {
  enum class State : std::uint8_t {
    hungry,  ///< the octets left over are no whole record: call again with more behind them
    full,    ///< no room for another frame
    bad      ///< damaged from here on; the parser's problem() says how
  };
  State state = State::hungry;
  std::size_t octets = 0;  ///< taken from the front
  std::size_t frames = 0;  ///< filled
};

/// The link type that the rooms below know, of a file's number: 12 and 14 are DLT_RAW of some
/// systems, written by programs that did not translate it.
constexpr std::uint16_t known_link(std::uint16_t link) noexcept {
  return link == 12 || link == 14 ? linktype::raw : link;
}

/// Whether packets of this link type can be decoded at all.
bool decodable(std::uint16_t link) noexcept;
/// "NULL (0), EN10MB (1), ...": all of them.
std::string decodable_links();

}  // namespace netweir::pcap
