// SPDX-License-Identifier: GPL-2.0-or-later
#include "kit/json.h"

#ifndef NDEBUG
template class nlohmann::basic_json<>;
#endif

namespace netweir::test {

nlohmann::json parse_json(std::string_view text) {
  return nlohmann::json::parse(text, nullptr, false);
}

}  // namespace netweir::test
