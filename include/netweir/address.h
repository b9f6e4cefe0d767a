// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <compare>
#include <cstdint>

namespace netweir {

/// A 48-bit MAC address (EUI-48), octets in the order of transmission.
struct Mac {
  std::array<std::uint8_t, 6> octets{};

  /// The I/G bit: multicast and broadcast.
  constexpr bool is_group() const noexcept { return (octets[0] & 0x01U) != 0; }
  constexpr bool is_zero() const noexcept { return *this == Mac{}; }
  friend constexpr auto operator<=>(const Mac&, const Mac&) noexcept = default;
};

enum class IpVersion : std::uint8_t { none = 0, v4 = 4, v6 = 6 };

/// An IPv4 or IPv6 address in network order. IPv4 fills the first four octets; the others are zero,
/// so that equal addresses are equal octets.
struct Ip {
  std::array<std::uint8_t, 16> octets{};
  IpVersion version = IpVersion::none;

  static constexpr Ip v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) noexcept {
    return {{a, b, c, d}, IpVersion::v4};
  }
  friend constexpr auto operator<=>(const Ip&, const Ip&) noexcept = default;
};

/// The addresses whose first `bits` are those of `ip`.
struct IpPrefix {
  Ip ip{};  ///< what is beyond `bits` does not count
  std::uint8_t bits = 0;

  constexpr bool contains(const Ip& other) const noexcept {
    if (other.version != ip.version) return false;
    for (unsigned i = 0, left = bits; left > 0 && i < other.octets.size(); ++i) {
      const auto of_octet = left < 8 ? left : 8;
      if (((other.octets[i] ^ ip.octets[i]) >> (8U - of_octet)) != 0) return false;
      left -= of_octet;
    }
    return true;
  }
  friend constexpr bool operator==(const IpPrefix&, const IpPrefix&) noexcept = default;
};

}  // namespace netweir
