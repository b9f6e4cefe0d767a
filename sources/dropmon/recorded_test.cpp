// SPDX-License-Identifier: GPL-2.0-or-later
#include "kit/recorded.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "dropmon/decode.h"
#include "dropmon/decoder.h"
#include "kit/collect.h"
#include "netlink/generic.h"
#include "netweir/packet.h"

// What Debian's kernels 6.1 and 6.12 sent in the guest for what scenarios/dropmon.sh made them
// drop.
namespace netweir::dropmon {
namespace {

using netweir::test::recorded_kernels;
using netweir::test::recorded_messages;

TEST(DropmonRecorded, TheFamilyHasItsGroup) {
  for (const auto& kernel : recorded_kernels) {
    const auto messages = recorded_messages(kernel, "dropmon-family.nl");
    const auto family = netlink::read_family(messages.front().payload);
    ASSERT_TRUE(family) << kernel;
    EXPECT_EQ(family->name, "NET_DM");
    EXPECT_NE(family->group("events"), 0U);
  }
}

TEST(DropmonRecorded, DropsSayWhereAndWhy) {
  const struct {
    std::string_view reason, place;
    std::uint32_t in, size;
    std::uint16_t protocol;
    Stop stop;
  } cases[] = {{"NO_SOCKET", "__udp4_lib_rcv+0x", 2, 60, 0x0800, Stop::done},
               {"OTHERHOST", "ip_rcv_core+0x", 3, 88, 0x0800, Stop::done},
               {"UDP_CSUM", "__udp4_lib_rcv+0x", 2, 60, 0x0800, Stop::done},
               {"UNHANDLED_PROTO", "__netif_receive_skb_core.", 2, 60, 0x88b5, Stop::unsupported},
               {"TC_INGRESS", "__netif_receive_skb_core.", 2, 42, 0x0806, Stop::done}};
  for (const auto& kernel : recorded_kernels) {
    const auto messages = recorded_messages(kernel, "drops.nl");
    netweir::test::FixedLinks links;
    netweir::test::Collect c;
    Decoder decoder(0, links, {});
    decoder.single_netns(true);
    for (const auto& m : messages) decoder.message({m.type, m.flags, m.payload, WallTime{}}, c);
    decoder.flush(c);
    EXPECT_EQ(c.kept.size(), messages.size());
    EXPECT_EQ(c.counts.rejected + c.counts.filtered, 0U);
    std::map<std::string, int, std::less<>> count;
    for (const auto& k : c.kept) {
      const auto& drop = *k.frame.drop;
      ++count[std::string(drop.reason)];
      for (const auto& one : cases) {
        if (one.reason != drop.reason) continue;
        SCOPED_TRACE(kernel + " " + std::string(drop.reason));
        EXPECT_EQ(drop.origin, DropExtra::Origin::software);
        EXPECT_EQ(drop.symbol.substr(0, one.place.size()), one.place);
        EXPECT_GT(drop.pc, 0xffffffff00000000U);
        EXPECT_EQ(drop.ifindex, one.in);
        EXPECT_EQ(k.frame.in, one.in + 1000);
        EXPECT_EQ(k.frame.wire_len, one.size);
        EXPECT_EQ(k.frame.data.size(), one.size);
        EXPECT_EQ(k.frame.protocol, one.protocol);
        EXPECT_FALSE(k.frame.at_is_receipt);
        EXPECT_EQ(k.frame.link, linktype::ethernet);
        EXPECT_EQ(netweir::decode(k.frame).stop, one.stop);
      }
    }
    EXPECT_EQ(count.size(), std::size(cases));
    for (const auto& one : cases) EXPECT_EQ(count.find(one.reason)->second, 5) << one.reason;
  }
}

TEST(DropmonRecorded, EveryTruncationIsReadWithoutGoingBeyond) {
  for (const auto& kernel : recorded_kernels) {
    for (const auto& m : recorded_messages(kernel, "drops.nl")) {
      for (std::size_t size = 0; size < m.payload.size(); ++size) {
        const auto copy = std::make_unique<std::uint8_t[]>(size + 1);  // ASan sees a step beyond
        std::memcpy(copy.get(), m.payload.data(), size);
        Alert a;
        if (decode({copy.get(), size}, a)) {
          EXPECT_LE(a.data.size(), size);
        }
      }
    }
  }
}

}  // namespace
}  // namespace netweir::dropmon
