// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace netweir::test {

/// While one lives, operator new of this thread throws at its `first` call and at each `every`th
/// after it (0 = at no other).
class FailingNew {
 public:
  FailingNew(std::uint64_t first, std::uint64_t every) noexcept;
  ~FailingNew();
  FailingNew(const FailingNew&) = delete;
  FailingNew& operator=(const FailingNew&) = delete;
  /// Calls so far.
  static std::uint64_t calls() noexcept;
};

}  // namespace netweir::test
