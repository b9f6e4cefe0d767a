// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace netweir::top {

/// Numbers for people, three digits and a power of 1000: 0, 0.3, 950, 1.23k, 45.6M, 789G. At most
/// five columns. Below 0, or no number: "-".
std::string human(double value);

/// A count: all its digits up to 99999, then as human() has it.
std::string count_text(double value);

/// All digits of a count, without a fraction.
std::string digits(double value);

}  // namespace netweir::top
