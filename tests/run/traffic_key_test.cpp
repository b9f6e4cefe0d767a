// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kit/hex.h"
#include "run/traffic.h"

namespace netweir {
namespace {

/// The key of a packet of these octets, by all dimensions.
TrafficKey key_of(std::string_view octets, Frame frame = {}) {
  const auto data = test::hex(octets);
  frame.data = data;
  return run::traffic_key((1U << dimensions) - 1, frame, decode(frame), {});
}
bool has(const TrafficKey& key, Dimension d) { return (key.has & bit(d)) != 0; }

// scapy:
// Ether(src="02:00:00:00:00:01",dst="02:00:00:00:00:02")/IP(src="192.0.2.1",dst="198.51.100.7",tos=0xb9)
//        /TCP(sport=40000,dport=443,flags="PA")
constexpr std::string_view tcp =
    "020000000002020000000001 0800 45b900280001000040068ddac0000201c6336407"
    "9c4001bb00000000000000005018200005950000";

TEST(TrafficKeys, OfAWholePacket) {
  const auto key = key_of(tcp);
  EXPECT_EQ(key.dscp, 46);
  EXPECT_EQ(key.ecn, 1);
  EXPECT_EQ(key.protocol, 6);
  EXPECT_EQ(key.src_port, 40000);
  EXPECT_EQ(key.dst_port, 443);
  EXPECT_EQ(key.tcp_flags, 0x18);
  for (const auto d : {Dimension::flow_label, Dimension::group, Dimension::queue, Dimension::prefix,
                       Dimension::mark, Dimension::vlan, Dimension::in_iface, Dimension::out_iface})
    EXPECT_FALSE(has(key, d));
}

// What was not captured is not 0.
TEST(TrafficKeys, OfEveryTruncation) {
  const auto octets = test::hex(tcp);
  for (std::size_t n = 0; n <= octets.size(); ++n) {
    SCOPED_TRACE(n);
    Frame frame;
    frame.data = Bytes(octets).first(n);
    frame.wire_len = static_cast<std::uint32_t>(octets.size());
    const auto key = run::traffic_key((1U << dimensions) - 1, frame, decode(frame), {});
    const bool ip = n >= 34;
    EXPECT_EQ(has(key, Dimension::src_ip), ip);
    EXPECT_EQ(has(key, Dimension::proto), ip);
    EXPECT_EQ(has(key, Dimension::dscp), ip);
    EXPECT_EQ(has(key, Dimension::src_port), n >= 38);
    EXPECT_EQ(has(key, Dimension::tcp_flags), n >= 54);
    EXPECT_EQ(key.length_class, length_class(54));
  }
}

// A data offset of 4: what stands where the flags are is not believed.
TEST(TrafficKeys, AHeaderThatIsTooShortHasNoFlags) {
  auto octets = test::hex(tcp);
  octets[46] = 0x40;
  Frame frame;
  frame.data = octets;
  const auto key = run::traffic_key((1U << dimensions) - 1, frame, decode(frame), {});
  EXPECT_TRUE(has(key, Dimension::src_port));
  EXPECT_FALSE(has(key, Dimension::tcp_flags));
}

// An IPv6 packet cut before its Routing header: what it carries is not known.
TEST(TrafficKeys, TheProtocolIsTheUpperLayersOrNone) {
  const auto key = key_of(
      "020000000002020000000001 86dd 6000000000182b40"
      "20010db8000000000000000000000001 20010db8000000000000000000000002");
  EXPECT_TRUE(has(key, Dimension::src_ip));
  EXPECT_TRUE(has(key, Dimension::flow_label));
  EXPECT_FALSE(has(key, Dimension::proto));
}

TEST(TrafficKeys, OfATcHook) {
  TcBpfExtra extra;
  const Frame frame{.tc_bpf = &extra};
  auto key = key_of(tcp, frame);
  EXPECT_FALSE(has(key, Dimension::queue));
  EXPECT_FALSE(has(key, Dimension::mark));
  extra = {.mark = 7, .queue = 3, .has_queue = true};
  key = key_of(tcp, frame);
  ASSERT_TRUE(has(key, Dimension::queue));
  ASSERT_TRUE(has(key, Dimension::mark));
  EXPECT_EQ(key.queue, 3U);
  EXPECT_EQ(key.mark, 7U);
}

TEST(TrafficKeys, MetadataThatIsZeroIsThere) {
  PsampleExtra psample;
  NflogExtra nflog;
  Frame frame{.grouped = true, .psample = &psample, .nflog = &nflog};
  auto key = key_of(tcp, frame);
  EXPECT_TRUE(has(key, Dimension::group));
  EXPECT_FALSE(has(key, Dimension::queue));
  EXPECT_FALSE(has(key, Dimension::mark));
  psample.has = PsampleExtra::has_queue;
  nflog.has = NflogExtra::has_mark;
  key = key_of(tcp, frame);
  EXPECT_TRUE(has(key, Dimension::queue));
  EXPECT_TRUE(has(key, Dimension::mark));
}

}  // namespace
}  // namespace netweir
