// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "af_packet/options.h"
#include "netweir/result.h"
#include "os/fd.h"

namespace netweir::af_packet {

/// An interface as its packet socket knows it.
struct Interface {
  unsigned index = 0;
  bool loopback = false;
};

/// A packet socket that receives nothing yet: of no protocol, and behind a filter that refuses all.
/// Call in the interface's namespace. Needs CAP_NET_RAW.
Result<Fd> open_socket(const Options& options);

/// Binds it, so that it receives what its filter lets through. ENODEV where the interface is gone,
/// EPROTONOSUPPORT where it is no Ethernet.
Result<Interface> join(const Fd& socket, const Options& options);

/// The program that refuses all that is not sampled or does not pass the filter, and cuts the rest.
/// Call in the interface's namespace, where it opens the interface if there is a filter.
Result<std::vector<sock_filter>> program(const Options& options);

Status attach(const Fd& socket, std::span<const sock_filter> program, const Options& options);
void refuse_all(const Fd& socket) noexcept;

/// What a socket has counted since it was last asked (PACKET_STATISTICS). Nothing is forgotten: the
/// kernel's 32 bits start anew with each question.
struct Counted {
  std::uint32_t packets = 0;  ///< that passed the filter
  std::uint32_t dropped = 0;  ///< of those, without room
};
Counted take_counts(const Fd& socket) noexcept;

/// The error that waits on a socket, which is then forgotten; 0 = none. One waits when the
/// interface went down.
int take_error(const Fd& socket) noexcept;
/// Whether there still is an interface of this index where the socket is.
bool is_there(const Fd& socket, unsigned index) noexcept;

/// An errno of `act` on the interface, and what mends it.
Error refused(const Options& options, const std::string& act, int code);

}  // namespace netweir::af_packet
