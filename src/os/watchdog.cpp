// SPDX-License-Identifier: GPL-2.0-or-later
#include "os/watchdog.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace netweir {
namespace {

/// Leaves the child nothing but two descriptors. close_range: Linux 5.9; before that it keeps some.
void close_others(int first, int second) noexcept {
  const auto close_between = [](unsigned from, unsigned to) {
    if (from <= to) (void)::syscall(SYS_close_range, from, to, 0U);
  };
  const auto low = static_cast<unsigned>(std::min(first, second));
  const auto high = static_cast<unsigned>(std::max(first, second));
  if (low > 0) close_between(0, low - 1);
  close_between(low + 1, high - 1);
  close_between(high + 1, ~0U);
}

/// The child. Of a program with threads: only what is safe in a signal handler.
[[noreturn]] void guard(int beats, int fd, int level, int option, int limit) noexcept {
  sigset_t all;
  sigfillset(&all);
  (void)::sigprocmask(SIG_SETMASK, &all, nullptr);  // it ends with its parent, not by a terminal
  close_others(beats, fd);
  std::array<char, 64> octets{};
  while (true) {
    pollfd p{.fd = beats, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&p, 1, limit);
    if (ready == 0) {
      const int off = 0;
      (void)::setsockopt(fd, level, option, &off, sizeof off);
    } else if (ready > 0) {
      const auto n = ::read(beats, octets.data(), octets.size());
      if (n == 0 || (n < 0 && errno != EINTR)) ::_exit(0);
    } else if (errno != EINTR) {
      ::_exit(1);
    }
  }
}

}  // namespace

Result<std::unique_ptr<Watchdog>> Watchdog::start(int fd, int level, int option,
                                                  std::chrono::milliseconds limit) {
  const auto failed = [](int code) {
    return Error{code, "start a watchdog: " + std::generic_category().message(code), {}};
  };
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failed(errno);
  const Fd reads(ends[0]);
  Fd writes(ends[1]);
  (void)::fcntl(writes.get(), F_SETFL, O_NONBLOCK);
  const pid_t child = ::fork();
  if (child < 0) return failed(errno);
  if (child == 0) guard(reads.get(), fd, level, option, static_cast<int>(limit.count()));
  return std::unique_ptr<Watchdog>(new Watchdog(std::move(writes), child));
}

void Watchdog::beat() noexcept {
  const char octet = 0;
  (void)!::write(pipe_.get(), &octet, 1);
}

Watchdog::~Watchdog() {
  pipe_ = Fd();  // the child reads the end of it
  while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace netweir
