// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "netweir/bytes.h"

namespace netweir::netlink {

/// One message of a datagram (linux/netlink.h, struct nlmsghdr, host order).
struct Message {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;
  std::uint32_t seq = 0;
  Bytes payload{};  ///< what follows the header, without padding
};

/// Calls each(Message) for every message of a datagram. False where the lengths do not add up;
/// what is before that was handed out. The last message may come without its padding.
template <class Each>
bool each_message(Bytes datagram, Each&& each) {
  constexpr std::size_t header = 16;
  while (!datagram.empty()) {
    if (datagram.size() < header) return false;
    std::uint32_t length = 0;
    Message m;
    std::memcpy(&length, datagram.data(), sizeof length);
    std::memcpy(&m.type, datagram.data() + 4, sizeof m.type);
    std::memcpy(&m.flags, datagram.data() + 6, sizeof m.flags);
    std::memcpy(&m.seq, datagram.data() + 8, sizeof m.seq);
    if (length < header || length > datagram.size()) return false;
    m.payload = datagram.subspan(header, length - header);
    each(m);
    datagram =
        datagram.subspan(std::min((std::size_t{length} + 3U) & ~std::size_t{3}, datagram.size()));
  }
  return true;
}

}  // namespace netweir::netlink
