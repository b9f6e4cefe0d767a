// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "netweir/bytes.h"
#include "netweir/psample.h"

namespace netweir::psample {

/// enum psample_command of linux/psample.h.
enum class Command : std::uint8_t { sample = 0, get_group = 1, new_group = 2, del_group = 3 };

/// What a message is about; nothing where it is too short or the command is unknown. Pure.
std::optional<Command> command_of(Bytes message) noexcept;

/// A group, as NEW_GROUP and DEL_GROUP (and the answers to GET_GROUP) describe it.
struct Group {
  std::uint32_t number = 0;
  std::uint32_t references = 0;  ///< samplers that use it
  std::uint32_t sequence = 0;    ///< of the next sample
};

/// Reads a message about a group. Nothing where it is about a sample, or malformed. Pure.
std::optional<Group> read_group(Bytes message) noexcept;

/// Which of the link types a sample's octets begin with, and how many octets to leave out before
/// them. The kernel does not say what kind of interface it was: PROTO and the octets must agree.
struct LinkLayer {
  std::uint16_t link = linktype::ethernet;
  std::uint16_t skip = 0;
  std::uint16_t protocol = 0;  ///< EtherType of what follows; 0 = not known
};
LinkLayer link_layer(const Sample& sample) noexcept;

}  // namespace netweir::psample
