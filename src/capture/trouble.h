// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "netweir/result.h"
#include "os/privileged.h"

namespace netweir::capture {

/// What helps where a packet socket is not permitted.
inline constexpr std::string_view capability =
    "setcap cap_net_raw+ep \"$(command -v netweir)\", or run as root";

/// Why no interface can be captured in a network namespace, by a packet socket of our own or
/// libpcap's; nothing = it can.
std::optional<Error> trouble(Privileged& privileged, const std::string& netns);

}  // namespace netweir::capture
