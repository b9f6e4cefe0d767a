// SPDX-License-Identifier: GPL-2.0-or-later
#include "psample/sockets.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/psample.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "netlink/generic.h"
#include "netlink/messages.h"
#include "netlink/receiver.h"

namespace netweir::psample {
namespace {

constexpr int answer_within_ms = 1000;
constexpr int reads_at_most = 256;

Error failed(const std::string& act, int code) {
  return {code, act + ": " + std::generic_category().message(code), {}};
}

}  // namespace

Result<Sockets> open_sockets(Privileged& privileged, const NetnsName& netns) {
  Sockets sockets;
  NetlinkSocket request;
  request.protocol = NETLINK_GENERIC;
  request.netns = netns;
  request.groups[0] = netlink::controller_notify;
  auto control = privileged.netlink_socket(request);
  if (!control) return std::move(control).error();
  sockets.control = std::move(*control);

  auto answer = netlink::ask_family(sockets.control.get(), PSAMPLE_GENL_NAME);
  if (!answer) {
    if (answer.error().code != ENOENT) return std::move(answer).error();
    return Error{EPROTONOSUPPORT,
                 "psample: the kernel has no psample family: nothing that samples is loaded",
                 "modprobe act_sample"};
  }
  sockets.answer = std::move(*answer);
  const auto family = netlink::family_in(sockets.answer, PSAMPLE_GENL_NAME);
  if (!family) return Error{EPROTO, "psample: the kernel's answer describes no family", {}};
  sockets.family = family->id;
  const auto packets = family->group(PSAMPLE_NL_MCGRP_SAMPLE_NAME);
  const auto config = family->group(PSAMPLE_NL_MCGRP_CONFIG_NAME);
  if (packets == 0 || config == 0)
    return Error{EPROTO, "psample: the family lacks its groups `packets` and `config`", {}};
  if (::setsockopt(sockets.control.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &config,
                   sizeof config) != 0)
    return failed("psample: join the group `config`", errno);

  request.groups[0] = packets;
  auto samples = privileged.netlink_socket(request);
  if (!samples) {
    auto error = std::move(samples).error();
    if (error.code == EPERM)
      return Error{EPERM, "psample: join the group `packets`: Operation not permitted",
                   "run as root, or give it CAP_NET_ADMIN"};
    return error;
  }
  sockets.samples = std::move(*samples);
  // Drops are counted by SO_MEMINFO; without this the kernel would also refuse everything after
  // the first drop until the queue is empty.
  const int yes = 1;
  if (::setsockopt(sockets.samples.get(), SOL_NETLINK, NETLINK_NO_ENOBUFS, &yes, sizeof yes) != 0)
    return failed("psample: set NETLINK_NO_ENOBUFS", errno);
  return sockets;
}

Result<std::vector<Group>> list_groups(int control, std::uint16_t family) {
  alignas(nlmsghdr) std::array<char, 64> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  message->nlmsg_type = family;
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  auto* head = static_cast<genlmsghdr*>(mnl_nlmsg_put_extra_header(message, sizeof(genlmsghdr)));
  head->cmd = PSAMPLE_CMD_GET_GROUP;
  head->version = PSAMPLE_GENL_VERSION;
  if (::send(control, message, message->nlmsg_len, 0) < 0)
    return failed("psample: list the groups", errno);
  std::vector<Group> groups;
  netlink::Receiver receiver(slot, 1);
  for (int i = 0; i < reads_at_most; ++i) {
    auto read = receiver.read(control, 1, [&](const netlink::Message& m) {
      if (m.type != family || command_of(m.payload) != Command::new_group) return;
      if (const auto group = read_group(m.payload)) groups.push_back(*group);
    });
    if (!read) return std::move(read).error();
    if (read->error != 0) return failed("psample: list the groups", read->error);
    if (read->done) return groups;
    if (!read->empty) continue;
    pollfd p{.fd = control, .events = POLLIN, .revents = 0};
    if (::poll(&p, 1, answer_within_ms) <= 0) break;
  }
  return Error{ETIMEDOUT, "psample: list the groups: the kernel does not answer", {}};
}

bool concerns(Bytes payload, std::uint16_t family) noexcept {
  return netlink::is_gone(payload, PSAMPLE_GENL_NAME, family);
}

Error family_gone() {
  return {EPROTONOSUPPORT, "psample: the kernel's psample family went away (module unloaded)",
          "modprobe act_sample"};
}

void leave(const Sockets& sockets) noexcept {
  const auto family = netlink::family_in(sockets.answer, PSAMPLE_GENL_NAME);
  const auto packets = family ? family->group(PSAMPLE_NL_MCGRP_SAMPLE_NAME) : 0;
  // Fails where the family is gone: nothing comes then.
  (void)::setsockopt(sockets.samples.get(), SOL_NETLINK, NETLINK_DROP_MEMBERSHIP, &packets,
                     sizeof packets);
}

}  // namespace netweir::psample
