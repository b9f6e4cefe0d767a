// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>

#include "netweir/source_kind.h"
#include "psample/sockets.h"

namespace netweir::psample {

/// Starts a life on sockets of the kernel.
Result<std::unique_ptr<Source>> open(const SourceConfig& config, const SourceContext& context);

/// Starts a life on these sockets. Messages count only from `sender`; 0 is the kernel, and anything
/// else is for a test that plays it.
Result<std::unique_ptr<Source>> open_on(const SourceConfig& config, const SourceContext& context,
                                        Sockets sockets, std::uint32_t sender);

}  // namespace netweir::psample
