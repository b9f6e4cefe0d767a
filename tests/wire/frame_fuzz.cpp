// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets as a frame: what is read lies inside it and is built again octet for octet; tags come
// off as they went on; what is built reads as what it was built from.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "kit/steps.h"
#include "netweir/frame_builder.h"

namespace {

using namespace netweir;

constexpr FrameLimits any{65536, 65600, 0};

void must(bool holds) {
  if (!holds) std::abort();
}

void inside(Bytes part, Bytes all) {
  must(part.empty() ||
       (part.data() >= all.data() && part.data() + part.size() <= all.data() + all.size()));
}

void rebuilt(Bytes octets, const EthernetView& view) {
  const auto wanted = octets.first(octets.size() - view.trailer().size());
  std::vector<std::uint8_t> out(wanted.size());
  const auto built = build(out, view, any);
  if (view.src().is_group()) return must(built.fault == FrameFault::group_source);
  if (view.form != EthernetView::Form::ethernet_ii && view.body().size() > 1500) return;
  must(built.fault == FrameFault::none && built.octets == wanted.size());
  must(std::equal(out.begin(), out.end(), wanted.begin()));
  if (out.empty()) return;
  must(build(Buffer(out).first(out.size() - 1), view, any).fault == FrameFault::no_room);
}

void tagged(Bytes octets) {
  std::vector<std::uint8_t> frame(octets.begin(), octets.end());
  frame.resize(octets.size() + 4);
  const VlanTag tag{ethertype::vlan, 0xafff};
  const auto pushed = push_vlan(frame, octets.size(), tag, any);
  must(pushed.octets == octets.size() + 4);
  VlanTag taken;
  const auto popped = pop_vlan(frame, pushed.octets, taken, any);
  must(popped.octets == octets.size() && taken == tag);
  must(std::equal(octets.begin(), octets.end(), frame.begin()));
}

void arp(const EthernetView& view) {
  Arp said;
  if (read_arp(view.payload(), said) != FrameFault::none) return;
  std::vector<std::uint8_t> out(64);
  const auto built = build_arp(out, said);
  if (!built) return must(built.fault == FrameFault::group_source);
  EthernetView again;
  Arp read;
  must(read_ethernet(Bytes(out).first(built.octets), again) == FrameFault::none);
  must(read_arp(again.payload(), read) == FrameFault::none);
  must(read.operation == said.operation && read.sender_mac == said.sender_mac &&
       read.target_mac == said.target_mac && read.sender_ip == said.sender_ip &&
       read.target_ip == said.target_ip);
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const netweir::test::Steps steps(size, 3000, 20);
  const Bytes octets{data, size};
  EthernetView view;
  if (read_ethernet(octets, view, any) != FrameFault::none) return 0;
  for (const auto part : {view.payload(), view.body(), view.trailer()}) inside(part, octets);
  must(view.is_broadcast() + view.is_multicast() + view.is_unicast() == 1);
  rebuilt(octets, view);
  tagged(octets);
  if (view.is_arp()) arp(view);
  IpAddresses addresses;
  const auto fault = read_ip_addresses(view, addresses);
  must((fault == FrameFault::none) == (addresses.src.version != IpVersion::none));
  return 0;
}
