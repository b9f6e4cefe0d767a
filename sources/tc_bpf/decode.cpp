// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc_bpf/decode.h"

#include <cstring>

#include "tc_bpf/record.h"
#include "wire/cursor.h"

namespace netweir::tc_bpf {
namespace {

std::uint16_t from_network(std::uint16_t value) noexcept {
  std::uint8_t octets[2];
  std::memcpy(octets, &value, sizeof octets);
  return wire::be16(octets);
}

}  // namespace

std::uint32_t decode(Bytes record, std::chrono::nanoseconds wall, Frame& frame,
                     TcBpfExtra& extra) noexcept {
  frame = Frame{};
  extra = TcBpfExtra{};
  NetweirTcRecord r;
  if (record.size() < sizeof r) return 0;
  std::memcpy(&r, record.data(), sizeof r);
  const auto octets = record.subspan(sizeof r);
  if (r.captured > octets.size() || r.captured > r.length) return 0;
  frame.data = octets.first(r.captured);
  frame.wire_len = r.length;
  frame.at = WallTime{std::chrono::nanoseconds{static_cast<std::int64_t>(r.at)} + wall};
  frame.one_in = r.one_in;
  frame.protocol = from_network(r.protocol);
  if ((r.flags & netweir_tc_tagged) != 0) {
    frame.tag = {from_network(r.vlan_tpid), r.vlan_tci};
    frame.tagged = true;
  }
  const bool egress = (r.flags & netweir_tc_egress) != 0;
  frame.direction = egress ? Direction::egress : Direction::ingress;
  extra.mark = r.mark;
  extra.hash = r.hash;
  // Received, it is the number of the queue and 1 (skb_record_rx_queue); on the way out the kernel
  // chooses the queue after this hook.
  if (!egress && r.queue != 0) {
    extra.queue = static_cast<std::uint16_t>(r.queue - 1);
    extra.has_queue = true;
  }
  if (extra.mark != 0 || extra.hash != 0 || extra.has_queue) frame.tc_bpf = &extra;
  return r.ifindex;
}

}  // namespace netweir::tc_bpf
