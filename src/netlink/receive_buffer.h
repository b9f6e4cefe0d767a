// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "os/privileged.h"

namespace netweir::netlink {

/// What the receive buffers of all sources together may take, in octets as passed to setsockopt.
/// First sizes are always granted, as they are what the configuration asks for; growth is not.
/// Outlives the buffers. One thread.
class ReceiveBudget {
 public:
  explicit ReceiveBudget(std::uint64_t octets) noexcept : octets_(octets) {}
  void set(std::uint64_t octets) noexcept { octets_ = octets; }
  std::uint64_t octets() const noexcept { return octets_; }
  std::uint64_t left() const noexcept { return taken_ < octets_ ? octets_ - taken_ : 0; }
  void take(std::uint64_t octets) noexcept { taken_ += octets; }
  void give(std::uint64_t octets) noexcept { taken_ -= octets; }

 private:
  std::uint64_t octets_, taken_ = 0;
};

/// The receive buffer of one socket: doubles after loss, up to what the configuration and the
/// budget allow. Sizes as passed to setsockopt. One thread.
class ReceiveBuffer {
 public:
  /// `budget` null = without bound.
  ReceiveBuffer(std::uint32_t in_force, std::uint32_t most, std::uint32_t wanted,
                ReceiveBudget* budget = nullptr) noexcept;
  ~ReceiveBuffer();
  ReceiveBuffer(const ReceiveBuffer&) = delete;
  ReceiveBuffer& operator=(const ReceiveBuffer&) = delete;

  /// Once: that it is smaller than wanted.
  std::optional<std::string> shortfall();

  /// After loss. False: it can grow no further, now.
  bool grow(Privileged& privileged, int fd);
  /// Why grow() said so.
  std::string limit() const;

  std::uint32_t octets() const noexcept { return octets_; }

 private:
  std::uint32_t octets_, most_;
  std::uint32_t wanted_;  ///< 0 = said
  ReceiveBudget* budget_;
};

}  // namespace netweir::netlink
