// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace netweir::run {

Result<std::unique_ptr<Loop>> Loop::open(Clock& clock) {
  Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll) return Error{errno, std::string("epoll_create1: ") + std::strerror(errno), {}};
  return std::unique_ptr<Loop>(new Loop(clock, std::move(epoll)));
}

Status Loop::watch(int fd, Ready ready) {
  auto w = std::make_unique<Watch>();
  w->fd = fd;
  w->ready = std::move(ready);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = w.get();
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return Error{errno, std::string("epoll_ctl: ") + std::strerror(errno), {}};
  }
  watches_.push_back(std::move(w));
  return Ok{};
}

void Loop::forget(int fd) {
  for (auto& w : watches_) {
    if (w->fd != fd || w->gone) continue;
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    w->gone = true;
  }
}

void Loop::turn(std::chrono::nanoseconds longest) {
  std::chrono::nanoseconds wait{0};
  if (next_ != AgeTime::min()) {
    const auto now = clock_.now().age;
    if (next_ > now) wait = next_ == AgeTime::max() ? longest : std::min(longest, next_ - now);
  }
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(wait);
  const timespec limit{.tv_sec = seconds.count(), .tv_nsec = (wait - seconds).count()};
  std::array<epoll_event, 32> events{};
  const int n =
      ::epoll_pwait2(epoll_.get(), events.data(), static_cast<int>(events.size()), &limit, nullptr);
  const Now now = clock_.now();
  next_ = AgeTime::max();
  for (int i = 0; i < n; ++i) {
    auto* w = static_cast<Watch*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (!w->gone) w->ready(now);
  }
  for (const auto& hook : hooks_) next_ = std::min(next_, hook(now));
  std::erase_if(watches_, [](const auto& w) { return w->gone; });
}

}  // namespace netweir::run
