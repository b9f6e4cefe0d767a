// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "netweir/address.h"

namespace netweir::test {

/// The n-th host of 10.0.0.0/8, and its own MAC.
inline Ip ip(unsigned n) {
  return Ip::v4(10, static_cast<std::uint8_t>(n >> 16U), static_cast<std::uint8_t>(n >> 8U),
                static_cast<std::uint8_t>(n));
}
inline Mac mac(unsigned n) {
  return {{2, 0, 0, static_cast<std::uint8_t>(n >> 16U), static_cast<std::uint8_t>(n >> 8U),
           static_cast<std::uint8_t>(n)}};
}

}  // namespace netweir::test
