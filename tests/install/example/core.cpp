// SPDX-License-Identifier: GPL-2.0-or-later
// Octets of an ARP request in, the binding that they show out.
#include <netweir/observation.h>
#include <netweir/packet.h>
#include <netweir/text.h>
#include <netweir/tracker.h>

#include <chrono>
#include <cstdint>
#include <cstdio>

int main() {
  // Who has 192.0.2.2? Tell 192.0.2.1.
  constexpr std::uint8_t octets[] = {
      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06,
      0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x01,
      192,  0,    2,    1,    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 192,  0,    2,    2};
  netweir::Frame frame;
  frame.data = octets;
  frame.wire_len = sizeof octets;
  frame.at = netweir::WallTime{std::chrono::seconds{1714000000}};

  netweir::Tracker tracker{netweir::TrackerLimits{}};
  const netweir::Packet packet = netweir::decode(frame);
  for (const auto& seen : netweir::observe(packet)) {
    netweir::BindingChanges changes;
    const netweir::BindingClaim claim{.key = {.ip = seen.ip}, .mac = seen.mac};
    tracker.observe(netweir::AgeTime{}, frame.at, claim, changes);
    for (const auto& change : changes) {
      std::printf("%s %s %s\n", netweir::to_string(change.last_seen).c_str(),
                  netweir::to_string(change.key.ip).c_str(),
                  netweir::to_string(change.mac).c_str());
    }
  }
  return tracker.size() == 1 ? 0 : 1;
}
