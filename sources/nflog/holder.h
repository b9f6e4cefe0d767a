// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "netweir/result.h"
#include "os/privileged.h"

namespace netweir::nflog {

/// The port id that holds `group`, from the text of /proc/net/netfilter/nfnetlink_log.
std::optional<std::uint32_t> holder_in(std::string_view table, std::uint16_t group);

/// The inode of the NETLINK_NETFILTER socket with this port id, from the text of
/// /proc/net/netlink; 0 = none.
std::uint64_t inode_in(std::string_view table, std::uint32_t port);

/// Who holds the group in the namespace; nothing where nobody does or it cannot be told.
std::optional<std::uint32_t> holder(Privileged& privileged, const NetnsName& netns,
                                    std::uint16_t group);

/// Makes an error of act() say what stands in the way, and what mends it.
Error explain(Error error, Privileged& privileged, const NetnsName& netns, std::uint16_t group);

}  // namespace netweir::nflog
