// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "netweir/address.h"
#include "probe/account.h"

namespace netweir::app {

/// What a report says besides the account.
struct ProbeRun {
  std::string interface;
  Mac to{};
  double rate = 0;            ///< probes a second, as asked for
  std::size_t octets = 0;     ///< of a frame
  double seconds = 0;         ///< how long it took
  bool synchronised = false;  ///< both clocks are kept together: one-way times are delays
  std::uint64_t overrun = 0;  ///< frames that we had no room for
};

/// Some lines, each ended.
std::string probe_text(const ProbeRun& run, const probe::Account& account);
/// One JSON object on a line; durations in nanoseconds.
std::string probe_json(const ProbeRun& run, const probe::Account& account);

}  // namespace netweir::app
