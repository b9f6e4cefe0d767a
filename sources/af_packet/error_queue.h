// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/socket.h>

#include "netweir/packet_socket.h"

namespace netweir::af_packet {

/// What one message of a packet socket's error queue tells of a frame that was sent; false where it
/// tells of none.
bool read_sent(msghdr& header, SentFrame& sent) noexcept;

}  // namespace netweir::af_packet
