// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/lister.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

namespace netweir::conntrack {
namespace {

// The kernel fills 32 KiB at most of a dump's datagram.
constexpr std::size_t slot = 65536, slots = 8;
constexpr std::chrono::milliseconds look_again{10};
constexpr std::chrono::seconds silent_for{5};

Error failed(int code) {
  return {code, "conntrack: list the flows: " + std::generic_category().message(code),
          code == EPERM ? "run as root, or give it CAP_NET_ADMIN" : ""};
}

}  // namespace

Lister::Lister(const SourceKind& kind, Privileged& privileged, const NetnsName& netns,
               const Filter& filter, Tap* tap, std::uint32_t sender)
    : kind_(kind),
      privileged_(privileged),
      netns_(netns),
      receiver_(slot, slots, sender),
      tap_(tap) {
  const bool v4 = filter.wants(IpVersion::v4);
  const bool v6 = filter.wants(IpVersion::v6);
  const bool by_protocol = filter.protocols().size() == 1;
  if (v4 && v6 && !by_protocol) {
    count_ = 1;  // AF_UNSPEC: both
    return;
  }
  // The kernel filters a listing of one family only.
  for (const auto& [wanted, family] : {std::pair{v4, AF_INET}, std::pair{v6, AF_INET6}}) {
    if (!wanted) continue;
    auto& request = requests_[count_++];
    request.family = static_cast<std::uint8_t>(family);
    request.has_protocol = by_protocol;
    if (by_protocol) request.protocol = filter.protocols().front();
  }
}

Status Lister::ask(const Now& now) {
  NetlinkSocket socket;
  socket.protocol = NETLINK_NETFILTER;
  socket.netns = netns_;
  auto opened = privileged_.netlink_socket(socket);
  if (!opened) return std::move(opened).error();
  fd_ = std::move(*opened);
  socket_tap_.reset();
  socket_tap_.emplace(
      tap_, NETLINK_NETFILTER, [raw = fd_.get()] { return netlink::drops(raw); }, receiver_);
  const auto& request = requests_[at_];
  const auto* begin = reinterpret_cast<const std::uint8_t*>(&request);
  if (auto asked = privileged_.act(kind_, fd_.get(), {begin, sizeof request}); !asked) {
    abandon();
    return asked;
  }
  next_ = progress_ = now.age;
  return Ok{};
}

Status Lister::begin(const Now& now) {
  at_ = 0;
  return ask(now);
}

Result<Lister::State> Lister::read(const Now& now, const netlink::Receiver::Each& each) {
  socket_tap_->begin(now.wall);
  auto received = receiver_.read(fd_.get(), slots, each);
  int code = 0;
  if (!received)
    code = std::max(received.error().code, 1);
  else if (received->error != 0)
    code = received->error;
  else if (received->overruns > 0)
    code = ENOBUFS;
  else if (received->interrupted)
    code = EINTR;
  else if ((received->truncated | received->malformed) != 0)
    code = EBADMSG;
  if (code == EOPNOTSUPP && requests_[at_].has_protocol) {  // before Linux 5.8
    for (auto& request : requests_) request.has_protocol = false;
    abandon();
    if (auto asked = ask(now); !asked) return std::move(asked).error();
    return State::more;
  }
  if (code != 0) {
    abandon();
    return failed(code);
  }
  if (received->done) {
    abandon();
    if (++at_ == count_) return State::done;
    if (auto asked = ask(now); !asked) return std::move(asked).error();
    return State::more;
  }
  if (received->datagrams > 0) progress_ = now.age;
  next_ = received->empty ? now.age + look_again : now.age;
  if (now.age - progress_ < silent_for) return State::more;
  abandon();
  return failed(ETIMEDOUT);
}

void Lister::abandon() noexcept {
  socket_tap_.reset();
  fd_ = Fd();
}

}  // namespace netweir::conntrack
