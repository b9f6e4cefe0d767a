// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>

#include "netweir/bytes.h"
#include "netweir/frame.h"

namespace netweir::tc_bpf {

/// Reads a record of the ring buffer (record.h) into a frame, which points into it; `in`, `out`,
/// `source` and `link` are left to the caller. `wall` is what CLOCK_BOOTTIME lacks to UTC. The
/// index of its interface, or 0 where it is no record. Pure.
std::uint32_t decode(Bytes record, std::chrono::nanoseconds wall, Frame& frame,
                     TcBpfExtra& extra) noexcept;

}  // namespace netweir::tc_bpf
