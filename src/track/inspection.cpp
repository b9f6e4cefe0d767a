// SPDX-License-Identifier: GPL-2.0-or-later
#include "track/inspection.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "track/passed.h"
#include "track/virtual_mac.h"

namespace netweir::track {
namespace {

constexpr std::chrono::minutes said_every{1};
constexpr IpPrefix link_local_v4{{{169, 254}, IpVersion::v4}, 16};    // RFC 3927
constexpr IpPrefix link_local_v6{{{0xfe, 0x80}, IpVersion::v6}, 10};  // RFC 4291, section 2.5.6

bool link_local(const Ip& ip) noexcept {
  return link_local_v4.contains(ip) || link_local_v6.contains(ip);
}

}  // namespace

bool Inspection::on_link(const Ip& ip, const Networks& here) const noexcept {
  if (link_local(ip) || std::any_of(settings_.on_link.begin(), settings_.on_link.end(),
                                    [&ip](const IpPrefix& prefix) { return prefix.contains(ip); }))
    return true;
  return settings_.interfaces &&
         std::any_of(here.all.begin(), here.all.end(), [&](const OnLink& known) {
           return known.vid == here.vid && known.network.contains(ip);
         });
}

bool Inspection::l2_mismatch(const Packet& packet, const Observation& seen) const noexcept {
  // The target of a reply and a neighbor that somebody answers for are no word of the sender's own.
  return packet.ethernet && seen.evidence != Evidence::arp_reply_target &&
         seen.mac != packet.src_mac && !virtual_router(seen.mac) && !virtual_router(packet.src_mac);
}

bool Inspection::bogon(const Observation& seen, const Networks& here) const noexcept {
  if (on_link(seen.ip, here)) return false;
  if (!settings_.on_link.empty()) return true;
  return settings_.interfaces &&
         std::any_of(here.all.begin(), here.all.end(), [&](const OnLink& known) {
           return known.vid == here.vid && known.network.ip.version == seen.ip.version &&
                  !link_local(known.network.ip);
         });
}

bool Inspection::floods(LinkId port, AgeTime now) noexcept {
  if (settings_.arp_flood == 0) return false;
  auto& rate = rates_[Segment::port_of(port)];
  if (passed(now, rate.second, std::chrono::seconds{1})) rate = {now, 0};
  if (rate.packets < settings_.arp_flood) {
    ++rate.packets;
    return false;
  }
  return true;
}

std::uint64_t Inspection::say(Suspicion what, LinkId port, AgeTime now) noexcept {
  auto& said = said_[static_cast<std::size_t>(what) * Segment::ports + Segment::port_of(port)];
  ++said.times;
  if (said.at && !passed(now, *said.at, said_every)) return 0;
  said.at = now;
  return std::exchange(said.times, 0);
}

}  // namespace netweir::track
