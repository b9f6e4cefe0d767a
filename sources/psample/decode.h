// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

#include "netweir/bytes.h"
#include "netweir/psample.h"
#include "wire/link_layer.h"

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

/// What a sample's octets begin with; psample's own senders have their own numbers in PROTO.
using wire::LinkLayer;
LinkLayer link_layer(const Sample& sample) noexcept;

}  // namespace netweir::psample
