// SPDX-License-Identifier: GPL-2.0-or-later
#include "os/signals.h"

#include <pthread.h>
#include <sys/signalfd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace netweir {

Result<Signals> Signals::open(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int s : signals) {
    sigaddset(&set, s);
    (void)std::signal(s, SIG_DFL);  // an ignored signal would never reach the descriptor
  }
  if (const int e = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); e != 0) {
    return Error{e, std::string("block signals: ") + std::strerror(e), {}};
  }
  Fd fd{::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)};
  if (!fd) return Error{errno, std::string("signalfd: ") + std::strerror(errno), {}};
  return Signals{std::move(fd)};
}

std::optional<int> Signals::next() noexcept {
  signalfd_siginfo info{};
  if (::read(fd_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return {};
  return static_cast<int>(info.ssi_signo);
}

}  // namespace netweir
