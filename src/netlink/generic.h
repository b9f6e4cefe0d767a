// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "netweir/bytes.h"
#include "netweir/result.h"

namespace netweir::netlink {

/// nlmsg_type of the controller's messages, and the number of its group `notify`
/// (linux/genetlink.h, GENL_ID_CTRL).
inline constexpr std::uint16_t controller = 0x10;
inline constexpr std::uint32_t controller_notify = 0x10;

/// What follows the nlmsghdr of a generic netlink message (struct genlmsghdr).
inline constexpr std::size_t generic_header = 4;

/// What the controller says of a family: CTRL_CMD_NEWFAMILY (an answer, or that it came) and
/// CTRL_CMD_DELFAMILY. A view into the message.
struct Family {
  enum class Change : std::uint8_t { present, gone };
  static constexpr std::size_t groups_at_most = 16;
  struct Group {
    std::string_view name{};
    std::uint32_t id = 0;
  };

  Change change = Change::present;
  std::string_view name{};
  std::uint16_t id = 0;  ///< nlmsg_type of its messages; another after the module came again
  std::uint32_t version = 0;
  std::array<Group, groups_at_most> groups{};
  std::size_t group_count = 0;

  /// The number of a multicast group; 0 where the family has none of that name.
  std::uint32_t group(std::string_view group_name) const noexcept;
};

/// Reads a message of type `controller`. Nothing where it is another command or malformed. Pure.
std::optional<Family> read_family(Bytes payload) noexcept;

/// What a datagram of the controller says of a family. A view into it.
std::optional<Family> family_in(Bytes datagram, std::string_view name);

/// Whether a message of type `controller` says that the family went, or came with another number.
bool is_gone(Bytes payload, std::string_view name, std::uint16_t id) noexcept;

/// CTRL_CMD_GETFAMILY by name, whole, with its nlmsghdr. `name` has at most 15 octets.
std::vector<std::uint8_t> family_request(std::string_view name, std::uint32_t seq);

/// Asks the controller for a family on a socket of NETLINK_GENERIC; the answer comes at once. The
/// datagram of the answer: each_message() and read_family() read it. ENOENT: the kernel has no such
/// family now.
Result<std::vector<std::uint8_t>> ask_family(int fd, std::string_view name);

}  // namespace netweir::netlink
