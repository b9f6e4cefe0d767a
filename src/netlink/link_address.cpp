// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/link_address.h"

#include <linux/if_addr.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "netlink/attributes.h"

namespace netweir::netlink {

std::optional<LinkAddress> read_link_address(Bytes payload) noexcept {
  ifaddrmsg head{};
  if (payload.size() < sizeof head) return std::nullopt;
  std::memcpy(&head, payload.data(), sizeof head);
  if (head.ifa_index == 0) return std::nullopt;
  LinkAddress result;
  result.ifindex = head.ifa_index;
  auto& ip = result.network.ip;
  std::size_t octets = 0;
  if (head.ifa_family == AF_INET) {
    ip.version = IpVersion::v4;
    octets = 4;
  } else if (head.ifa_family == AF_INET6) {
    ip.version = IpVersion::v6;
    octets = 16;
  } else {
    return std::nullopt;
  }
  if (head.ifa_prefixlen > octets * 8) return std::nullopt;
  result.network.bits = head.ifa_prefixlen;

  Bytes address;
  Attributes a(payload.subspan(sizeof head));
  while (a.next()) {
    // IFA_ADDRESS is the prefix address, also of a point-to-point interface (linux/if_addr.h).
    if (a.type() != IFA_ADDRESS) continue;
    if (a.data().size() != octets) return std::nullopt;
    address = a.data();
  }
  if (!a.ok() || address.empty()) return std::nullopt;
  std::copy(address.begin(), address.end(), ip.octets.begin());
  return result;
}

}  // namespace netweir::netlink
