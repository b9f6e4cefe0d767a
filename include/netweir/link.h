// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "netweir/address.h"
#include "netweir/frame.h"

namespace netweir {

/// What is known of an interface in one generation of its index. A view into the table it came
/// from; good until the next change of that table.
struct LinkView {
  std::string_view name{};             ///< any octets but NUL; empty = not known
  std::array<std::uint16_t, 2> vid{};  ///< of the VLAN device it is, outermost first; 0 = unused
};

/// A network in which this host has an address, seen from an interface.
struct OnLink {
  IpPrefix network{};
  std::array<std::uint16_t, 2> vid{};  ///< of its frames there, outermost first; 0 = unused

  friend constexpr bool operator==(const OnLink&, const OnLink&) noexcept = default;
};

/// Names interface indexes, for one source: in its namespace, or in its file. No call makes a
/// system call.
class Links {
 public:
  virtual ~Links() = default;
  /// The current generation of `ifindex`; 0 where it is not known (and for ifindex 0).
  virtual LinkId by_index(std::uint32_t ifindex) = 0;
  /// The interface whose index ends in these 16 bits (psample cuts it). 0 where none is known, and,
  /// with `ambiguous` set, where there are several.
  virtual LinkId by_low_index(std::uint16_t low, bool& ambiguous) = 0;
  /// The current interface of that name; a file's interface is entered by it. 0 where there is
  /// none.
  virtual LinkId by_name(std::string_view name) = 0;
};

}  // namespace netweir
