// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets as a datagram of ctnetlink: nothing is read outside them, and what is decoded keeps
// what decode() promises.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "conntrack/decode.h"
#include "kit/attribute_mutator.h"
#include "kit/steps.h"
#include "netlink/messages.h"

namespace netweir {
namespace {

constexpr WallTime receipt{std::chrono::seconds{42}};

void must(bool holds) {
  if (!holds) std::abort();
}

void inside(std::string_view text, Bytes all) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(text.data());
  must(text.empty() || (p >= all.data() && p + text.size() <= all.data() + all.size()));
}

bool whole(const FlowTuple& t) {
  return t.src.version != IpVersion::none && t.src.version == t.dst.version &&
         (t.has_ports || (t.src_port == 0 && t.dst_port == 0)) &&
         (t.has_icmp || (t.icmp_id == 0 && t.icmp_type == 0 && t.icmp_code == 0));
}

void check(const netlink::Message& m) {
  FlowRecord r;
  r.source = 3;
  if (!conntrack::decode(m.type, m.flags, m.payload, receipt, r)) return;
  must(m.type == conntrack::new_message || m.type == conntrack::delete_message);
  must((m.type == conntrack::delete_message) == (r.what == FlowRecord::What::destroyed));
  must(whole(r.orig) && whole(r.reply));
  must(r.orig.src.version == r.reply.src.version && r.orig.protocol == r.reply.protocol);
  must(((r.has & FlowRecord::has_master) != 0) == (r.master.src.version != IpVersion::none));
  must((r.has & FlowRecord::has_master) == 0 || whole(r.master));
  must((r.has & FlowRecord::has_state) == 0 || r.orig.protocol == 6 || r.orig.protocol == 33 ||
       r.orig.protocol == 132);
  must(!r.at_is_receipt || r.at == receipt);
  must(r.source == 3 && !r.left);
  inside(r.helper, m.payload);
  inside(r.secctx, m.payload);
}

}  // namespace
}  // namespace netweir

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const netweir::test::Steps steps(size, 3000, 15);
  netweir::netlink::each_message({data, size}, netweir::check);
  return 0;
}

// nlmsghdr and nfgenmsg, and the types of linux/netfilter/nfnetlink_conntrack.h.
NETWEIR_NETLINK_MUTATOR(20, 30, 3, [](std::uint16_t type) { return (type & 0x8000U) != 0; })
