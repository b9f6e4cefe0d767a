// SPDX-License-Identifier: GPL-2.0-or-later
#include "dropmon/sockets.h"

#include <linux/genetlink.h>
#include <linux/net_dropmon.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "netlink/generic.h"
#include "os/privileged.h"

namespace netweir::dropmon {
namespace {

constexpr std::string_view family_name = "NET_DM", group_name = "events";

Error failed(const std::string& act, int code) {
  return {code, act + ": " + std::generic_category().message(code), {}};
}

/// The module may be loaded and its family not shown: only the first network namespace has it.
Error absent() {
  if (::access("/sys/module/drop_monitor", F_OK) == 0)
    return {EPROTONOSUPPORT,
            "dropmon: this network namespace has no NET_DM family: the kernel has it in its first "
            "one only, for the drops of all",
            "nsenter --net=/proc/1/ns/net netweir ..."};
  return {EPROTONOSUPPORT, "dropmon: the kernel has no NET_DM family: drop_monitor is not loaded",
          "modprobe drop_monitor"};
}

}  // namespace

Result<Sockets> open_sockets(Privileged& privileged) {
  Sockets sockets;
  NetlinkSocket request;
  request.protocol = NETLINK_GENERIC;
  auto requests = privileged.netlink_socket(request);
  if (!requests) return std::move(requests).error();
  sockets.requests = std::move(*requests);
  request.groups[0] = netlink::controller_notify;
  auto control = privileged.netlink_socket(request);
  if (!control) return std::move(control).error();
  sockets.control = std::move(*control);

  auto answer = netlink::ask_family(sockets.requests.get(), family_name);
  if (!answer) {
    if (answer.error().code != ENOENT) return std::move(answer).error();
    return absent();
  }
  sockets.answer = std::move(*answer);
  const auto family = netlink::family_in(sockets.answer, family_name);
  if (!family) return Error{EPROTO, "dropmon: the kernel's answer describes no family", {}};
  sockets.family = family->id;
  sockets.group = family->group(group_name);
  if (sockets.group == 0) return Error{EPROTO, "dropmon: the family lacks its group `events`", {}};

  request.groups[0] = sockets.group;
  auto alerts = privileged.netlink_socket(request);
  if (!alerts) {
    auto error = std::move(alerts).error();
    if (error.code == EPERM)
      return Error{EPERM, "dropmon: join the group `events`: Operation not permitted",
                   "run as root, or give it CAP_NET_ADMIN and CAP_SYS_ADMIN"};
    return error;
  }
  sockets.alerts = std::move(*alerts);
  // Drops are counted by SO_MEMINFO; without this the kernel would also refuse everything after
  // the first drop until the queue is empty.
  const int yes = 1;
  if (::setsockopt(sockets.alerts.get(), SOL_NETLINK, NETLINK_NO_ENOBUFS, &yes, sizeof yes) != 0)
    return failed("dropmon: set NETLINK_NO_ENOBUFS", errno);
  return sockets;
}

bool concerns(Bytes payload, std::uint16_t family) noexcept {
  return netlink::is_gone(payload, family_name, family);
}

Error family_gone() {
  return {EPROTONOSUPPORT, "dropmon: the kernel's NET_DM family went away (module unloaded)",
          "modprobe drop_monitor"};
}

void leave(const Sockets& sockets) noexcept {
  // Fails where the family is gone: nothing comes then.
  (void)::setsockopt(sockets.alerts.get(), SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &sockets.group,
                     sizeof sockets.group);
}

}  // namespace netweir::dropmon
