// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "af_packet/options.h"
#include "netweir/frame.h"
#include "netweir/result.h"
#include "os/fd.h"

namespace netweir::af_packet {

/// Packets as messages (recvmmsg(2)), copied into slots of its own. One thread.
class Batch {
 public:
  static constexpr std::size_t slots = 64;

  explicit Batch(std::uint32_t snaplen);

  /// Asks for tags and times. Before the socket is bound.
  static Status prepare(const Fd& socket, const Options& options);

  /// The next frames, at most as many as there are slots; views into them, until the next call.
  /// -1 with `errno` where there is an error; 0 = nothing is there.
  int take(const Fd& socket, std::span<Frame> into, LinkId link, Stamps stamps, WallTime now);

 private:
  static constexpr std::size_t control = 256;
  struct Slot {
    sockaddr_ll from{};
    iovec piece{};
    alignas(cmsghdr) std::array<std::uint8_t, control> told{};
  };
  std::uint32_t snaplen_;
  std::vector<std::uint8_t> octets_;
  std::vector<Slot> slots_;
  std::vector<mmsghdr> messages_;
};

}  // namespace netweir::af_packet
