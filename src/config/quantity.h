// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace netweir::config {

/// A number with a unit, read from text.
struct Quantity {
  enum class State : std::uint8_t { good, wrong, too_large, negative };
  State state = State::wrong;
  std::int64_t value = 0;
  std::string hint{};  ///< of `wrong`: how it should have been written; empty = no idea
};

/// Decimal digits with an optional minus; no leading zeros, no plus, no fraction.
Quantity read_integer(std::string_view text);
/// Octets: 4096, 64KiB, 8MiB, 1GiB.
Quantity read_size(std::string_view text);
/// Nanoseconds: 100ms, 5s, 10m, 24h, also ns, us, d, and sums from the largest unit down: 1h30m.
Quantity read_duration(std::string_view text);

}  // namespace netweir::config
