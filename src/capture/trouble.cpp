// SPDX-License-Identifier: GPL-2.0-or-later
#include "capture/trouble.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "os/fd.h"

namespace netweir::capture {

std::optional<Error> trouble(Privileged& privileged, const std::string& netns) {
  int code = 0;
  auto entered = privileged.in_namespace(NetnsName::from(netns), [&code] {
    // Protocol 0 receives nothing.
    const Fd probe(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
    code = probe ? 0 : errno;
  });
  if (!entered) return std::move(entered).error();
  switch (code) {
    case 0:
      return std::nullopt;
    case EPERM:
    case EACCES:
      return Error{EPERM, "capture on an interface: no permission", std::string(capability)};
    case EAFNOSUPPORT:
      return Error{EAFNOSUPPORT, "capture on an interface: the kernel has no packet sockets",
                   "modprobe af_packet"};
    default:
      return Error{code, std::string("capture on an interface: ") + std::strerror(code), {}};
  }
}

}  // namespace netweir::capture
