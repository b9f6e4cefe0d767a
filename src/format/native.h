// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "netweir/event.h"

namespace netweir::format {

/// The native JSON lines of docs/events.md. Keeps nothing but the host, so one may serve several
/// threads. No allocation beyond the growth of `out`.
class Native {
 public:
  explicit Native(std::string_view host);
  /// Appends one line, newline included. REQUIRES: the pointers inside event.body are set.
  void append(const Event& event, std::uint64_t seq, std::string& out) const;

 private:
  std::string host_;  ///< escaped, with its key
};

/// The netmon format: IPv4 bindings by ARP, no EXPIRED, nothing else. False, and nothing appended,
/// where the event has no line. REQUIRES: as Native::append.
bool append_netmon(const Event& event, std::string& out);

}  // namespace netweir::format
