// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/flow.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "track/flow_story.h"

namespace netweir::test {
namespace {

FlowTuple message(std::uint8_t protocol, std::uint8_t type) {
  auto t = tuple(1);
  t.protocol = protocol;
  t.has_ports = false;
  t.src_port = t.dst_port = 0;
  t.has_icmp = true;
  t.icmp_type = type;
  t.icmp_code = 3;
  t.icmp_id = 77;
  return t;
}

TEST(Flow, InverseOfPorts) {
  const auto there = tuple(7);
  const auto back = inverse(there);
  EXPECT_EQ(back.src, Ip::v4(192, 0, 2, 1));
  EXPECT_EQ(back.dst, Ip::v4(10, 0, 0, 7));
  EXPECT_EQ(back.src_port, 53);
  EXPECT_EQ(back.dst_port, 40000);
  EXPECT_EQ(back.protocol, 17);
  EXPECT_TRUE(back.has_ports);
  EXPECT_EQ(inverse(back), there);
}

// Types of RFC 792, RFC 950, RFC 4443 and RFC 4620.
TEST(Flow, InverseOfMessages) {
  struct Pair {
    std::uint8_t protocol, request, reply;
  };
  for (const auto& p : {Pair{1, 8, 0},
                        {1, 13, 14},
                        {1, 15, 16},
                        {1, 17, 18},
                        {58, 128, 129},
                        {58, 139, 140},
                        {1, 3, 3},
                        {1, 128, 128},
                        {58, 8, 8},
                        {58, 1, 1},
                        {17, 8, 8}}) {
    const auto there = message(p.protocol, p.request);
    auto expected = message(p.protocol, p.reply);
    std::swap(expected.src, expected.dst);
    EXPECT_EQ(inverse(there), expected) << +p.protocol << ' ' << +p.request;
    EXPECT_EQ(inverse(expected), there);
    EXPECT_FALSE(nat_of(there, expected));
  }
}

TEST(Flow, Nat) {
  const auto there = tuple(7);
  const auto elsewhere = Ip::v4(203, 0, 113, 7);
  struct Case {
    const char* name;
    FlowTuple reply;
    bool source, destination;
  };
  std::vector<Case> cases;
  const auto add = [&](const char* name, bool source, bool destination, auto change) {
    auto reply = inverse(there);
    change(reply);
    cases.push_back({name, reply, source, destination});
  };
  add("none", false, false, [](FlowTuple&) {});
  add("masquerade", true, false, [&](FlowTuple& t) { t.dst = elsewhere; });
  add("source port", true, false, [](FlowTuple& t) { t.dst_port = 1024; });
  add("port forward", false, true, [&](FlowTuple& t) { t.src = elsewhere; });
  add("redirect", false, true, [](FlowTuple& t) { t.src_port = 5353; });
  add("both", true, true, [&](FlowTuple& t) {
    t.src = elsewhere;
    t.dst = elsewhere;
  });
  for (const auto& c : cases) {
    const auto nat = nat_of(there, c.reply);
    EXPECT_EQ(nat.source, c.source) << c.name;
    EXPECT_EQ(nat.destination, c.destination) << c.name;
    EXPECT_EQ(static_cast<bool>(nat), c.source || c.destination) << c.name;
  }
  const auto ping = message(1, 8);
  auto answer = inverse(ping);
  answer.icmp_id = 5;
  EXPECT_TRUE(nat_of(ping, answer).source);
  EXPECT_FALSE(nat_of(ping, answer).destination);
}

}  // namespace
}  // namespace netweir::test
