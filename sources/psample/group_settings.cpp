// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <string_view>

#include "psample/decoder.h"

namespace netweir::psample {
namespace {

using Words = std::map<std::string, std::int64_t, std::less<>>;

std::uint32_t number(std::string_view text) noexcept {
  std::uint32_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);  // the table has checked it
  return value;
}

}  // namespace

GroupSettings GroupSettings::from(const Values& values) {
  GroupSettings s;
  for (const auto g : values.get<std::vector<std::int64_t>>("groups"))
    s.wanted.push_back(static_cast<std::uint32_t>(g));
  std::sort(s.wanted.begin(), s.wanted.end());
  for (const auto& [group, vid] : values.get<Words>("group_vlan"))
    s.of[number(group)].vid = static_cast<std::uint16_t>(vid);
  for (const auto& [group, word] : values.get<Words>("group_direction"))
    s.of[number(group)].direction = word == 0 ? Direction::ingress : Direction::egress;
  return s;
}

bool GroupSettings::wants(std::uint32_t group) const noexcept {
  return wanted.empty() || std::binary_search(wanted.begin(), wanted.end(), group);
}

}  // namespace netweir::psample
