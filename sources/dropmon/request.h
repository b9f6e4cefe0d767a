// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <type_traits>

#include "netweir/bytes.h"
#include "netweir/result.h"

namespace netweir::dropmon {

/// What the source asks of the privileged side, on a socket that it opened for nothing else.
struct Request {
  enum class Act : std::uint8_t {
    configure,   ///< sets mode, truncation and queue length; EBUSY: monitoring runs
    start,       ///< EAGAIN: it runs already
    stop,        ///< of what this source started
    is_running,  ///< changes nothing; ENODATA: no monitoring runs
    ask_config,  ///< the answer stays in the socket's queue when act() returns
    ask_stats    ///< the same
  };
  Act act = Act::is_running;
  std::uint8_t alert_mode = 0;              ///< configure: enum net_dm_alert_mode
  bool software = false, hardware = false;  ///< start, stop
  std::uint16_t family = 0;                 ///< nlmsg_type of NET_DM
  std::uint32_t truncation = 0;             ///< configure: octets; 0 = all
  std::uint32_t queue_length = 0;           ///< configure: packets
};
static_assert(std::is_trivially_copyable_v<Request>);

/// Runs on the privileged side (SourceKind::act). An Error has the kernel's errno.
Status act(int fd, Bytes request);

}  // namespace netweir::dropmon
