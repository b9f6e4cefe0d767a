// SPDX-License-Identifier: GPL-2.0-or-later
#include "af_packet/error_queue.h"

#include <gtest/gtest.h>
#include <linux/errqueue.h>
#include <linux/if_packet.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "af_packet/stamps.h"

namespace netweir::af_packet {
namespace {

/// A message of the error queue, as the kernel builds it.
struct Message {
  alignas(cmsghdr) std::array<std::uint8_t, 256> octets{};
  msghdr header{};

  template <class T>
  void add(int level, int type, const T& value) {
    auto* const c = static_cast<cmsghdr*>(static_cast<void*>(octets.data() + used_));
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(sizeof value);
    std::memcpy(CMSG_DATA(c), &value, sizeof value);
    used_ += CMSG_SPACE(sizeof value);
    header.msg_control = octets.data();
    header.msg_controllen = used_;
  }
  void add_times(timespec software, timespec hardware) {
    Times times;
    times.at[0] = software;
    times.at[2] = hardware;
    add(SOL_SOCKET, SCM_TIMESTAMPING, times);
  }
  void add_number(std::uint32_t number, std::uint8_t origin = SO_EE_ORIGIN_TIMESTAMPING) {
    sock_extended_err told{};
    told.ee_errno = ENOMSG;
    told.ee_origin = origin;
    told.ee_data = number;
    add(SOL_PACKET, PACKET_TX_TIMESTAMP, told);
  }

 private:
  std::size_t used_ = 0;
};

TEST(ErrorQueue, TheKernelsTime) {
  Message m;
  m.add_times({7, 5}, {});
  m.add_number(41);
  SentFrame sent;
  ASSERT_TRUE(read_sent(m.header, sent));
  EXPECT_EQ(sent.number, 41U);
  EXPECT_EQ(sent.at, time_of(7, 5));
  EXPECT_EQ(sent.hardware_at, WallTime{});
}

// What igb 82576 of QEMU 10.0 told under Linux 6.12: the second time is that of the reading.
TEST(ErrorQueue, BesideTheDevicesTimeIsNoOther) {
  Message m;
  m.add_times({1795321593, 971391752}, {1795321593, 961175308});
  m.add_number(0);
  SentFrame sent;
  ASSERT_TRUE(read_sent(m.header, sent));
  EXPECT_EQ(sent.at, WallTime{});
  EXPECT_EQ(sent.hardware_at, time_of(1795321593, 961175308));
}

TEST(ErrorQueue, OtherMessagesTellOfNoFrame) {
  SentFrame sent;
  Message empty;
  EXPECT_FALSE(read_sent(empty.header, sent));
  Message other;
  other.add_times({7, 5}, {});
  other.add_number(3, SO_EE_ORIGIN_LOCAL);
  EXPECT_FALSE(read_sent(other.header, sent));
}

}  // namespace
}  // namespace netweir::af_packet
