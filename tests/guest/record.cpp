// SPDX-License-Identifier: GPL-2.0-or-later
// guest_record FILE SECONDS WORD...: writes what netlink says to FILE, message after message as the
// kernel made them, until SECONDS are over or SIGTERM comes. "ready" on standard output: everything
// is joined.
//   FAMILY.GROUP    joins a multicast group of generic netlink, as psample.packets
//   notify          joins the controller's own group: families that come and go
//   ask:FAMILY      asks the controller for a family (CTRL_CMD_GETFAMILY)
//   dump:FAMILY:N   asks a family for a dump by its command N
//   request:FAMILY:N[:FLAG...]  sends a command with attributes that are flags, and says the errno
//                   of the answer
//   link            joins RTNLGRP_LINK
//   links           asks for a dump of all interfaces
//   qdiscs          asks for a dump of all queueing disciplines
//   filters:DEV:PARENT  asks for a dump of the filters of tc there; PARENT is a number
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "netlink/generic.h"
#include "netlink/messages.h"

namespace {

using Clock = std::chrono::steady_clock;
using Octets = std::vector<std::uint8_t>;

volatile std::sig_atomic_t stopped = 0;
void on_signal(int) { stopped = 1; }

[[noreturn]] void die(const std::string& what) {
  const int code = errno;
  std::fprintf(stderr, "guest_record: %s: %s\n", what.c_str(), std::strerror(code));
  std::exit(1);
}

int open_socket(int protocol) {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  const int size = 8 << 20;
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0 ||
      ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    die("socket");
  return fd;
}

void join(int fd, std::uint32_t group) {
  if (::setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) != 0) die("join");
}

/// The family `name`, and the number of one of its groups.
struct Known {
  std::uint16_t id = 0;
  std::uint32_t group = 0;
};
Known ask(const std::string& name, std::string_view group) {
  const int fd = open_socket(NETLINK_GENERIC);
  auto answer = netweir::netlink::ask_family(fd, name);
  ::close(fd);
  if (!answer) die("no family " + name);
  Known known;
  // The answer is one message: its payload follows the nlmsghdr.
  const auto family = netweir::netlink::read_family(netweir::Bytes(*answer).subspan(NLMSG_HDRLEN));
  if (!family) die("the answer for " + name);
  known.id = family->id;
  known.group = group.empty() ? 0 : family->group(group);
  if (!group.empty() && known.group == 0) die("no group of " + name);
  return known;
}

/// A request that is only headers: `second` follows the nlmsghdr.
template <typename Second>
void request(int fd, std::uint16_t type, const Second& second,
             std::uint16_t flags = NLM_F_REQUEST | NLM_F_DUMP) {
  nlmsghdr header{};
  header.nlmsg_len = NLMSG_LENGTH(sizeof second);
  header.nlmsg_type = type;
  header.nlmsg_flags = flags;
  header.nlmsg_seq = 1;
  Octets octets(NLMSG_SPACE(sizeof second));
  std::memcpy(octets.data(), &header, sizeof header);
  std::memcpy(octets.data() + NLMSG_HDRLEN, &second, sizeof second);
  if (::send(fd, octets.data(), octets.size(), 0) < 0) die("request");
}

/// A command of a family; prints the errno of its acknowledgement.
void command(const std::string& name, const char* numbers) {
  const int fd = open_socket(NETLINK_GENERIC);
  constexpr std::size_t flags_at_most = 4;
  struct {
    genlmsghdr header;
    std::array<nlattr, flags_at_most> flags;
  } body{};
  char* rest = nullptr;
  body.header.cmd = static_cast<std::uint8_t>(std::strtoul(numbers, &rest, 10));
  body.header.version = 1;
  for (auto& flag : body.flags) {
    flag.nla_len = sizeof flag;
    if (*rest == ':') flag.nla_type = static_cast<std::uint16_t>(std::strtoul(rest + 1, &rest, 10));
  }
  request(fd, ask(name, "").id, body, NLM_F_REQUEST | NLM_F_ACK);
  struct {
    nlmsghdr head;
    int error;
  } answer{};
  if (::recv(fd, &answer, sizeof answer, 0) < static_cast<ssize_t>(sizeof answer)) die("answer");
  std::printf("%d\n", -answer.error);
  ::close(fd);
}

