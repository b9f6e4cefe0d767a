// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "netweir/address.h"
#include "netweir/flow.h"
#include "netweir/option.h"

namespace netweir::conntrack {

/// "tcp", "icmpv6", "47". Nothing where it is none.
std::optional<std::uint8_t> read_protocol(const std::string& text);

struct Mark {
  std::uint32_t value = 0, mask = 0xffffffff;
};
/// "0x10", "16", "0x10/0xff". Nothing where it is none, or has bits outside its mask.
std::optional<Mark> read_mark(const std::string& text);

/// Which flows a source reports: those that fit everything that is configured. Pure; no call
/// allocates but from().
class Filter {
 public:
  /// REQUIRES: validated values.
  static Filter from(const Values& values);

  /// By what never changes in a flow: protocol, addresses, zone.
  bool fits(const FlowRecord& record) const noexcept;
  /// By its mark, which rules may change.
  bool fits_mark(const FlowRecord& record) const noexcept {
    return !mark_ || (record.mark & mark_->mask) == mark_->value;
  }

  /// Nothing = all.
  const std::vector<std::uint8_t>& protocols() const noexcept { return protocols_; }
  const std::optional<Mark>& mark() const noexcept { return mark_; }
  /// Whether flows of an IP version may fit.
  bool wants(IpVersion version) const noexcept;

 private:
  std::vector<std::uint8_t> protocols_;
  std::bitset<256> protocol_;
  std::vector<IpPrefix> networks_;
  std::vector<std::uint16_t> zones_;  ///< sorted
  std::optional<Mark> mark_;
};

}  // namespace netweir::conntrack
