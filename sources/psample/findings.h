// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "netweir/finding.h"
#include "os/privileged.h"
#include "psample/decode.h"
#include "psample/traffic_control.h"

namespace netweir::psample {

/// SourceKind::findings: the lists `groups`, `rules`, `suggestions` and `problems`.
std::vector<FindingList> findings(const Place& place, Privileged& privileged);

/// The same from what was found there. Pure.
Finding describe(const Group& group, std::string_view netns);
Finding describe(const Installed& rule, std::string_view netns);

/// The commands that would make rules that sample, where there is none. Pure.
std::vector<Finding> suggest(const Place& place, const TrafficControl& there);

}  // namespace netweir::psample
