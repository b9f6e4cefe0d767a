// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace netweir {

/// Octets that somebody else owns. A view: who hands one out says how long it lives.
using Bytes = std::span<const std::uint8_t>;

}  // namespace netweir
