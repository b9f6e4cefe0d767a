// SPDX-License-Identifier: GPL-2.0-or-later
#include "dropmon/request.h"

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/net_dropmon.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

namespace netweir::dropmon {
namespace {

using Act = Request::Act;

std::uint8_t command(Act act) noexcept {
  switch (act) {
    case Act::start:
      return NET_DM_CMD_START;
    case Act::stop:
      return NET_DM_CMD_STOP;
    case Act::ask_config:
      return NET_DM_CMD_CONFIG_GET;
    case Act::ask_stats:
      return NET_DM_CMD_STATS_GET;
    case Act::configure:
    case Act::is_running:
      break;
  }
  return NET_DM_CMD_CONFIG;
}

std::string_view words(Act act) noexcept {
  switch (act) {
    case Act::start:
      return "start monitoring";
    case Act::stop:
      return "stop monitoring";
    case Act::ask_config:
      return "ask for the configuration";
    case Act::ask_stats:
      return "ask for the statistics";
    case Act::configure:
      return "configure the monitor";
    case Act::is_running:
      break;
  }
  return "ask whether monitoring runs";
}

/// errno of the acknowledgement, which the kernel queued before send() returned; 0 = success.
int answer(int fd) noexcept {
  constexpr int reads_at_most = 64;  // answers to older questions
  struct {
    nlmsghdr message;
    int error;
  } head{};
  for (int i = 0; i < reads_at_most; ++i) {
    const auto n = ::recv(fd, &head, sizeof head, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN ? ETIMEDOUT : errno;
    if (n >= static_cast<ssize_t>(sizeof head) && head.message.nlmsg_type == NLMSG_ERROR)
      return -head.error;
  }
  return ETIMEDOUT;
}

}  // namespace

Status act(int fd, Bytes octets) {
  Request request;
  if (octets.size() != sizeof request) return Error{EINVAL, "dropmon: not a request", {}};
  std::memcpy(&request, octets.data(), sizeof request);

  const bool asks = request.act == Act::ask_config || request.act == Act::ask_stats;
  alignas(nlmsghdr) std::array<char, 128> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  message->nlmsg_type = request.family;
  message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | (asks ? 0 : NLM_F_ACK));
  auto* head = static_cast<genlmsghdr*>(mnl_nlmsg_put_extra_header(message, sizeof(genlmsghdr)));
  head->cmd = command(request.act);
  head->version = 2;
  if (request.act == Act::configure) {
    mnl_attr_put_u8(message, NET_DM_ATTR_ALERT_MODE, request.alert_mode);
    mnl_attr_put_u32(message, NET_DM_ATTR_TRUNC_LEN, request.truncation);
    mnl_attr_put_u32(message, NET_DM_ATTR_QUEUE_LEN, request.queue_length);
  }
  if (request.software) mnl_attr_put(message, NET_DM_ATTR_SW_DROPS, 0, nullptr);
  if (request.hardware) mnl_attr_put(message, NET_DM_ATTR_HW_DROPS, 0, nullptr);

  int code = 0;
  if (::send(fd, message, message->nlmsg_len, 0) < 0) {
    code = errno;
  } else if (!asks) {
    code = answer(fd);
  }
  // CONFIG without attributes sets nothing; it is refused while monitoring runs.
  if (request.act == Act::is_running) code = code == EBUSY ? 0 : code == 0 ? ENODATA : code;
  if (code == 0) return Ok{};
  return Error{
      code,
      "dropmon: " + std::string(words(request.act)) + ": " + std::generic_category().message(code),
      code == EPERM ? "run as root, or give it CAP_NET_ADMIN and CAP_SYS_ADMIN" : ""};
}

}  // namespace netweir::dropmon
