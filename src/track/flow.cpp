// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/flow.h"

#include <algorithm>
#include <array>
#include <utility>

namespace netweir {
namespace {

constexpr std::uint8_t icmp = 1, icmpv6 = 58;

using Pair = std::pair<std::uint8_t, std::uint8_t>;

// What the kernel tracks as request and reply (invmap of nf_conntrack_proto_icmp.c and
// nf_conntrack_proto_icmpv6.c).
constexpr std::array<Pair, 4> pairs{{{8, 0}, {13, 14}, {15, 16}, {17, 18}}};
constexpr std::array<Pair, 2> pairs_v6{{{128, 129}, {139, 140}}};

template <std::size_t N>
std::uint8_t answer(const std::array<Pair, N>& messages, std::uint8_t type) noexcept {
  for (const auto& [request, reply] : messages) {
    if (type == request) return reply;
    if (type == reply) return request;
  }
  return type;
}

}  // namespace

FlowTuple inverse(const FlowTuple& tuple) noexcept {
  FlowTuple out = tuple;
  std::swap(out.src, out.dst);
  std::swap(out.src_port, out.dst_port);
  if (tuple.has_icmp && tuple.protocol == icmp) out.icmp_type = answer(pairs, tuple.icmp_type);
  if (tuple.has_icmp && tuple.protocol == icmpv6) out.icmp_type = answer(pairs_v6, tuple.icmp_type);
  return out;
}

FlowNat nat_of(const FlowTuple& orig, const FlowTuple& reply) noexcept {
  FlowNat nat;
  nat.source =
      reply.dst != orig.src || reply.dst_port != orig.src_port || reply.icmp_id != orig.icmp_id;
  nat.destination = reply.src != orig.dst || reply.src_port != orig.dst_port;
  return nat;
}

}  // namespace netweir
