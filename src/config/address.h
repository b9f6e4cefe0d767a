// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "netweir/address.h"

namespace netweir::config {

/// As inet_pton reads them.
std::optional<Ip> read_address(std::string_view text);
/// ADDRESS/BITS, with no bit set beyond those.
std::optional<IpPrefix> read_prefix(std::string_view text);

std::string text(const Ip& ip);
std::string text(const IpPrefix& prefix);

}  // namespace netweir::config
