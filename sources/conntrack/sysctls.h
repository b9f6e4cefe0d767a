// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netweir/finding.h"
#include "os/privileged.h"

namespace netweir::conntrack {

/// The settings of a network namespace that decide what the kernel tells of its flows
/// (net.netfilter.nf_conntrack_*). Nothing where it does not have them.
struct Sysctls {
  std::optional<int> acct, timestamp, events;
  std::optional<long> count, max;  ///< flows there are, and may be
};
Sysctls read_sysctls(Privileged& privileged, const NetnsName& netns);

/// One line: what is missing and the command that mends it. Empty = nothing is.
std::string advice(const Sysctls& sysctls, std::string_view netns);

/// For `netweir sources`: `sysctls` and `suggestions`.
std::vector<FindingList> findings(const Place& place, Privileged& privileged);

}  // namespace netweir::conntrack
