// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "netweir/option.h"

namespace netweir::tc_bpf {

/// How the kernel runs the program.
enum class Attach : std::uint8_t { automatic, tcx, clsact };

struct Settings {
  std::vector<std::string> interfaces;  ///< names, or patterns
  std::string netns;
  bool ingress = true, egress = false;
  Attach attach = Attach::automatic;
  std::uint32_t snaplen = 256;
  std::uint32_t sample_rate = 1;
  std::map<std::string, std::int64_t, std::less<>> interface_sample_rate;
  std::uint32_t ring = 8U << 20;  ///< octets, a power of two and whole pages

  static Settings from(const Values& values);

  bool wants(std::string_view name) const noexcept;
  /// Whether it is there itself, not by a pattern.
  bool names(std::string_view name) const noexcept;
  bool has_pattern() const noexcept;
  /// Of an interface: its own, else that of the longest pattern that it matches, else the common
  /// one.
  std::uint32_t rate_of(std::string_view name) const noexcept;
};

/// Octets of a ring for so many, of which two records at least find room.
std::uint32_t ring_octets(std::uint32_t wanted, std::uint32_t snaplen) noexcept;

}  // namespace netweir::tc_bpf
