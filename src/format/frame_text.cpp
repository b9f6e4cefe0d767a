// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "netweir/frame_view.h"
#include "netweir/text.h"

namespace netweir {
namespace {

std::string protocol(const EthernetView& view) {
  if (view.form == EthernetView::Form::llc) return "LLC";
  if (view.is_arp()) return "ARP";
  if (view.is_ipv4()) return "IPv4";
  if (view.is_ipv6()) return "IPv6";
  std::array<char, 4> digits{'0', '0', '0', '0'};
  std::array<char, 4> hex{};
  const auto* end = std::to_chars(hex.data(), hex.data() + hex.size(), view.ether_type, 16).ptr;
  std::copy_backward(static_cast<const char*>(hex.data()), end, digits.data() + digits.size());
  return "type 0x" + std::string(digits.data(), digits.size());
}

}  // namespace

std::string to_string(const EthernetView& view) {
  std::string text = to_string(view.src()) + " > " + to_string(view.dst());
  for (std::size_t i = 0; i < view.vlan.count; ++i)
    text += ", VLAN " + std::to_string(view.vlan.items[i].vid());
  return text + ", " + protocol(view) + ", " + std::to_string(view.octets.size()) + " octets";
}

}  // namespace netweir
