// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "netweir/option.h"

namespace netweir::config {

/// The keys of `bindings`.
std::span<const Option> binding_options();

/// The keys of `stations`.
std::span<const Option> station_options();

/// The keys of an item of `traffic`.
std::span<const Option> traffic_options();

/// What every output takes besides its own keys.
std::span<const Option> common_sink_options();

/// Types of outputs that later versions bring.
const std::vector<std::string_view>& later_sinks();

}  // namespace netweir::config
