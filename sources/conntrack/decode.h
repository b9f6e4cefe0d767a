// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "netweir/bytes.h"
#include "netweir/flow.h"
#include "netweir/time.h"

namespace netweir::conntrack {

/// nlmsg_type of the messages about sessions: NFNL_SUBSYS_CTNETLINK << 8, and IPCTNL_MSG_CT_NEW
/// (events and the entries of a dump) or IPCTNL_MSG_CT_DELETE.
inline constexpr std::uint16_t new_message = 0x0100, delete_message = 0x0102;

/// Reads what follows the nlmsghdr, nfgenmsg and attributes
/// (linux/netfilter/nfnetlink_conntrack.h), into `record`, which is overwritten, with views into
/// `payload`; its source is left to the caller. `flags` are the nlmsghdr's: NLM_F_MULTI is an entry
/// of a dump, NLM_F_CREATE a new session, neither an update. `receipt` becomes its time where the
/// kernel gave none (before Linux 6.14, with nf_conntrack_timestamp off, and in every dump).
///
/// False, and the record then means nothing: a `type` that is neither of the two; a known attribute
/// of a wrong length; a nest that does not add up; no original tuple or none of the answers; a
/// tuple without a protocol, without both addresses of one version, or with half of its ports or
/// ICMP numbers; answers of another version or protocol than the original; another protocol's
/// state. Unknown attributes are skipped, of repeated ones the last counts. Pure; reads nothing
/// outside `payload`.
bool decode(std::uint16_t type, std::uint16_t flags, Bytes payload, WallTime receipt,
            FlowRecord& record) noexcept;

}  // namespace netweir::conntrack
