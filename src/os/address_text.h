// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "netweir/address.h"

namespace netweir {

/// "192.0.2.1", "2001:db8::1", as inet_pton(3) reads them. Nothing where it is none.
std::optional<Ip> read_ip(const std::string& text);

/// "192.0.2.0/24", "2001:db8::/32"; an address alone is a network of its own. The length is
/// decimal, or hexadecimal with 0x.
std::optional<IpPrefix> read_network(const std::string& text);

/// "02:00:00:00:00:0a".
std::optional<Mac> read_mac(std::string_view text);

}  // namespace netweir
