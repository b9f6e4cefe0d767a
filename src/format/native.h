// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "netweir/event.h"

namespace netweir::format {

/// The native JSON lines of docs/events.md. One a stream; keeps what it can derive from the host
/// and the sources. No allocation in the steady state beyond the growth of `out`. One thread.
class Native {
 public:
  explicit Native(std::string_view host);
  /// Appends one line, newline included.
  void append(const Event& event, std::uint64_t seq, std::string& out);

 private:
  std::string host_;  ///< escaped, with its key
};

/// The netmon format: bindings by ARP, no EXPIRED, nothing else. False where the event has no line.
bool append_netmon(const Event& event, std::string& out);

}  // namespace netweir::format
