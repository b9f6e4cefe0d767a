// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>

#include "netweir/event.h"

namespace netweir::format {

/// What is shown of octets that the kernel does not bound, so that a line stays below PIPE_BUF.
inline constexpr std::size_t most_cookie = 64;           ///< the kernel's longest is 16
inline constexpr std::size_t most_geneve_options = 252;  ///< the longest there can be
inline constexpr std::size_t most_erspan_options = 64;   ///< the kernel's longest is 12

/// Room for the objects of the source, beyond that for the packet's own keys (under 500 octets).
std::size_t extra_room(const PacketEvent& event) noexcept;

/// The key `packet` and its object. REQUIRES: frame and packet are set.
char* put_packet(char* to, const PacketEvent& event) noexcept;

}  // namespace netweir::format
