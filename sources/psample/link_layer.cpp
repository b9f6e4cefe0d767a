// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/if_ether.h>

#include "psample/decode.h"

namespace netweir::psample {
namespace {

// vpp-sflow writes sFlow's header_protocol instead of an EtherType.
constexpr std::uint16_t sflow_ipv4 = 11, sflow_ipv6 = 12;

}  // namespace

LinkLayer link_layer(const Sample& s) noexcept {
  if ((s.has & Sample::has_protocol) == 0) return {};
  if (s.protocol == sflow_ipv4 || s.protocol == sflow_ipv6) {
    const auto type = s.protocol == sflow_ipv4 ? ETH_P_IP : ETH_P_IPV6;
    return {linktype::raw, 0, static_cast<std::uint16_t>(type)};
  }
  const auto size = (s.has & Sample::has_original_size) != 0
                        ? s.original_size
                        : static_cast<std::uint32_t>(s.data.size());
  return wire::link_layer(s.data, s.protocol, size);
}

}  // namespace netweir::psample
