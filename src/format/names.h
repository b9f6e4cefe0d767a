// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "netweir/event.h"

namespace netweir::format {

/// The words of docs/events.md. Empty for a value outside the enumeration.
std::string_view word(BindingAction action) noexcept;
std::string_view word(StationAction action) noexcept;
std::string_view word(ExpiredReason reason) noexcept;
std::string_view word(Evidence evidence) noexcept;
std::string_view word(Stop stop) noexcept;
std::string_view word(Direction direction) noexcept;
std::string_view word(Unit unit) noexcept;
std::string_view word(SourceState state) noexcept;
std::string_view word(FlowAction action) noexcept;
std::string_view word(FlowReason reason) noexcept;

}  // namespace netweir::format
