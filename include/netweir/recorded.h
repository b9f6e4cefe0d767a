// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "netweir/flow.h"

namespace netweir {

/// The source that a recording's interface block speaks of.
struct RecordedSource {
  std::string name, type;
  std::string settings;  ///< its configuration, as YAML; empty = not recorded
};

/// What a recording says of a netlink datagram besides its octets (docs/recording.md).
struct RecordedExtra {
  enum class What : std::uint8_t {
    datagram,
    begins,   ///< no datagram: a life of the source begins here
    looked,   ///< no datagram: the source looked at the drop counter of its socket
    emptied,  ///< the same, after it had read the queue to its end
    listing   ///< no datagram: a listing of flows begins, ends or fails
  };
  const RecordedSource* from = nullptr;  ///< null: the file does not say
  What what = What::datagram;
  std::uint32_t drops = 0;  ///< datagrams that the socket dropped, seen since the last frame
  std::uint32_t port = 0;   ///< of the sender; 0 is the kernel
  FlowListing listing{};
};

}  // namespace netweir
