// SPDX-License-Identifier: GPL-2.0-or-later
#include "tap/request.h"

#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "netlink/acknowledgement.h"

namespace netweir::tap {
namespace {

void put_link(nlmsghdr* message, const Request& request) {
  message->nlmsg_type = RTM_NEWLINK;
  auto* head = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg)));
  head->ifi_family = AF_UNSPEC;
  head->ifi_index = static_cast<int>(request.ifindex);
  if (request.act == Request::Act::set_up) head->ifi_flags = head->ifi_change = IFF_UP;
  if (request.act == Request::Act::set_mtu) mnl_attr_put_u32(message, IFLA_MTU, request.mtu);
  if (request.act == Request::Act::set_mac)
    mnl_attr_put(message, IFLA_ADDRESS, request.mac.octets.size(), request.mac.octets.data());
}

void put_address(nlmsghdr* message, const Request& request) {
  const bool v4 = request.address.ip.version == IpVersion::v4;
  message->nlmsg_type = RTM_NEWADDR;
  message->nlmsg_flags |= NLM_F_CREATE | NLM_F_EXCL;
  auto* head = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifaddrmsg)));
  head->ifa_family = v4 ? AF_INET : AF_INET6;
  head->ifa_prefixlen = request.address.bits;
  head->ifa_index = request.ifindex;
  const std::size_t octets = v4 ? 4 : 16;
  mnl_attr_put(message, IFA_LOCAL, octets, request.address.ip.octets.data());
  mnl_attr_put(message, IFA_ADDRESS, octets, request.address.ip.octets.data());
  // The other end of the wire is we: nobody could have the address.
  if (!v4) mnl_attr_put_u32(message, IFA_FLAGS, IFA_F_NODAD);
}

std::string_view word(Request::Act act) noexcept {
  switch (act) {
    case Request::Act::set_mac:
      return "set the MAC";
    case Request::Act::set_mtu:
      return "set the MTU";
    case Request::Act::set_up:
      return "set it up";
    case Request::Act::add_address:
      return "add an address";
  }
  return "";
}

}  // namespace

Status act(int fd, Bytes octets) {
  Request request;
  if (octets.size() != sizeof request) return Error{EINVAL, "tap: not a request", {}};
  std::memcpy(&request, octets.data(), sizeof request);
  alignas(nlmsghdr) std::array<char, 256> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  if (request.act == Request::Act::add_address) {
    put_address(message, request);
  } else {
    put_link(message, request);
  }
  int code = ::send(fd, message, message->nlmsg_len, 0) < 0 ? errno : netlink::acknowledged(fd);
  if (code == EEXIST && request.act == Request::Act::add_address) code = 0;
  if (code == 0) return Ok{};
  return Error{code, std::string(word(request.act)) + ": " + std::generic_category().message(code),
               code == EPERM ? "run as root, or give it CAP_NET_ADMIN" : ""};
}

}  // namespace netweir::tap
