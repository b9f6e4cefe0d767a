// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace netweir::test {

/// Whether NETWEIR_REQUIRE ("kernel,guest,browser") says that this machine must have it.
inline bool required(std::string_view what) {
  const char* list = std::getenv("NETWEIR_REQUIRE");
  std::string_view rest = list == nullptr ? "" : list;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    if (rest.substr(0, comma) == what) return true;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return false;
}

/// Puts the calling process into a network (and mount) namespace of its own. Call before any thread
/// exists. Empty on success, else why not.
inline std::string enter_private_netns() {
  const int flags = ::geteuid() == 0 ? CLONE_NEWNET : CLONE_NEWUSER | CLONE_NEWNET;
  if (::unshare(flags) == 0) return {};
  return std::string("unshare: ") + std::strerror(errno);
}

}  // namespace netweir::test

/// Skips with the reason on a machine that lacks it; fails where NETWEIR_REQUIRE names it, as CI
/// does.
#define NETWEIR_NEEDS(what, reason_or_empty)                       \
  if (const std::string why_ = (reason_or_empty); !why_.empty()) { \
    if (::netweir::test::required(what)) GTEST_FAIL() << why_;     \
    GTEST_SKIP() << why_;                                          \
  }
