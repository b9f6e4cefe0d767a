// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>

#include "netweir/event.h"

namespace netweir::format {

/// Room beyond the 512 octets that every event has.
std::size_t extra_room(const TrafficEvent& event) noexcept;

/// The key `traffic` and its object. REQUIRES: total is set.
char* put_traffic(char* to, const TrafficEvent& event) noexcept;

}  // namespace netweir::format
