// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "conntrack/filter.h"
#include "netweir/result.h"

namespace netweir::conntrack {

/// Lets the kernel keep from a socket of events what the filter's protocols and mark refuse
/// (SO_ATTACH_FILTER; the program is libnetfilter_conntrack's). Nothing where it names none.
Status attach(const Filter& filter, int fd);

}  // namespace netweir::conntrack
