// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/settings.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <vector>

namespace netweir::conntrack {

Settings Settings::from(const Values& values) {
  Settings s;
  const auto events = values.get<std::vector<std::string>>("events");
  const auto has = [&](const char* word) {
    return std::find(events.begin(), events.end(), word) != events.end();
  };
  s.created = has("new");
  s.updated = has("update");
  s.destroyed = has("destroy");
  s.reliable = values.boolean("reliable");
  s.reconcile = values.duration("reconcile");
  s.resync_min = values.duration("resync_min");
  s.buffer = values.octets("receive_buffer");
  s.buffer_max = values.octets("receive_buffer_max");
  return s;
}

std::array<std::uint32_t, 4> groups(const Settings& s) noexcept {
  std::array<std::uint32_t, 4> out{};
  std::size_t count = 0;
  if (s.created) out[count++] = NFNLGRP_CONNTRACK_NEW;
  if (s.updated) out[count++] = NFNLGRP_CONNTRACK_UPDATE;
  if (s.destroyed) out[count++] = NFNLGRP_CONNTRACK_DESTROY;
  return out;
}

void leave(int fd) noexcept {
  for (const int group :
       {NFNLGRP_CONNTRACK_NEW, NFNLGRP_CONNTRACK_UPDATE, NFNLGRP_CONNTRACK_DESTROY})
    (void)::setsockopt(fd, SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &group, sizeof group);
}

}  // namespace netweir::conntrack
