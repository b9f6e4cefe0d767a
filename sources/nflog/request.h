// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <type_traits>

#include "netweir/bytes.h"
#include "netweir/result.h"

namespace netweir::nflog {

/// What the source asks of the privileged side, on a socket that it opened.
struct Request {
  enum class Act : std::uint8_t {
    bind,    ///< binds the group and configures it, all in one message
    unbind,  ///< the kernel has flushed its batch when act() returns; errors are not looked for
    probe    ///< asks for nothing: says what keeps bind from working
  };
  Act act = Act::bind;
  std::uint16_t group = 0;
  std::uint32_t copy_range = 0;  ///< octets
  std::uint32_t batch_size = 0;  ///< octets
  std::uint32_t threshold = 0;   ///< packets
  std::uint32_t timeout = 0;     ///< 1/100 s
};
static_assert(std::is_trivially_copyable_v<Request>);

/// Runs on the privileged side (SourceKind::act). Asks for no acknowledgement: the kernel queues
/// an error before send() returns, and says nothing of success. An error that packets of a group
/// bound before stand in front of is not seen here.
Status act(int fd, Bytes request);

}  // namespace netweir::nflog
