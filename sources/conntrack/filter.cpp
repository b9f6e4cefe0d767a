// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/filter.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "os/address_text.h"

namespace netweir::conntrack {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 8> names{{
    {"tcp", IPPROTO_TCP},
    {"udp", IPPROTO_UDP},
    {"udplite", IPPROTO_UDPLITE},
    {"icmp", IPPROTO_ICMP},
    {"icmpv6", IPPROTO_ICMPV6},
    {"sctp", IPPROTO_SCTP},
    {"dccp", IPPROTO_DCCP},
    {"gre", IPPROTO_GRE},
}};

/// Decimal, or hexadecimal with 0x.
template <class T>
std::optional<T> number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  T value{};
  const auto* end = text.data() + text.size();
  const auto [stop, code] = std::from_chars(text.data(), end, value, base);
  if (text.empty() || code != std::errc{} || stop != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::uint8_t> read_protocol(const std::string& text) {
  for (const auto& [name, protocol] : names) {
    if (name == text) return protocol;
  }
  return number<std::uint8_t>(text);
}

std::optional<Mark> read_mark(const std::string& text) {
  const std::string_view all(text);
  const auto slash = all.find('/');
  const auto value = number<std::uint32_t>(all.substr(0, slash));
  const auto mask = slash == std::string_view::npos ? std::optional<std::uint32_t>(0xffffffff)
                                                    : number<std::uint32_t>(all.substr(slash + 1));
  if (!value || !mask || (*value & ~*mask) != 0) return std::nullopt;
  return Mark{*value, *mask};
}

Filter Filter::from(const Values& values) {
  Filter f;
  for (const auto& text : values.get<std::vector<std::string>>("protocols")) {
    const auto protocol = read_protocol(text);
    if (!protocol || f.protocol_.test(*protocol)) continue;
    f.protocols_.push_back(*protocol);
    f.protocol_.set(*protocol);
  }
  for (const auto& text : values.get<std::vector<std::string>>("networks")) {
    if (const auto network = read_network(text)) f.networks_.push_back(*network);
  }
  for (const auto zone : values.get<std::vector<std::int64_t>>("zones"))
    f.zones_.push_back(static_cast<std::uint16_t>(zone));
  std::sort(f.zones_.begin(), f.zones_.end());
  if (values.has("mark")) f.mark_ = read_mark(values.text("mark"));
  return f;
}

bool Filter::fits(const FlowRecord& r) const noexcept {
  if (!protocols_.empty() && !protocol_.test(r.orig.protocol)) return false;
  if (!zones_.empty() && !std::binary_search(zones_.begin(), zones_.end(), r.zone)) return false;
  if (networks_.empty()) return true;
  const auto in = [this](const Ip& ip) {
    return std::any_of(networks_.begin(), networks_.end(),
                       [&](const IpPrefix& n) { return n.contains(ip); });
  };
  return in(r.orig.src) || in(r.orig.dst) || in(r.reply.src) || in(r.reply.dst);
}

bool Filter::wants(IpVersion version) const noexcept {
  if (protocols_.size() == 1 && protocols_.front() == IPPROTO_ICMP && version == IpVersion::v6)
    return false;
  if (protocols_.size() == 1 && protocols_.front() == IPPROTO_ICMPV6 && version == IpVersion::v4)
    return false;
  return networks_.empty() || std::any_of(networks_.begin(), networks_.end(),
                                          [&](const auto& n) { return n.ip.version == version; });
}

}  // namespace netweir::conntrack
