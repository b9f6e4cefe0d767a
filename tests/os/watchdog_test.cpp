// SPDX-License-Identifier: GPL-2.0-or-later
#include "os/watchdog.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace netweir {
namespace {

using std::chrono::milliseconds;

class WatchdogTest : public testing::Test {
 protected:
  WatchdogTest() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    socket_ = Fd(ends[0]);
    other_ = Fd(ends[1]);
    set(1);
  }
  void set(int value) {
    ASSERT_EQ(::setsockopt(socket_.get(), SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value), 0);
  }
  bool is_on() {
    int value = -1;
    socklen_t length = sizeof value;
    EXPECT_EQ(::getsockopt(socket_.get(), SOL_SOCKET, SO_KEEPALIVE, &value, &length), 0);
    return value != 0;
  }
  /// Whether the option goes off within some seconds.
  bool goes_off() {
    for (int i = 0; i < 500 && is_on(); ++i) std::this_thread::sleep_for(milliseconds{10});
    return !is_on();
  }
  Fd socket_, other_;
};

TEST_F(WatchdogTest, SwitchesTheOptionOffAfterASilenceAndAgain) {
  auto watchdog = Watchdog::start(socket_.get(), SOL_SOCKET, SO_KEEPALIVE, milliseconds{50});
  ASSERT_TRUE(watchdog);
  EXPECT_TRUE(goes_off());
  set(1);
  EXPECT_TRUE(goes_off());
}

TEST_F(WatchdogTest, LeavesItAloneWhileItIsTold) {
  auto watchdog = Watchdog::start(socket_.get(), SOL_SOCKET, SO_KEEPALIVE, milliseconds{3000});
  ASSERT_TRUE(watchdog);
  for (int i = 0; i < 40; ++i) {
    (*watchdog)->beat();
    std::this_thread::sleep_for(milliseconds{100});  // longer in all than the limit
    ASSERT_TRUE(is_on());
  }
}

TEST_F(WatchdogTest, EndsWithItsOwner) {
  { ASSERT_TRUE(Watchdog::start(socket_.get(), SOL_SOCKET, SO_KEEPALIVE, milliseconds{20})); }
  set(1);
  std::this_thread::sleep_for(milliseconds{100});
  EXPECT_TRUE(is_on());
  // The child has not kept the other end open either.
  other_ = Fd();
  char octet = 0;
  EXPECT_EQ(::send(socket_.get(), &octet, 1, MSG_NOSIGNAL), -1);
}

}  // namespace
}  // namespace netweir
