// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/reliable.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace netweir::conntrack {
namespace {

constexpr std::chrono::milliseconds lag_at_most{1000};
constexpr std::chrono::milliseconds beat_every{200};

int set_option(int fd, bool on) noexcept {
  const int value = on ? 1 : 0;
  return ::setsockopt(fd, SOL_NETLINK, NETLINK_BROADCAST_ERROR, &value, sizeof value);
}

}  // namespace

Result<std::unique_ptr<Reliable>> Reliable::start(int fd, AgeTime now) {
  auto watchdog = Watchdog::start(fd, SOL_NETLINK, NETLINK_BROADCAST_ERROR, lag_at_most);
  if (!watchdog) return std::move(watchdog).error();
  // The kernel repeats only for sockets that do not want to hear of ENOBUFS.
  const int yes = 1;
  if (::setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &yes, sizeof yes) != 0 ||
      set_option(fd, true) != 0) {
    const int code = errno;
    return Error{code,
                 "conntrack: set NETLINK_BROADCAST_ERROR: " + std::generic_category().message(code),
                 {}};
  }
  return std::unique_ptr<Reliable>(new Reliable(fd, *std::move(watchdog), now));
}

void Reliable::set(bool on) noexcept {
  on_ = on;
  (void)set_option(fd_, on);
}

std::optional<std::string> Reliable::beat(AgeTime now, bool emptied) {
  const auto silent = now - beaten_;
  if (silent >= beat_every) {
    watchdog_->beat();
    beaten_ = now;
  }
  if (emptied) {
    emptied_ = now;
    // The watchdog may have switched it off.
    if (on_ && silent < lag_at_most) return std::nullopt;
    set(true);
    return "reliable: events are kept up with again";
  }
  if (!on_ || now - emptied_ < lag_at_most) return std::nullopt;
  set(false);
  return "reliable: events come faster than they can be read; until they are kept up with, the "
         "kernel may drop some (so that it refuses no connections)";
}

}  // namespace netweir::conntrack
