// SPDX-License-Identifier: GPL-2.0-or-later
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "netlink/link_table.h"
#include "netlink/receiver.h"
#include "netlink/socket_tap.h"

namespace netweir::netlink {
namespace {

constexpr std::size_t slot = 131072;  // a dump's messages grow with what an interface has
constexpr std::size_t slots = 4;
constexpr std::size_t reads_at_most = 256;      // a drain(); the rest waits for the next
constexpr unsigned dumps_at_most = 5;           // in a row that failed or were interrupted
constexpr std::uint32_t buffer = 1024U * 1024;  // for a burst of a few hundred changes

}  // namespace

struct LinkMonitor::State {
  State(Fd&& f, std::string_view k, LinkTable& t, Tap* r)
      : fd(std::move(f)),
        key(k),
        table(t),
        tap(
            r, NETLINK_ROUTE, [this] { return drops(fd.get()); }, receiver) {}

  Fd fd;
  std::string key;
  LinkTable& table;
  Receiver receiver{slot, slots};
  SocketTap tap;
  enum class Dump : std::uint8_t { none, links, addresses };
  Dump wanted = Dump::links;  ///< to be asked for; one at a time on a socket
  Dump running = Dump::none;
  bool interrupted = false;  ///< the running dump is not consistent
  bool overrun = false;      ///< changes were lost since the running dump was asked for
  unsigned failures = 0, interruptions = 0;  ///< in a row

  Status request(Dump what) {
    alignas(nlmsghdr) std::array<char, 256> storage{};
    auto* message = mnl_nlmsg_put_header(storage.data());
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    if (what == Dump::links) {
      message->nlmsg_type = RTM_GETLINK;
      auto* head = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg)));
      head->ifi_family = AF_UNSPEC;
      mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
    } else {
      message->nlmsg_type = RTM_GETADDR;
      auto* head = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifaddrmsg)));
      head->ifa_family = AF_UNSPEC;
    }
    interrupted = false;
    overrun = false;
    if (::send(fd.get(), message, message->nlmsg_len, 0) < 0) {
      const int code = errno;
      return Error{code, "ask for the interfaces: " + std::generic_category().message(code), {}};
    }
    running = what;
    wanted = Dump::none;
    if (what == Dump::links) {
      table.begin_dump(key);
    } else {
      table.begin_address_dump(key);
    }
    return Ok{};
  }

  /// One read; starts and ends dumps as needed. True = the queue is empty and no dump is wanted.
  Result<bool> step() {
    if (wanted != Dump::none && running == Dump::none) {
      if (failures >= dumps_at_most) return Error{EIO, "ask for the interfaces: no answer", {}};
      if (auto asked = request(wanted); !asked) return std::move(asked).error();
    }
    auto read = receiver.read(
        fd.get(), slots, [this](const Message& m) { (void)table.message(key, m.type, m.payload); });
    if (!read) return std::move(read).error();
    if (read->overruns > 0 || read->truncated > 0) {
      overrun = true;
      if (running == Dump::none) wanted = Dump::links;
    }
    if (read->interrupted) interrupted = true;
    if (running != Dump::none) {
      if (read->done && read->error == 0) {
        finish();
      } else if (read->error != 0 || read->empty) {
        // Refused, or its end was lost: the kernel fills a dump as it is read, so that an empty
        // queue cannot come before the end.
        ++failures;
        wanted = running;
        running = Dump::none;
      }
    }
    return read->empty && wanted == Dump::none;
  }

  /// A dump that changed under the kernel's hands is repeated; where that goes on it still named
  /// what is there, and what it did not name stays until its DELLINK or DELADDR.
  void finish() {
    const auto ended = std::exchange(running, Dump::none);
    failures = 0;
    if (!interrupted && !overrun) {
      if (ended == Dump::links) {
        table.end_dump(key);
      } else {
        table.end_address_dump(key);
      }
    } else if (overrun || ++interruptions < dumps_at_most) {
      wanted = Dump::links;
      return;
    }
    if (ended == Dump::links) {
      wanted = Dump::addresses;
    } else {
      interruptions = 0;
    }
  }
};

LinkMonitor::LinkMonitor(std::unique_ptr<State> state) : state_(std::move(state)) {}
LinkMonitor::~LinkMonitor() = default;

int LinkMonitor::fd() const noexcept { return state_->fd.get(); }

Result<std::unique_ptr<LinkMonitor>> LinkMonitor::open(Privileged& privileged,
                                                       std::string_view netns, LinkTable& table,
                                                       Tap* tap, WallTime at) {
  NetlinkSocket request;
  request.protocol = NETLINK_ROUTE;
  request.groups = {RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, 0};
  auto checked = NetnsName::checked(netns);
  if (!checked) return std::move(checked).error();
  request.netns = *checked;
  auto fd = privileged.netlink_socket(request);
  if (!fd) return std::move(fd).error();
  (void)privileged.receive_buffer(fd->get(), buffer);  // a small one only means more dumps
  auto state = std::make_unique<State>(std::move(*fd), netns, table, tap);
  std::unique_ptr<LinkMonitor> monitor(new LinkMonitor(std::move(state)));
  if (auto first = monitor->drain(at); !first) return std::move(first).error();
  return monitor;
}

Result<bool> LinkMonitor::drain(WallTime at) {
  state_->tap.begin(at);
  const auto before = state_->table.version();
  for (std::size_t i = 0; i < reads_at_most; ++i) {
    auto idle = state_->step();
    if (!idle) return std::move(idle).error();
    if (*idle) break;
  }
  return state_->table.version() != before;
}

}  // namespace netweir::netlink
