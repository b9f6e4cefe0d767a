// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc_bpf/decode.h"

#include <gtest/gtest.h>

#include <chrono>

#include "kit/hex.h"
#include "tc_bpf/record.h"

namespace netweir::tc_bpf {
namespace {

using test::hex;

// What Linux 6.18 wrote for one packet sent out of v1 (ifindex 2) with a tag in it, and received by
// v0 (3), whose tag the kernel had taken out; both with room for 64 octets. Little-endian.
const auto sent =
    hex("9316d52a5d020000 02000000 26000000 26000000 01000000 4d000000 00000000 0000 0100 8100 "
        "0000 0000"
        "000000000000 ffffffffffff 020000000001 8100 e12c 88b5"
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
        "0000000000000000000000000000000000000000000000000000");
const auto received =
    hex("bd7bd52a5d020000 03000000 22000000 22000000 01000000 4d000000 00000000 0000 0200 88b5 "
        "8100 2ce1"
        "000000000000 ffffffffffff 020000000001 88b5 aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "000000000000000000000000000000000000000000000000000000000000");

constexpr std::chrono::nanoseconds wall{1'700'000'000'000'000'000};

TEST(TcBpfDecode, ATagInThePacket) {
  Frame f;
  TcBpfExtra x;
  ASSERT_EQ(decode(sent, wall, f, x), 2U);
  EXPECT_EQ(f.data.size(), 38U);
  EXPECT_EQ(f.data.data(), sent.data() + sizeof(NetweirTcRecord));
  EXPECT_EQ(f.wire_len, 38U);
  EXPECT_FALSE(f.tagged);
  EXPECT_EQ(f.protocol, 0x8100);
  EXPECT_EQ(f.direction, Direction::egress);
  EXPECT_EQ(f.one_in, 1);
  EXPECT_FALSE(f.at_is_receipt);
  EXPECT_EQ(f.at.time_since_epoch() - wall, std::chrono::nanoseconds{0x25d2ad51693});
  ASSERT_EQ(f.tc_bpf, &x);
  EXPECT_EQ(x.mark, 77U);
  EXPECT_EQ(x.hash, 0U);
  EXPECT_FALSE(x.has_queue);
}

TEST(TcBpfDecode, ATagBesideThePacket) {
  Frame f;
  TcBpfExtra x;
  ASSERT_EQ(decode(received, wall, f, x), 3U);
  EXPECT_EQ(f.data.size(), 34U);
  EXPECT_EQ(f.wire_len, 34U);
  ASSERT_TRUE(f.tagged);
  EXPECT_EQ(f.tag, (VlanTag{0x8100, 0xe12c}));
  EXPECT_EQ(f.protocol, 0x88b5);
  EXPECT_EQ(f.direction, Direction::ingress);
}

TEST(TcBpfDecode, ATagOfVidAndPriorityZeroIsOne) {
  auto record = received;
  record[40] = record[41] = 0;
  Frame f;
  TcBpfExtra x;
  ASSERT_EQ(decode(record, wall, f, x), 3U);
  ASSERT_TRUE(f.tagged);
  EXPECT_EQ(f.tag.vid(), 0);
}

TEST(TcBpfDecode, AReceiveQueueIsCountedFromOneByTheKernel) {
  struct {
    bool egress;
    std::uint8_t mapping;
    bool has;
    std::uint16_t queue;
  } const cases[] = {
      {false, 0, false, 0}, {false, 1, true, 0}, {false, 9, true, 8}, {true, 9, false, 0}};
  for (const auto& c : cases) {
    auto record = c.egress ? sent : received;
    record[32] = c.mapping;
    record[24] = 0;  // no mark
    Frame f;
    TcBpfExtra x;
    ASSERT_NE(decode(record, wall, f, x), 0U);
    EXPECT_EQ(x.has_queue, c.has);
    EXPECT_EQ(x.queue, c.queue);
    EXPECT_EQ(f.tc_bpf, c.has ? &x : nullptr);
  }
}

TEST(TcBpfDecode, EveryTruncationIsNoRecord) {
  for (const auto& record : {sent, received}) {
    const std::size_t needed = sizeof(NetweirTcRecord) + record[16];
    for (std::size_t n = 0; n <= record.size(); ++n) {
      const std::vector<std::uint8_t> cut(record.begin(),
                                          record.begin() + static_cast<std::ptrdiff_t>(n));
      Frame f;
      TcBpfExtra x;
      EXPECT_EQ(decode(cut, wall, f, x) != 0, n >= needed) << n;
    }
  }
}

TEST(TcBpfDecode, MoreThanThePacketHasIsNotCaptured) {
  auto record = sent;
  record[12] = 37;  // the packet's length
  Frame f;
  TcBpfExtra x;
  EXPECT_EQ(decode(record, wall, f, x), 0U);
}

}  // namespace
}  // namespace netweir::tc_bpf
