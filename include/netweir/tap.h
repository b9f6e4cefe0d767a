// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "netweir/bytes.h"
#include "netweir/flow.h"
#include "netweir/time.h"

namespace netweir {

/// One datagram as a netlink socket gave it, untouched: also one that our buffer cut, and one that
/// is not the kernel's. A view, good for the call that passes it.
struct Datagram {
  int protocol = 0;          ///< NETLINK_NETFILTER, ...
  Bytes octets{};            ///< what is there of it
  std::uint32_t length = 0;  ///< of the whole; more than `octets` has where a buffer cut it
  std::uint32_t port = 0;    ///< the sender's port id; 0 is the kernel
  std::uint32_t drops = 0;   ///< datagrams that the socket dropped, seen since the last call
  WallTime at{};             ///< of receipt
};

/// Who records what the netlink sockets of one life receive. Called on the thread of the source,
/// before the messages are decoded. Must not wait.
class Tap {
 public:
  virtual ~Tap() = default;
  virtual void datagram(const Datagram& datagram) = 0;
  /// The source has looked at the drop counter of its socket, which rose by `drops` since the last
  /// call. `emptied`: before that, the queue had been read to its end.
  virtual void looked(std::uint32_t drops, bool emptied, WallTime at) = 0;
  /// The source has said this of a listing (Intake::listing).
  virtual void listing(const FlowListing& listing) = 0;
};

}  // namespace netweir
