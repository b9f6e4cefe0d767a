// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/receive_buffer.h"

#include <algorithm>
#include <utility>

namespace netweir::netlink {

std::optional<std::string> ReceiveBuffer::dropped(Privileged& privileged, int fd,
                                                  std::uint32_t drops) {
  if (std::exchange(seen_, drops) == drops) return std::nullopt;
  if (octets_ < most_) {
    const auto wanted =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(std::uint64_t{octets_} * 2, most_));
    const auto set = privileged.receive_buffer(fd, wanted);
    if (set && *set > octets_) {
      octets_ = *set;
      return std::nullopt;
    }
  }
  if (std::exchange(said_, true)) return std::nullopt;
  return "packets are lost with the largest receive buffer there may be, " +
         std::to_string(octets_) + " octets: see receive_buffer_max";
}

}  // namespace netweir::netlink
