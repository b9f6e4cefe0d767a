// SPDX-License-Identifier: GPL-2.0-or-later
#include "dropmon/filter.h"

#include <algorithm>

#include "os/pattern.h"

namespace netweir::dropmon {

Filter Filter::from(const Values& values) {
  Filter f;
  if (values.has("origins")) {
    const auto origins = values.get<std::vector<std::string>>("origins");
    const auto has = [&](std::string_view word) {
      return std::find(origins.begin(), origins.end(), word) != origins.end();
    };
    f.software = has("software");
    f.hardware = has("hardware");
  }
  f.hide = values.get<std::vector<std::string>>("hide");
  return f;
}

bool Filter::wants(const DropExtra& drop) const noexcept {
  if (drop.origin == DropExtra::Origin::software && !software) return false;
  if (drop.origin == DropExtra::Origin::hardware && !hardware) return false;
  const auto function = drop.symbol.substr(0, drop.symbol.find('+'));
  return std::none_of(hide.begin(), hide.end(), [&](const std::string& pattern) {
    for (const auto text : {drop.reason, drop.symbol, function, drop.trap, drop.trap_group}) {
      if (!text.empty() && is_like(text, pattern)) return true;
    }
    return false;
  });
}

}  // namespace netweir::dropmon
