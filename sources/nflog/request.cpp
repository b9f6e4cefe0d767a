// SPDX-License-Identifier: GPL-2.0-or-later
#include "nflog/request.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <sys/socket.h>
// After the kernel's header: it brings an older copy of it.
#include <libnetfilter_log/libnetfilter_log.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace netweir::nflog {
namespace {

struct Head {
  nlmsghdr message;
  int error;
};

/// The error that stands at the front of the queue, as a positive errno; 0 = none.
int answer(int fd) noexcept {
  Head head{};
  const auto n = ::recv(fd, &head, sizeof head, MSG_PEEK | MSG_DONTWAIT);
  if (n < static_cast<ssize_t>(sizeof head) || head.message.nlmsg_type != NLMSG_ERROR) return 0;
  (void)::recv(fd, &head, sizeof head, MSG_DONTWAIT);
  return -head.error;
}

}  // namespace

Status act(int fd, Bytes octets) {
  Request request;
  if (octets.size() != sizeof request) return Error{EINVAL, "nflog: not a request", {}};
  std::memcpy(&request, octets.data(), sizeof request);

  alignas(nlmsghdr) std::array<char, 256> storage{};
  auto* message =
      nflog_nlmsg_put_header(storage.data(), NFULNL_MSG_CONFIG, AF_UNSPEC, request.group);
  const auto command =
      request.act == Request::Act::bind ? NFULNL_CFG_CMD_BIND : NFULNL_CFG_CMD_UNBIND;
  nflog_attr_put_cfg_cmd(message, command);
  if (request.act == Request::Act::bind) {
    nflog_attr_put_cfg_mode(message, NFULNL_COPY_PACKET, request.copy_range);
    mnl_attr_put_u32(message, NFULA_CFG_NLBUFSIZ, htonl(request.batch_size));
    mnl_attr_put_u32(message, NFULA_CFG_TIMEOUT, htonl(request.timeout));
    mnl_attr_put_u32(message, NFULA_CFG_QTHRESH, htonl(request.threshold));
    mnl_attr_put_u16(message, NFULA_CFG_FLAGS, htons(NFULNL_CFG_F_SEQ));
  }
  const auto what = "nflog group " + std::to_string(request.group);
  if (::send(fd, message, message->nlmsg_len, 0) < 0) {
    const int code = errno;
    return Error{code, what + ": " + std::generic_category().message(code), {}};
  }
  if (request.act == Request::Act::unbind) return Ok{};
  const int code = answer(fd);
  if (code == 0) return Ok{};
  return Error{code, what + ": " + std::generic_category().message(code), {}};
}

}  // namespace netweir::nflog
