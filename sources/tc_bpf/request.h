// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/pkt_sched.h>

#include <array>
#include <cstdint>
#include <type_traits>

#include "netweir/bytes.h"
#include "netweir/frame.h"
#include "netweir/result.h"

namespace netweir::tc_bpf {

/// What the source asks of the privileged side, on a socket of NETLINK_ROUTE in the namespace of
/// the interface: clsact, and filters of cls_bpf on it.
struct Request {
  enum class Act : std::uint8_t { add_qdisc, delete_qdisc, add_filter, delete_filter };
  Act act = Act::add_qdisc;
  std::uint32_t ifindex = 0;
  std::uint32_t parent = 0;
  std::uint16_t priority = 0;
  std::uint32_t handle = 0;
  std::int32_t program = -1;    ///< descriptor of an add_filter
  std::array<char, 64> name{};  ///< of an add_filter (TCA_BPF_NAME)
};
static_assert(std::is_trivially_copyable_v<Request>);

/// The class of clsact whose filters see the packets of a direction.
constexpr std::uint32_t parent_of(Direction direction) noexcept {
  return TC_H_MAKE(TC_H_CLSACT,
                   direction == Direction::egress ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS);
}

/// Runs on the privileged side (SourceKind::act), and waits for the kernel's acknowledgement, which
/// is there when send() returns.
Status act(int fd, Bytes request);

}  // namespace netweir::tc_bpf
