// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>

namespace netweir::test {

/// How often this program has called operator new so far. counting_new.cpp, which replaces it, must
/// be in the program (and in a file of its own: g++ warns where it can see both new and free).
std::size_t allocation_count();

}  // namespace netweir::test
