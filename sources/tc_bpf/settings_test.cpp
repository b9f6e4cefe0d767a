// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc_bpf/settings.h"

#include <gtest/gtest.h>

#include <string>

#include "netweir/source_kind.h"
#include "tc_bpf/owner.h"

namespace netweir::tc_bpf {
extern const SourceKind kind;
namespace {

TEST(TcBpfSettings, TheLongestPatternGivesTheRate) {
  Settings s;
  s.sample_rate = 5;
  s.interface_sample_rate = {{"swp*", 100}, {"swp1*", 200}, {"swp12", 300}, {"eth0", 1}};
  EXPECT_EQ(s.rate_of("swp2"), 100U);
  EXPECT_EQ(s.rate_of("swp11"), 200U);
  EXPECT_EQ(s.rate_of("swp12"), 300U);
  EXPECT_EQ(s.rate_of("eth0"), 1U);
  EXPECT_EQ(s.rate_of("eth1"), 5U);
}

TEST(TcBpfSettings, ARingIsAPowerOfTwoAndHasRoomForTwoRecords) {
  EXPECT_EQ(ring_octets(8U << 20, 256), 8U << 20);
  EXPECT_EQ(ring_octets((8U << 20) + 1, 256), 16U << 20);
  EXPECT_EQ(ring_octets(2304, 64), 4096U);
  EXPECT_GE(ring_octets(2304, 65535), 2U * 65535);
  EXPECT_EQ(ring_octets(0xffffffff, 256), 1U << 30);
}

std::string problem(const Values& values) {
  const auto found = kind.validate(values);
  return found ? std::string(found->key) + ": " + found->text : "";
}

TEST(TcBpfKind, FindsWhatTheTableCannot) {
  Values v;
  EXPECT_EQ(problem(v), "interfaces: needs an interface, or a pattern");
  const auto with = [&](std::vector<std::string> names) {
    v.set("interfaces", std::move(names));
    return problem(v);
  };
  EXPECT_EQ(with({"eth0", "swp*", "?", "veth0123456789abcdef*"}), "");
  EXPECT_EQ(with({"eth0", "eth0"}), "interfaces: `eth0` is named twice");
  for (const std::string name : {"", ".", "..", "a b", "a/b", "a:b", "a\tb", "0123456789abcdef"})
    EXPECT_NE(with({name}), "") << name;
  EXPECT_NE(with({std::string(65, '*')}), "");
  v.set("interfaces", std::vector<std::string>{"eth0"});
  v.set("interface_sample_rate", std::map<std::string, std::int64_t, std::less<>>{{"a b", 1}});
  EXPECT_NE(problem(v), "");
}

TEST(TcBpfOwner, ReadsTheNamesOfOurFiltersAndOfNoOther) {
  const auto read = read_filter_name("netweir:0123456789abcdef");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->token, "0123456789abcdef");
  EXPECT_FALSE(read->made);
  EXPECT_TRUE(read_filter_name("netweir:0123456789abcdef:q")->made);
  for (const char* name : {"", "netweir", "netweir:", "netweir:0123", "netweir:0123456789abcdeg",
                           "netweir:0123456789abcdef:", "netweir:0123456789abcdef:qq",
                           "Netweir:0123456789abcdef", "bpf.o:[tc]"})
    EXPECT_FALSE(read_filter_name(name)) << name;
}

}  // namespace
}  // namespace netweir::tc_bpf
