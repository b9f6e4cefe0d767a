// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/line.h"
#include "format/names.h"
#include "format/native.h"

namespace netweir::format {
namespace {

constexpr std::size_t line_room = 256;  // the longest line has 149 octets

bool by_arp(const BindingEvent& binding) noexcept {
  if (!binding.has_evidence) return false;
  switch (binding.evidence) {
    case Evidence::arp_request:
    case Evidence::arp_reply:
    case Evidence::arp_reply_target:
    case Evidence::arp_announce:
      return true;
    case Evidence::nd_ns:
    case Evidence::nd_na:
    case Evidence::nd_rs:
    case Evidence::nd_ra:
    case Evidence::ip:
    case Evidence::dhcp:
      break;
  }
  return false;
}

/// By hand: std::chrono::floor overflows in the first second of the range.
std::int64_t floor_seconds(WallTime at) noexcept {
  const std::int64_t count = at.time_since_epoch().count();
  return count / 1'000'000'000 - (count % 1'000'000'000 < 0 ? 1 : 0);
}

}  // namespace

bool append_netmon(const Event& event, std::string& out) {
  const auto* binding = std::get_if<BindingEvent>(&event.body);
  if (binding == nullptr || !by_arp(*binding)) return false;
  const auto& change = *binding->change;
  if (change.action == BindingAction::expired || change.key.ip.version != IpVersion::v4) {
    return false;
  }
  with_room(out, line_room, [&](char* to) {
    to = put(put_json(to, "{\"ip\":\""), change.key.ip);
    to = put(put_json(to, "\",\"mac\":\""), change.mac);
    if (change.action == BindingAction::moved) {
      to = put(put_json(to, "\",\"previous_mac\":\""), change.previous_mac);
    }
    to = put_json(put_json(to, "\",\"event\":\""), word(change.action));
    to = put_number(put_json(to, "\",\"time\":"), floor_seconds(event.at));
    to = put_json(to, ",\"vid\":");
    to = event.vlan.empty() ? put_json(to, "null") : put_number(to, event.vlan.front());
    return put_json(to, "}\n");
  });
  return true;
}

}  // namespace netweir::format