void word(const std::string& text, int generic, int& route) {
  const auto colon = text.find(':');
  const auto dot = text.find('.');
  if (text == "notify") {
    join(generic, netweir::netlink::controller_notify);
  } else if (text == "link" || text == "links") {
    if (route < 0) route = open_socket(NETLINK_ROUTE);
    if (text == "link")
      join(route, RTNLGRP_LINK);
    else
      request(route, RTM_GETLINK, ifinfomsg{});
  } else if (text == "qdiscs" || text.starts_with("filters:")) {
    if (route < 0) route = open_socket(NETLINK_ROUTE);
    tcmsg header{};
    if (text != "qdiscs") {
      const auto second = text.find(':', colon + 1);
      const auto index = ::if_nametoindex(text.substr(colon + 1, second - colon - 1).c_str());
      if (index == 0) die(text);
      header.tcm_ifindex = static_cast<int>(index);
      header.tcm_parent =
          static_cast<std::uint32_t>(std::strtoul(text.c_str() + second + 1, nullptr, 0));
    }
    request(route, text == "qdiscs" ? RTM_GETQDISC : RTM_GETTFILTER, header);
  } else if (text.starts_with("ask:")) {
    const auto octets = netweir::netlink::family_request(text.substr(colon + 1), 1);
    if (::send(generic, octets.data(), octets.size(), 0) < 0) die("request");
  } else if (text.starts_with("request:")) {
    const auto second = text.find(':', colon + 1);
    command(text.substr(colon + 1, second - colon - 1), text.c_str() + second + 1);
  } else if (text.starts_with("dump:")) {
    const auto second = text.find(':', colon + 1);
    genlmsghdr header{};
    header.cmd = static_cast<std::uint8_t>(std::atoi(text.c_str() + second + 1));
    header.version = 1;
    request(generic, ask(text.substr(colon + 1, second - colon - 1), "").id, header);
  } else if (dot != std::string::npos) {
    join(generic, ask(text.substr(0, dot), text.substr(dot + 1)).group);
  } else {
    std::fprintf(stderr, "guest_record: %s?\n", text.c_str());
    std::exit(64);
  }
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) return 64;
  std::FILE* out = std::fopen(words[1], "wb");
  if (out == nullptr) die(words[1]);
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGTERM, &action, nullptr);

  const int generic = open_socket(NETLINK_GENERIC);
  int route = -1;
  for (int i = 3; i < count; ++i) word(words[i], generic, route);
  std::puts("ready");
  std::fflush(stdout);

  const auto end =
      Clock::now() + std::chrono::milliseconds(static_cast<long>(std::atof(words[2]) * 1000));
  Octets buffer(std::size_t{256} << 10);
  while (stopped == 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0) break;
    std::array<pollfd, 2> descriptors{{{generic, POLLIN, 0}, {route, POLLIN, 0}}};
    if (::poll(descriptors.data(), descriptors.size(), static_cast<int>(left)) < 0 &&
        errno != EINTR)
      die("poll");
    for (const auto& ready : descriptors) {
      if ((ready.revents & (POLLIN | POLLERR)) == 0) continue;
      const auto size = ::recv(ready.fd, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC);
      if (size < 0 && errno != EAGAIN && errno != EINTR) die("recv");
      if (size > static_cast<ssize_t>(buffer.size())) die("a datagram too large");
      if (size > 0 && std::fwrite(buffer.data(), 1, static_cast<std::size_t>(size), out) !=
                          static_cast<std::size_t>(size))
        die("write");
    }
  }
  return std::fclose(out) == 0 ? 0 : 1;
}
