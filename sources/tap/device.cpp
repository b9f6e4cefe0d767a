// SPDX-License-Identifier: GPL-2.0-or-later
#include "tap/device.h"

#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>
#include <utility>

#include "netlink/attributes.h"
#include "netweir/source_kind.h"
#include "tap/request.h"

namespace netweir::tap {

extern const SourceKind kind;

namespace {

std::string mend(int code, const DeviceOptions& options) {
  switch (code) {
    case EPERM:
    case EACCES:
      return "run as root, or give it CAP_NET_ADMIN";
    case EBUSY:
      return "end the program that has it: ip -d link show " + options.interface;
    case ENOENT:
    case ENODEV:
      return "modprobe tun";
    case EINVAL:
      return "another name: there is an interface of this name that is no TAP device";
    default:
      return {};
  }
}

Error failed(const DeviceOptions& options, int code) {
  return {code, "tap device " + options.interface + ": " + std::generic_category().message(code),
          mend(code, options)};
}

/// In the namespace of the calling thread; the errno, or 0.
int attach(const std::string& interface, Fd& fd) noexcept {
  fd = Fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return errno;
  ifreq request{};
  std::copy_n(interface.data(), std::min<std::size_t>(interface.size(), IFNAMSIZ - 1),
              std::begin(request.ifr_name));
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  return ::ioctl(fd.get(), TUNSETIFF, &request) == 0 ? 0 : errno;
}

}  // namespace

Result<Device> Device::open(Privileged& privileged, const DeviceOptions& options) {
  NetlinkSocket socket;
  socket.protocol = NETLINK_ROUTE;
  auto netns = NetnsName::checked(options.netns);
  if (!netns) return std::move(netns).error();
  socket.netns = *netns;
  Device device;
  int code = 0;
  auto entered = privileged.in_namespace(*netns, [&] {
    code = attach(options.interface, device.fd);
    device.ifindex = ::if_nametoindex(options.interface.c_str());
  });
  if (!entered) return std::move(entered).error();
  if (code != 0) return failed(options, code);
  auto route = privileged.netlink_socket(socket);
  if (!route) return std::move(route).error();
  device.route = *std::move(route);

  const auto ask = [&](Request request) -> Status {
    request.ifindex = device.ifindex;
    auto done = privileged.act(kind, device.route.get(),
                               {reinterpret_cast<const std::uint8_t*>(&request), sizeof request});
    if (done) return done;
    auto error = std::move(done).error();
    error.what = "tap device " + options.interface + ": " + error.what;
    return error;
  };
  Status done = Ok{};
  if (options.mac) done = ask({.act = Request::Act::set_mac, .mac = *options.mac});
  if (done && options.mtu) done = ask({.act = Request::Act::set_mtu, .mtu = *options.mtu});
  for (const auto& address : options.addresses) {
    if (done) done = ask({.act = Request::Act::add_address, .address = address});
  }
  if (done && options.up) done = ask({.act = Request::Act::set_up});
  if (!done) return std::move(done).error();
  if (!device.look()) return failed(options, ENODEV);
  return device;
}

bool Device::look() noexcept {
  alignas(nlmsghdr) std::array<char, 32768> storage{};
  auto* message = mnl_nlmsg_put_header(storage.data());
  message->nlmsg_type = RTM_GETLINK;
  message->nlmsg_flags = NLM_F_REQUEST;
  auto* head = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg)));
  head->ifi_family = AF_UNSPEC;
  head->ifi_index = static_cast<int>(ifindex);
  if (::send(route.get(), message, message->nlmsg_len, 0) < 0) return false;
  const auto n = ::recv(route.get(), storage.data(), storage.size(), MSG_DONTWAIT);
  message = reinterpret_cast<nlmsghdr*>(storage.data());
  if (n < 0 || !mnl_nlmsg_ok(message, static_cast<int>(n)) || message->nlmsg_type != RTM_NEWLINK ||
      mnl_nlmsg_get_payload_len(message) < sizeof(ifinfomsg))
    return false;
  const auto* payload = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message));
  netlink::Attributes a(
      Bytes(payload, mnl_nlmsg_get_payload_len(message)).subspan(sizeof(ifinfomsg)));
  while (a.next()) {
    if (a.type() == IFLA_MTU) mtu = a.scalar<std::uint32_t>().value_or(mtu);
    if (a.type() == IFLA_ADDRESS && a.data().size() == mac.octets.size())
      std::copy(a.data().begin(), a.data().end(), mac.octets.begin());
    constexpr auto at = offsetof(rtnl_link_stats64, tx_dropped);
    if (a.type() == IFLA_STATS64 && a.data().size() >= at + sizeof dropped)
      std::memcpy(&dropped, a.data().data() + at, sizeof dropped);
  }
  return a.ok();
}

}  // namespace netweir::tap
