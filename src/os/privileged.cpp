// SPDX-License-Identifier: GPL-2.0-or-later
#include "os/privileged.h"

#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <system_error>

#include "os/sampler.h"

namespace netweir {
namespace {

Error failed(std::string act, int code, std::string mend = {}) {
  return {code, std::move(act) + ": " + std::generic_category().message(code), std::move(mend)};
}

std::string netns_path(std::string_view name) {
  if (name.find('/') != std::string_view::npos) return std::string(name);
  return "/run/netns/" + std::string(name);
}

Error netns_error(std::string_view name, std::string act, int code) {
  std::string mend;
  if (code == ENOENT && name.find('/') == std::string_view::npos)
    mend = "ip netns add " + std::string(name);
  if (code == EPERM || code == EACCES) mend = "run as root, or give it CAP_SYS_ADMIN";
  return failed(std::move(act), code, std::move(mend));
}

bool go_to(const Fd& netns) noexcept { return ::setns(netns.get(), CLONE_NEWNET) == 0; }

Result<Fd> open_netlink(const NetlinkSocket& request) {
  Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, request.protocol));
  const auto act = "open a netlink socket of protocol " + std::to_string(request.protocol);
  if (!fd) return failed(act, errno);
  sockaddr_nl self{};
  self.nl_family = AF_NETLINK;  // port id 0: the kernel chooses one that nobody has
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&self), sizeof self) != 0)
    return failed(act, errno);
  for (const auto group : request.groups) {
    if (group == 0) continue;
    if (::setsockopt(fd.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0) {
      const int code = errno;
      return failed("join group " + std::to_string(group) + " of netlink protocol " +
                        std::to_string(request.protocol),
                    code, code == EPERM ? "run as root, or give it CAP_NET_ADMIN" : "");
    }
  }
  return fd;
}

}  // namespace

NetnsName NetnsName::from(std::string_view name) noexcept {
  NetnsName out;
  if (name.size() < out.text.size()) std::copy(name.begin(), name.end(), out.text.begin());
  return out;
}

Result<NetnsName> NetnsName::checked(std::string_view name) {
  const auto out = from(name);
  if (out.view() == name) return out;
  return Error{
      ENAMETOOLONG, "network namespace " + std::string(name) + ": the name is too long", {}};
}

std::string_view NetnsName::view() const noexcept {
  return {text.data(), ::strnlen(text.data(), text.size())};
}

Status InProcess::in_namespace(const NetnsName& netns, const std::function<void()>& act) {
  if (stranded_) {  // an earlier return failed: nothing may run until this thread is home again
    if (!go_to(stranded_)) return failed("return to our own network namespace", errno);
    stranded_ = Fd();
  }
  const auto name = netns.view();
  if (name.empty()) {
    act();
    return Ok{};
  }
  Fd home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!home) return failed("open our own network namespace", errno);
  const auto path = netns_path(name);
  const Fd there(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!there) return netns_error(name, "open network namespace " + path, errno);
  if (!go_to(there)) return netns_error(name, "enter network namespace " + path, errno);
  act();
  if (go_to(home)) return Ok{};
  const int code = errno;
  stranded_ = std::move(home);
  return failed("return from network namespace " + path, code);
}

Result<Fd> InProcess::netlink_socket(const NetlinkSocket& request) {
  std::optional<Result<Fd>> opened;
  auto entered = in_namespace(request.netns, [&] { opened.emplace(open_netlink(request)); });
  if (entered) return std::move(*opened);
  if (opened && !*opened) {
    Error both = std::move(entered).error();
    both.what += "; before that, " + opened->error().what;
    return both;
  }
  return std::move(entered).error();
}

Status InProcess::act(const SourceKind& kind, int fd, Bytes request) {
  if (kind.act == nullptr)
    return Error{ENOSYS, std::string(kind.name) + " has no privileged requests", {}};
  return kind.act(fd, request);
}

Result<std::uint32_t> InProcess::receive_buffer(int fd, std::uint32_t octets) {
  const auto wanted = static_cast<int>(
      std::min<std::uint32_t>(octets, std::numeric_limits<int>::max() / 2));  // the kernel's bound
  if (::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof wanted) != 0 &&
      ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted) != 0)
    return failed("set the receive buffer", errno);
  int doubled = 0;
  socklen_t length = sizeof doubled;
  if (::getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &doubled, &length) != 0)
    return failed("read the receive buffer", errno);
  return static_cast<std::uint32_t>(doubled) / 2;
}

Result<Fd> InProcess::sampler(int fd) { return attach_sampler(fd); }

}  // namespace netweir
