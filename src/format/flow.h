// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>

#include "netweir/event.h"

namespace netweir::format {

/// Room beyond the 512 octets that every event has.
std::size_t extra_room(const FlowEvent& event) noexcept;
std::size_t extra_room(const NatEvent& event) noexcept;

/// The key `flow` or `nat` and its object. REQUIRES: the change is set.
char* put_flow(char* to, const FlowEvent& event) noexcept;
char* put_nat(char* to, const NatEvent& event) noexcept;

}  // namespace netweir::format
