// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "netweir/result.h"
#include "netweir/time.h"
#include "os/fd.h"
#include "os/privileged.h"
#include "psample/decode.h"

namespace netweir::psample {

/// A datagram holds one message: at most 65,535 octets of attributes, and the headers before them.
inline constexpr std::size_t slot = 131072;

/// The two sockets of one life. Samples have one of their own, so that each of its drops is exactly
/// one sample.
struct Sockets {
  Fd samples;  ///< joined to the family's `packets`; reports no ENOBUFS, only counts its drops
  Fd control;  ///< joined to the family's `config` and to nlctrl's `notify`
  std::uint16_t family = 0;          ///< nlmsg_type of the family's messages
  std::vector<std::uint8_t> answer;  ///< nlctrl's datagram that describes the family
};

/// Finds the family and joins its groups. EPROTONOSUPPORT: the kernel does not have it now.
Result<Sockets> open_sockets(Privileged& privileged, const NetnsName& netns);

/// The groups there are now (PSAMPLE_CMD_GET_GROUP), asked for on a control socket. Needs no
/// capability.
Result<std::vector<Group>> list_groups(int control, std::uint16_t family);

/// Whether a message of nlctrl says that the family went, or came again with another number.
bool concerns(Bytes payload, std::uint16_t family) noexcept;

/// What a life ends with then.
Error family_gone();

/// Ends the flow of samples: what is queued stays.
void leave(const Sockets& sockets) noexcept;

}  // namespace netweir::psample
