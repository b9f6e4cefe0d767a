// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>

#include "netweir/source_kind.h"

namespace netweir::conntrack {

/// Starts a life: joins the groups of the events that are configured; the first listing follows
/// with the first drain(). Messages count only from `sender`; 0 is the kernel, and anything else is
/// for a test that plays it.
Result<std::unique_ptr<Source>> open_from(const SourceConfig& config, const SourceContext& context,
                                          std::uint32_t sender);

}  // namespace netweir::conntrack
