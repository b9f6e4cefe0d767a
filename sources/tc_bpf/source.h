// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "netlink/nap.h"
#include "netlink/ring_losses.h"
#include "netweir/source.h"
#include "netweir/source_kind.h"
#include "os/fd.h"
#include "tc_bpf/attachments.h"
#include "tc_bpf/program.h"
#include "tc_bpf/ring.h"
#include "tc_bpf/settings.h"

namespace netweir::tc_bpf {

/// A random one of N of the packets that pass the tc hooks of interfaces, chosen by a program in
/// the kernel. Losses are the program's own count of chosen packets that found the ring full. One
/// thread.
class TcBpfSource final : public Source {
 public:
  static Result<std::unique_ptr<Source>> open(const Settings& settings,
                                              const SourceContext& context);

  int fd() const override { return epoll_.get(); }
  Result<Drained> drain(const Now& now, std::size_t budget, Intake& intake) override;
  std::optional<AgeTime> deadline() const override;
  void stop(const Now& now, Intake& intake) override;

 private:
  static constexpr std::size_t frames_a_batch = 64;

  TcBpfSource(Settings settings, Program program, Ring ring, Fd epoll,
              const SourceContext& context);
  std::size_t take(const Now& now, std::size_t budget, Intake& intake);
  void count_losses(const Now& now, Intake& intake);
  Status look_at_interfaces(const Now& now);
  bool watch_ring(bool on) noexcept;

  Settings settings_;
  Program program_;
  Ring ring_;
  Fd epoll_;  ///< of the ring and of what tells of interfaces
  std::unique_ptr<Attachments> attachments_;
  SourceId id_;
  Links& links_;
  std::array<Frame, frames_a_batch> frames_;
  std::array<TcBpfExtra, frames_a_batch> extras_;
  std::uint64_t received_ = 0;  ///< records, those that are none included
  std::uint64_t lost_ = 0;
  netlink::Nap nap_;  ///< under load the ring is looked at by the clock
  netlink::RingLosses losses_;
  AgeTime next_look_;
  AgeTime interfaces_at_{};  ///< not before then are they listed again
  bool interfaces_changed_ = false;
};

}  // namespace netweir::tc_bpf
