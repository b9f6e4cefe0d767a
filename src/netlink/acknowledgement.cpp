// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/acknowledgement.h"

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace netweir::netlink {

int acknowledged(int fd) noexcept {
  alignas(nlmsghdr) std::array<char, 8192> storage{};
  const auto n = ::recv(fd, storage.data(), storage.size(), MSG_DONTWAIT);
  if (n < 0) return errno;
  const auto* message = reinterpret_cast<const nlmsghdr*>(storage.data());
  if (!mnl_nlmsg_ok(message, static_cast<int>(n)) || message->nlmsg_type != NLMSG_ERROR ||
      mnl_nlmsg_get_payload_len(message) < sizeof(int))
    return EPROTO;
  int error = 0;
  std::memcpy(&error, mnl_nlmsg_get_payload(message), sizeof error);
  return -error;
}

}  // namespace netweir::netlink
