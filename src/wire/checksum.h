// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "netweir/bytes.h"

namespace netweir::wire {

/// The words of a sum in one, which is not complemented yet.
inline std::uint16_t folded(std::uint64_t sum) noexcept {
  sum = (sum & 0xffffffffU) + (sum >> 32U);
  sum = (sum & 0xffffU) + ((sum >> 16U) & 0xffffU) + (sum >> 32U);
  sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>((sum & 0xffffU) + (sum >> 16U));
}

/// A sum of 16-bit words in network order, folded; a last odd octet counts as the high one. Words
/// are added in the machine's order, eight octets at a time: RFC 1071, sections 2 (B) and (C).
inline std::uint16_t sum16(Bytes octets) noexcept {
  const auto* at = octets.data();
  auto left = octets.size();
  std::uint64_t sum = 0;
  const auto add = [&](auto word) {
    std::memcpy(&word, at, sizeof word);
    at += sizeof word;
    left -= sizeof word;
    sum += word;
    sum += static_cast<std::uint64_t>(sum < word);  // the carry comes around
  };
  while (left >= 8) add(std::uint64_t{});
  if (left >= 4) add(std::uint32_t{});
  if (left >= 2) add(std::uint16_t{});
  if (left != 0) {
    const std::array<std::uint8_t, 2> last{*at, 0};
    at = last.data();
    left = 2;
    add(std::uint16_t{});
  }
  auto result = folded(sum);
  if constexpr (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) result = __builtin_bswap16(result);
  return result;
}

}  // namespace netweir::wire
