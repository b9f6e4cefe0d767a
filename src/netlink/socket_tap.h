// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>

#include "netlink/receiver.h"
#include "netweir/tap.h"

namespace netweir::netlink {

/// Hands what a Receiver reads to a Tap, with the time of receipt and what the socket's drop
/// counter says. Costs nothing where nobody records (`tap` is null). One thread.
class SocketTap {
 public:
  /// Reads how many datagrams were offered and not received; none = all are.
  using Drops = std::function<std::uint32_t()>;

  /// Taps the receiver, which must not outlive this.
  SocketTap(Tap* tap, int protocol, Drops drops, Receiver& receiver);
  SocketTap(const SocketTap&) = delete;
  SocketTap& operator=(const SocketTap&) = delete;

  /// The time of what is received from now on. Before each read.
  void begin(WallTime at) noexcept { at_ = at; }

  /// Hands over a datagram that was received otherwise.
  void hand(Bytes octets);

  /// The source has looked at the counter, after the queue was read to its end (`emptied`) or not.
  void looked(bool emptied);

 private:
  std::uint32_t risen() noexcept;

  Tap* tap_;
  int protocol_;
  Drops counter_;
  std::uint32_t drops_ = 0;
  WallTime at_{};
};

}  // namespace netweir::netlink
