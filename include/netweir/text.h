// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "netweir/address.h"
#include "netweir/time.h"

namespace netweir {

/// Text of addresses and times, written from `to` on without a NUL; returns the end. `to` must have
/// room for the longest form.
inline constexpr std::size_t mac_text = 17, ip_text = 39, time_text = 30;
char* put(char* to, const Mac& mac) noexcept;       ///< 02:00:00:00:00:01
char* put(char* to, const Ip& ip) noexcept;         ///< as inet_ntop prints it
char* put_rfc3339(char* to, WallTime at) noexcept;  ///< 2026-11-20T15:46:58.364123456Z

std::string to_string(const Mac& mac);
std::string to_string(const Ip& ip);
std::string to_string(WallTime at);

/// Appends `text` as the inside of a JSON string: any octets become valid UTF-8 on one line
/// (invalid ones U+FFFD; controls, DEL, U+2028 and U+2029 escaped).
void append_escaped(std::string& out, std::string_view text);

}  // namespace netweir
