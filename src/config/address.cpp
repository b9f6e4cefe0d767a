// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/address.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>

namespace netweir::config {
namespace {

int family(IpVersion version) noexcept { return version == IpVersion::v4 ? AF_INET : AF_INET6; }

}  // namespace

std::optional<Ip> read_address(std::string_view text) {
  const std::string name(text);
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  Ip ip;
  for (const auto version : {IpVersion::v4, IpVersion::v6}) {
    ip.version = version;
    if (::inet_pton(family(version), name.c_str(), ip.octets.data()) == 1) return ip;
    ip.octets = {};
  }
  return std::nullopt;
}

std::optional<IpPrefix> read_prefix(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto ip = read_address(text.substr(0, slash));
  const auto digits = text.substr(slash + 1);
  unsigned bits = 0;
  const auto* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, bits);
  if (!ip || error != std::errc{} || at != end ||
      bits > (ip->version == IpVersion::v4 ? 32U : 128U))
    return std::nullopt;
  for (std::size_t i = 0; i < ip->octets.size(); ++i) {
    const unsigned kept = bits <= i * 8 ? 0 : bits - static_cast<unsigned>(i) * 8;
    if (kept < 8 && (ip->octets.at(i) & (0xFFU >> kept)) != 0) return std::nullopt;
  }
  return IpPrefix{*ip, static_cast<std::uint8_t>(bits)};
}

std::string text(const Ip& ip) {
  std::array<char, INET6_ADDRSTRLEN> name{};
  const auto* good = ::inet_ntop(family(ip.version), ip.octets.data(), name.data(), name.size());
  return good == nullptr ? std::string{} : std::string(good);
}

std::string text(const IpPrefix& prefix) {
  return text(prefix.ip) + "/" + std::to_string(prefix.bits);
}

}  // namespace netweir::config
