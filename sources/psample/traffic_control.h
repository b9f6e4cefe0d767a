// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "netweir/result.h"
#include "psample/rules.h"

namespace netweir::psample {

/// A rule where it is in force. One of a shared block is there once for each interface.
struct Installed {
  std::string interface;
  bool ingress = false;
  Rule rule;
};

struct TrafficControl {
  std::vector<Installed> rules;
  std::set<std::string, std::less<>> ready;  ///< interfaces that have `clsact` or `ingress`
  bool whole = true;       ///< false: there was not the time, or there are more rules than we keep
  std::size_t unread = 0;  ///< filters that could not be understood
};

inline constexpr std::size_t rules_at_most = 4096;

/// Asks the kernel for every rule that samples, on a socket of NETLINK_ROUTE. Needs no capability.
/// A kernel without traffic control has none.
Result<TrafficControl> list_rules(int route, std::chrono::milliseconds within);

}  // namespace netweir::psample
