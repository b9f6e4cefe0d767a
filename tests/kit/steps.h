// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace netweir::test {

/// Whether this build counts steps: edges between basic blocks that this thread has executed
/// (-fsanitize-coverage=trace-pc of the fuzz preset; no code under test knows of it).
bool counts_steps() noexcept;

/// Edges executed by this thread so far; 0 where the build does not count them.
std::uint64_t steps() noexcept;

/// Work is linear in the input: where steps are counted, a scope of more than
/// `fixed + per_octet * octets` ends the process. NETWEIR_STEPS=1 prints what was most, per octet.
class Steps {
 public:
  Steps(std::size_t octets, std::uint64_t fixed, std::uint64_t per_octet) noexcept
      : octets_(octets), fixed_(fixed), per_octet_(per_octet), from_(steps()) {}
  ~Steps();
  Steps(const Steps&) = delete;
  Steps& operator=(const Steps&) = delete;

 private:
  std::size_t octets_;
  std::uint64_t fixed_, per_octet_, from_;
};

}  // namespace netweir::test
