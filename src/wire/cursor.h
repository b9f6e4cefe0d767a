// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "netweir/bytes.h"
#include "netweir/packet.h"

namespace netweir::wire {

/// The octets of one packet from some place on, the only place with pointer arithmetic. It knows
/// two ends: that of what was captured, and that of the packet itself, which may lie further out.
/// What is missing at the first is `cut`, at the second `malformed`.
class Cursor {
 public:
  /// The packet's own length is not known. Half the range: adding to it does not overflow.
  static constexpr std::size_t unknown = SIZE_MAX / 2;

  /// `missing`: octets that follow in the packet but were not captured, or `unknown`.
  Cursor(Bytes captured, std::size_t missing) noexcept
      : at_(captured.data()), left_(captured.size()), missing_(missing) {}

  /// The next n octets, and steps over them; null, without a step, where fewer were captured.
  const std::uint8_t* take(std::size_t n) noexcept {
    if (n > left_) return nullptr;
    const auto* taken = at_;
    at_ += n;
    left_ -= n;
    return taken;
  }

  /// The same place of the same packet, in other storage: `captured` are the octets from here on.
  Cursor moved_to(Bytes captured) const noexcept {
    Cursor c{captured, 0};
    c.left_ = std::min(captured.size(), whole());
    c.missing_ = whole() - c.left_;
    return c;
  }

  /// Octets taken since the cursor stood at the front of `start`.
  std::size_t taken_from(Bytes start) const noexcept {
    return static_cast<std::size_t>(at_ - start.data());
  }

  /// Captured octets, none taken.
  Bytes rest() const noexcept { return {at_, left_}; }
  std::size_t left() const noexcept { return left_; }

  /// Octets of the packet itself from here on.
  std::size_t whole() const noexcept { return left_ + missing_; }

  /// Octets behind the captured ones, or `unknown`.
  std::size_t missing() const noexcept { return missing_; }

  /// The packet is known to go on behind the capture.
  bool cut() const noexcept { return missing_ != 0 && missing_ < unknown; }

  /// All of the packet was captured, and its length is known.
  bool complete() const noexcept { return missing_ == 0; }

  /// A length field: n octets follow, what comes after them is not ours. False where the packet has
  /// fewer.
  bool limit(std::size_t n) noexcept {
    if (n > whole()) return false;
    missing_ = n > left_ ? n - left_ : 0;
    left_ = std::min(n, left_);
    return true;
  }

  /// Why take(n) gave null.
  Stop too_short(std::size_t n) const noexcept { return n > whole() ? Stop::malformed : Stop::cut; }

 private:
  const std::uint8_t* at_;
  std::size_t left_;
  std::size_t missing_;
};

/// Network order; the caller has seen that there are as many octets (Cursor::take, a length table).
inline std::uint16_t be16(const std::uint8_t* at) noexcept {
  std::uint16_t v = 0;
  std::memcpy(&v, at, sizeof v);
  if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) v = __builtin_bswap16(v);
  return v;
}
inline std::uint32_t be32(const std::uint8_t* at) noexcept {
  std::uint32_t v = 0;
  std::memcpy(&v, at, sizeof v);
  if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) v = __builtin_bswap32(v);
  return v;
}
inline std::uint64_t be64(const std::uint8_t* at) noexcept {
  std::uint64_t v = 0;
  std::memcpy(&v, at, sizeof v);
  if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) v = __builtin_bswap64(v);
  return v;
}

}  // namespace netweir::wire
