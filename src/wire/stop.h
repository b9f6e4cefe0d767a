// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <cstring>

#include "netweir/packet.h"
#include "wire/cursor.h"

namespace netweir::wire {

inline void stop(Packet& p, Layer at, Stop why) noexcept {
  p.at = at;
  p.stop = why;
}

/// The last header was read whole. What its length field speaks of may still be cut.
inline void finish(Packet& p, Layer at, const Cursor& c) noexcept {
  stop(p, at, c.cut() ? Stop::cut : Stop::done);
}

inline void copy(Mac& to, const std::uint8_t* from) noexcept {
  std::memcpy(to.octets.data(), from, 6);
}
inline void copy_v4(Ip& to, const std::uint8_t* from) noexcept {
  std::memcpy(to.octets.data(), from, 4);
  to.version = IpVersion::v4;
}
inline void copy_v6(Ip& to, const std::uint8_t* from) noexcept {
  std::memcpy(to.octets.data(), from, 16);
  to.version = IpVersion::v6;
}

}  // namespace netweir::wire
