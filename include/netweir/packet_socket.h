// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "netweir/address.h"
#include "netweir/bytes.h"
#include "netweir/frame.h"
#include "netweir/result.h"
#include "netweir/time.h"

namespace netweir {

/// When a frame that was sent left: by the clock of the system as the driver took it, and by the
/// device's own. Zero = there is none.
struct SentFrame {
  std::uint32_t number = 0;  ///< of PacketSocket::send()
  WallTime at{}, hardware_at{};
};

/// Ethernet frames sent and received on one interface of the calling thread's network namespace,
/// each with its times (packet(7); SO_TIMESTAMPING, Documentation/networking/timestamping.rst).
/// Never blocks. One thread. Needs CAP_NET_RAW.
class PacketSocket {
 public:
  struct Options {
    std::string interface;
    std::uint16_t ether_type = 0;              ///< receive frames of this type only; 0 = all
    std::uint32_t snaplen = 2048;              ///< octets kept of each received frame
    std::uint32_t receive_buffer = 4U << 20U;  ///< octets, for frames and for times of sent ones
    std::uint32_t send_buffer = 4U << 20U;     ///< octets of frames that wait in the queue
    /// Switches the device's timestamps on, where it has any and the process may (CAP_NET_ADMIN);
    /// back as they were at the end.
    bool switch_on_device = true;
  };

  /// Errors: ENODEV (no such interface), EPROTONOSUPPORT (it is no Ethernet), EPERM.
  static Result<PacketSocket> open(const Options& options);
  PacketSocket(PacketSocket&&) noexcept;
  PacketSocket& operator=(PacketSocket&&) noexcept;
  ~PacketSocket();

  /// poll(2): POLLIN, a frame; POLLERR, times of sent frames, or an error.
  int fd() const noexcept;
  Mac mac() const noexcept;  ///< of the interface, when it was opened
  unsigned index() const noexcept;

  /// A whole frame, from the destination address on. Returns its number: 0, 1, ... Where the error
  /// is ENOBUFS the interface's queue has dropped it, and its number is used up; EAGAIN: later.
  Result<std::uint32_t> send(Bytes frame);

  /// The next received frames; how many. Views until the next call. `at` is the kernel's time,
  /// `hardware_at` the device's; what this host sends is not among them. Errors: ENETDOWN, once,
  /// where the interface went down (frames may come again); ENODEV, it is gone.
  Result<std::size_t> receive(std::span<Frame> into);

  /// The next times of frames that were sent; how many. A frame may be told twice, where its device
  /// has a clock: once with each time, the other zero. To be asked often: they share
  /// `receive_buffer`, and what finds no room is never told.
  std::size_t sent(std::span<SentFrame> into);

  /// Received frames that found no room, since the last call.
  std::uint64_t take_lost();

 private:
  struct State;
  explicit PacketSocket(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace netweir
