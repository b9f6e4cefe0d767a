// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace netweir {

/// What the kernel takes for the name of an interface (dev_valid_name, net/core/dev.c).
inline constexpr std::size_t longest_interface_name = 15;
inline bool is_interface_name(std::string_view name,
                              std::size_t longest = longest_interface_name) noexcept {
  return !name.empty() && name.size() <= longest && name != "." && name != ".." &&
         std::none_of(name.begin(), name.end(), [](char c) {
           return c == '/' || c == ':' || c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
         });
}
inline constexpr std::string_view no_interface_name =
    "is no name of an interface: 1 to 15 octets without '/', ':' and blanks";

/// The command that lists the interfaces of a network namespace, as configured.
inline std::string list_links(const std::string& netns) {
  if (netns.empty()) return "ip link";
  return netns.find('/') == std::string::npos ? "ip -n " + netns + " link"
                                              : "nsenter --net=" + netns + " ip link";
}

}  // namespace netweir
