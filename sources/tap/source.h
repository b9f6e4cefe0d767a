// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "netweir/responder.h"
#include "netweir/source.h"
#include "netweir/source_kind.h"
#include "tap/device.h"

namespace netweir::tap {

/// The frames that the host sends into a TAP device: mirrored by tc mirred, taken out of a tunnel
/// by a bridge, or written by somebody. Losses are the device's own count of frames that found its
/// queue full. Where asked to, it answers who asks for addresses that are behind the device. One
/// thread.
class TapSource final : public Source {
 public:
  struct Options {
    DeviceOptions device;
    std::vector<Ip> respond;   ///< empty = it is silent
    std::optional<Mac> at;     ///< where they are; nothing = the device's MAC, one bit changed
    std::uint32_t rate = 100;  ///< answers a second
  };
  static Result<std::unique_ptr<Source>> open(const Options& options, const SourceContext& context);

  int fd() const override { return device_.fd.get(); }
  Result<Drained> drain(const Now& now, std::size_t budget, Intake& intake) override;
  std::optional<AgeTime> deadline() const override { return next_look_; }
  void stop(const Now& now, Intake& intake) override;

 private:
  TapSource(Device device, const Options& options, const SourceContext& context);
  /// Up to `budget` frames; -1 with `errno` where there is an error.
  int take(const Now& now, std::size_t budget, Intake& intake);
  void answer(Bytes frame, const Now& now);
  bool look(const Now& now, Intake& intake);

  Device device_;
  std::string interface_;
  SourceId id_;
  Links& links_;
  std::optional<Responder> responder_;
  std::size_t slot_;                   ///< octets of one frame
  std::vector<std::uint8_t> storage_;  ///< of the frames of one batch
  std::vector<std::uint8_t> reply_;
  std::vector<Frame> batch_;
  std::uint64_t dropped_;
  Now looked_;
  AgeTime next_look_;
};

}  // namespace netweir::tap
