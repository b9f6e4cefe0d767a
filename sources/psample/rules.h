// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "netweir/bytes.h"

namespace netweir::psample {

/// A `sample` action of a tc filter.
struct Rule {
  std::int32_t ifindex = 0;       ///< 0 where the filter is of a shared block
  std::uint32_t block = 0;        ///< number of the shared block; 0 = none
  std::string_view classifier{};  ///< a literal
  std::uint16_t protocol = 0;     ///< EtherType that the filter is for; 3 (ETH_P_ALL) = all
  std::uint16_t preference = 0;   ///< tc's `pref`
  std::uint32_t chain = 0;
  std::uint32_t rate = 0;  ///< one packet in so many
  std::uint32_t group = 0;
  std::uint32_t truncation = 0;  ///< octets kept of each packet; 0 = all
  bool in_hardware = false;      ///< a device has taken the filter over (in_hw)
  bool skip_software = false;    ///< the kernel itself does not run it (skip_sw)
};

/// A filter has at most this many actions (TCA_ACT_MAX_PRIO of linux/pkt_cls.h).
inline constexpr std::size_t actions_at_most = 32;

/// Reads what follows the nlmsghdr of an RTM_NEWTFILTER message (linux/rtnetlink.h, struct tcmsg):
/// the `sample` actions of the filter, in its order. Returns how many; nothing where the message is
/// malformed. Classifiers that this version does not know have none. Pure.
std::optional<std::size_t> read_rules(Bytes payload,
                                      std::array<Rule, actions_at_most>& out) noexcept;

/// A queueing discipline that may have filters, as an RTM_NEWQDISC message describes it. A view.
struct Qdisc {
  std::int32_t ifindex = 0;
  std::uint32_t handle = 0;  ///< 0 = a default one, without filters
  std::string_view kind{};
};
/// Nothing where the message is malformed. Pure.
std::optional<Qdisc> read_qdisc(Bytes payload) noexcept;

/// Where filters of a qdisc hang, to ask for them by; `ingress` and `clsact` are at the fixed
/// handle ffff:. What hangs at the classes of a classful one is not asked for.
struct Hook {
  std::uint32_t parent = 0;
  bool ingress = false;
};
struct Hooks {
  std::array<Hook, 2> at{};
  std::size_t count = 0;
};
Hooks hooks(const Qdisc& qdisc) noexcept;

}  // namespace netweir::psample
