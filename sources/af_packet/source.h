// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "af_packet/batch.h"
#include "af_packet/device_clock.h"
#include "af_packet/options.h"
#include "af_packet/ring.h"
#include "af_packet/socket.h"
#include "netlink/ring_losses.h"
#include "netweir/source.h"
#include "netweir/source_kind.h"

namespace netweir::af_packet {

/// The packets of one Ethernet interface, by one packet socket or by several that share them
/// (PACKET_FANOUT). Losses are the kernel's count of packets that found no room. One thread.
class PacketSource final : public Source {
 public:
  static Result<std::unique_ptr<Source>> open(const Options& options, const SourceContext& context);

  int fd() const override;
  Result<Drained> drain(const Now& now, std::size_t budget, Intake& intake) override;
  std::optional<AgeTime> deadline() const override { return next_look_; }
  void stop(const Now& now, Intake& intake) override;

 private:
  struct Tap {
    Fd socket;
    std::optional<Ring> ring{};  ///< nothing = by messages
  };
  PacketSource(const Options& options, const SourceContext& context);
  /// In the interface's namespace.
  Status start(Privileged& privileged);
  Status add_socket(Privileged& privileged, std::optional<std::uint16_t>& group);
  Status wait_for_all();
  /// Where its times are asked for. Without them the kernel's are taken.
  void switch_on_device();
  /// Up to `most` packets of one socket; -1 with `errno` where there is an error.
  int take(Tap& tap, std::size_t most, const Now& now, Intake& intake);
  /// Why nothing can come any more; nothing = it can.
  std::optional<Error> trouble();
  void look(const Now& now, Intake& intake);

  Options options_;
  SourceId id_;
  Links& links_;
  std::vector<Tap> taps_;
  Fd all_;  ///< epoll; none of one socket
  std::optional<DeviceClock> clock_;
  std::string note_;  ///< to be said at the first occasion; empty = nothing
  Interface interface_;
  LinkId link_ = 0;
  std::optional<Batch> batch_;
  std::array<Frame, Batch::slots> frames_;
  std::size_t turn_ = 0;  ///< the socket that is read first
  std::uint64_t offered_ = 0, lost_ = 0, taken_ = 0;
  netlink::RingLosses losses_;
  AgeTime next_look_;
};

}  // namespace netweir::af_packet
