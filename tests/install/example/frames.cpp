// SPDX-License-Identifier: GPL-2.0-or-later
// Builds an ARP request in a VLAN, and hands it to who registered for ARP.
#include <netweir/frame_builder.h>
#include <netweir/frame_handlers.h>
#include <netweir/text.h>

#include <array>
#include <cstdint>
#include <cstdio>

int main() {
  const netweir::Mac us{{0x02, 0, 0, 0, 0, 0x01}};
  const auto asks =
      netweir::arp_request(us, netweir::Ip::v4(192, 0, 2, 1), netweir::Ip::v4(192, 0, 2, 2));
  std::array<std::uint8_t, 1522> buffer{};
  const auto built =
      netweir::build_arp(buffer, asks, {{netweir::VlanTag{netweir::ethertype::vlan, 300}}, 1});
  if (!built) {
    std::fprintf(stderr, "%s\n", netweir::describe(built.fault).data());
    return 1;
  }

  netweir::FrameHandlers handlers;
  handlers.on(netweir::ethertype::arp, [](const netweir::EthernetView& frame) {
    netweir::Arp arp;
    if (netweir::read_arp(frame.payload(), arp) != netweir::FrameFault::none) return;
    std::printf("%s: who has %s?\n", netweir::to_string(frame).c_str(),
                netweir::to_string(arp.target_ip).c_str());
  });
  bool handled = false;
  (void)handlers.handle(netweir::Bytes(buffer).first(built.octets), handled);
  return handled ? 0 : 1;
}
