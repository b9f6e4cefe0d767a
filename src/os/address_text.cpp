// SPDX-License-Identifier: GPL-2.0-or-later
#include "os/address_text.h"

#include <arpa/inet.h>

#include <charconv>

namespace netweir {
namespace {

/// Of at most 255, without a sign.
std::optional<std::uint8_t> octet(std::string_view digits, int base) {
  std::uint8_t value = 0;
  const auto* end = digits.data() + digits.size();
  const auto [stop, code] = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || code != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Ip> read_ip(const std::string& text) {
  if (text.find('\0') != std::string::npos) return std::nullopt;
  Ip ip;
  if (::inet_pton(AF_INET, text.c_str(), ip.octets.data()) == 1) {
    ip.version = IpVersion::v4;
  } else if (::inet_pton(AF_INET6, text.c_str(), ip.octets.data()) == 1) {
    ip.version = IpVersion::v6;
  } else {
    return std::nullopt;
  }
  return ip;
}

std::optional<IpPrefix> read_network(const std::string& text) {
  const auto slash = text.find('/');
  const auto ip = read_ip(text.substr(0, slash));
  if (!ip) return std::nullopt;
  const std::uint8_t most = ip->version == IpVersion::v4 ? 32 : 128;
  if (slash == std::string::npos) return IpPrefix{*ip, most};
  const auto length = std::string_view(text).substr(slash + 1);
  const bool hex = length.starts_with("0x");
  const auto bits = octet(length.substr(hex ? 2 : 0), hex ? 16 : 10);
  if (!bits || *bits > most) return std::nullopt;
  return IpPrefix{*ip, *bits};
}

std::optional<Mac> read_mac(std::string_view text) {
  Mac mac;
  if (text.size() != 17) return std::nullopt;
  for (std::size_t i = 0; i < mac.octets.size(); ++i) {
    const auto value = octet(text.substr(i * 3, 2), 16);
    if (!value || (i > 0 && text[i * 3 - 1] != ':')) return std::nullopt;
    mac.octets[i] = *value;
  }
  return mac;
}

}  // namespace netweir
