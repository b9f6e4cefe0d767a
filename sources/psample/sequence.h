// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace netweir::psample {

/// What the sequence numbers of one group say. A cross-check, not a count: the kernel increments
/// them without a lock, so that numbers may come twice or late from another CPU, and starts again
/// at 0 when the group goes. Pure.
class Sequence {
 public:
  /// What one sample's number adds.
  struct Seen {
    std::uint32_t gap = 0;  ///< numbers left out before it
    bool late = false;      ///< one that an earlier gap counted, or one that came twice
  };
  Seen next(std::uint32_t number) noexcept;

  /// The group came or went: the next number is a baseline.
  void reset() noexcept { *this = Sequence(); }

  /// Nothing but 0, again and again: Open vSwitch samples without counting.
  bool is_unsequenced() const noexcept { return zeros_ >= zeros_at_least; }

 private:
  static constexpr std::uint8_t zeros_at_least = 3;
  static constexpr std::int64_t late_at_most = 1024;  ///< further back it is another sequence
  static constexpr std::uint8_t late_in_a_row = 64;   ///< so many, and it is another sequence too

  bool seen_ = false;
  std::uint8_t zeros_ = 0;  ///< in a row
  std::uint8_t late_ = 0;   ///< in a row
  std::uint32_t last_ = 0;
};

}  // namespace netweir::psample
