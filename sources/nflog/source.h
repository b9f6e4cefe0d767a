// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "netweir/source_kind.h"

namespace netweir::nflog {

/// Starts a life on the configured groups. Packets count only from `sender`; 0 is the kernel, and
/// anything else is for a test that plays it.
Result<std::unique_ptr<Source>> open_from(const SourceConfig& config, const SourceContext& context,
                                          std::uint32_t sender);

/// A receive slot that holds the largest datagram there can be. The kernel allocates batch_size
/// octets, or one packet's where that is more, rounds up with its own 320 octets of bookkeeping,
/// and fills what that gives.
std::size_t slot_size(std::uint32_t batch_size, std::uint32_t copy_range) noexcept;

}  // namespace netweir::nflog
