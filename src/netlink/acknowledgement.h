// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace netweir::netlink {

/// The errno of the acknowledgement (NLMSG_ERROR, linux/netlink.h) that waits on a socket used for
/// nothing else; 0 = done, EPROTO where it is none. The kernel has queued it when send() returns.
int acknowledged(int fd) noexcept;

}  // namespace netweir::netlink
