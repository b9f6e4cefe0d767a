// SPDX-License-Identifier: GPL-2.0-or-later
#include "psample/sequence.h"

namespace netweir::psample {

Sequence::Seen Sequence::next(std::uint32_t number) noexcept {
  Seen result;
  if (number != 0) {
    zeros_ = 0;
  } else if (zeros_ < zeros_at_least) {
    ++zeros_;
  }
  if (!seen_) {
    seen_ = true;
    last_ = number;
    return result;
  }
  if (number == 0 && last_ == 0) return result;  // a repeated 0 says nothing
  const auto ahead =
      static_cast<std::int64_t>(static_cast<std::int32_t>(number - last_ - 1));  // wraps
  if (ahead >= 0) {
    result.gap = static_cast<std::uint32_t>(ahead);
    last_ = number;
    late_ = 0;
    return result;
  }
  if (ahead < -late_at_most || ++late_ >= late_in_a_row) {
    last_ = number;
    late_ = 0;
    return result;
  }
  result.late = true;
  return result;
}

}  // namespace netweir::psample
