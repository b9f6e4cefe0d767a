// SPDX-License-Identifier: GPL-2.0-or-later
#include "os/sampler.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <string>

#include "kit/needs.h"

namespace netweir {
namespace {

struct Pair {
  Fd in, out;
  Pair() {
    std::array<int, 2> fds{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds.data()), 0);
    in = Fd(fds[0]);
    out = Fd(fds[1]);
  }
  /// Of `n` datagrams, how many arrive.
  std::uint32_t through(std::uint32_t n) const {
    std::uint32_t arrived = 0;
    std::uint32_t read = 0;
    for (std::uint32_t i = 0; i < n; ++i) {
      (void)::send(in.get(), &i, sizeof i, 0);
      while (::recv(out.get(), &read, sizeof read, 0) == sizeof read) {
        EXPECT_EQ(read, i) << "whole";
        ++arrived;
      }
    }
    return arrived;
  }
};

TEST(Sampler, KeepsARandomOneOfNAndCountsTheOthers) {
  const Pair pair;
  auto map = attach_sampler(pair.out.get());
  NETWEIR_NEEDS("kernel", !map && map.error().code == EPERM ? map.error().what : "");
  ASSERT_TRUE(map) << map.error().what;
  auto sampler = Sampler::on(*map);
  ASSERT_TRUE(sampler) << sampler.error().what;
  EXPECT_EQ(pair.through(1000), 1000U) << "at first all";
  EXPECT_EQ(sampler->refused(), 0U);
  std::uint64_t refused = 0;
  for (const std::uint32_t n : {2U, 10U, 1024U}) {
    constexpr std::uint32_t offered = 100'000;
    sampler->keep_one_in(n);
    const auto kept = pair.through(offered);
    refused += offered - kept;
    EXPECT_EQ(sampler->refused(), refused);
    const double expected = static_cast<double>(offered) / n;
    EXPECT_NEAR(kept, expected, 6 * std::sqrt(expected)) << "one in " << n;
  }
  sampler->keep_one_in(1);
  EXPECT_EQ(pair.through(1000), 1000U);
  EXPECT_EQ(sampler->refused(), refused);
}

TEST(Sampler, SaysWhatItCannot) {
  EXPECT_FALSE(attach_sampler(-1));
  EXPECT_FALSE(Sampler::on(Fd()));
}

}  // namespace
}  // namespace netweir
