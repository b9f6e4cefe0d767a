// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace netweir::netlink {

/// Loss::cause, in the words of docs/events.md.
inline constexpr std::string_view cause_receive_buffer = "receive_buffer", cause_shed = "shed",
                                  cause_kernel_queue = "kernel_queue";

}  // namespace netweir::netlink
