// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

// Made once, in json.cpp: otherwise each file that includes this takes seconds more to compile. Not
// in a release build: there it gains little, and GCC 12 sees array bounds overstepped that are not.
#ifndef NDEBUG
extern template class nlohmann::basic_json<>;
#endif

namespace netweir::test {

/// The text as JSON. `is_discarded()` where it is none.
nlohmann::json parse_json(std::string_view text);

}  // namespace netweir::test
