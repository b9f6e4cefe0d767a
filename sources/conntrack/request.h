// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <type_traits>

#include "netweir/bytes.h"
#include "netweir/result.h"

namespace netweir::conntrack {

/// What the source asks of the privileged side: a dump of the table, on a socket that it opened.
/// Nothing else is ever asked of ctnetlink: no flush, no zeroing of counters.
struct Request {
  std::uint8_t family = 0;    ///< AF_UNSPEC = both
  bool has_protocol = false;  ///< only flows of `protocol` (CTA_FILTER; REQUIRES a family)
  std::uint8_t protocol = 0;
};
static_assert(std::is_trivially_copyable_v<Request>);

/// Runs on the privileged side (SourceKind::act). The answer, or its error, comes on the socket.
Status act(int fd, Bytes request);

}  // namespace netweir::conntrack
