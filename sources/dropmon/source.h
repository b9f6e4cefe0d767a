// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>

#include "dropmon/sockets.h"
#include "netweir/source_kind.h"

namespace netweir::dropmon {

/// Starts a life on sockets of the kernel, and monitoring unless it runs.
Result<std::unique_ptr<Source>> open(const SourceConfig& config, const SourceContext& context);

/// Starts a life on these sockets. Messages count only from `sender`; 0 is the kernel, and anything
/// else is for a test that plays it.
Result<std::unique_ptr<Source>> open_on(const SourceConfig& config, const SourceContext& context,
                                        Sockets sockets, Ownership ours, std::uint32_t sender);

}  // namespace netweir::dropmon
