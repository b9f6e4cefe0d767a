// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/family_monitor.h"

#include <cerrno>
#include <string>
#include <utility>

#include "netlink/generic.h"

namespace netweir::netlink {
namespace {

constexpr std::size_t slot = 65536, slots = 4;
constexpr int reads_at_most = 64;  // a drain(); the rest waits for the next

}  // namespace

FamilyMonitor::FamilyMonitor(Fd fd) : fd_(std::move(fd)), receiver_(slot, slots) {}

Result<std::unique_ptr<FamilyMonitor>> FamilyMonitor::open(Privileged& privileged,
                                                           std::string_view netns) {
  NetlinkSocket request;
  request.protocol = NETLINK_GENERIC;
  request.groups[0] = controller_notify;
  auto checked = NetnsName::checked(netns);
  if (!checked) return std::move(checked).error();
  request.netns = *checked;
  auto fd = privileged.netlink_socket(request);
  if (!fd) return std::move(fd).error();
  return std::unique_ptr<FamilyMonitor>(new FamilyMonitor(std::move(*fd)));
}

Result<bool> FamilyMonitor::drain(WallTime) {
  bool came = false;
  for (int i = 0; i < reads_at_most; ++i) {
    auto read = receiver_.read(fd_.get(), slots, [&](const Message& m) {
      if (m.type != controller) return;
      const auto family = read_family(m.payload);
      came = came || (family && family->change == Family::Change::present);
    });
    if (!read) return std::move(read).error();
    came = came || read->overruns > 0;
    if (read->empty) break;
  }
  return came;
}

}  // namespace netweir::netlink
