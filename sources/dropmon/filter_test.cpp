// SPDX-License-Identifier: GPL-2.0-or-later
#include "dropmon/filter.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "dropmon/limit.h"

namespace netweir::dropmon {
namespace {

DropExtra drop(DropExtra::Origin origin, std::string_view reason, std::string_view symbol,
               std::string_view trap = {}, std::string_view group = {}) {
  DropExtra d;
  d.origin = origin;
  d.reason = reason;
  d.symbol = symbol;
  d.trap = trap;
  d.trap_group = group;
  return d;
}

TEST(DropmonFilter, HidesReasonsPlacesTrapsAndOrigins) {
  using Origin = DropExtra::Origin;
  const auto soft = drop(Origin::software, "NO_SOCKET", "udp_rcv+0x1/0x2");
  const auto hard = drop(Origin::hardware, "", "", "decap_error", "tunnel_drops");
  const auto other = drop(Origin::unknown, "", "");
  const struct {
    bool software, hardware;
    std::vector<std::string> hide;
    bool wants_soft, wants_hard, wants_other;
  } cases[] = {
      {true, true, {}, true, true, true},
      {false, true, {}, false, true, true},
      {true, false, {}, true, false, true},
      {true, true, {"NO_SOCKET"}, false, true, true},
      {true, true, {"udp_rcv"}, false, true, true},
      {true, true, {"udp_rcv+0x1/*"}, false, true, true},
      {true, true, {"udp_rc"}, true, true, true},
      {true, true, {"decap_*"}, true, false, true},
      {true, true, {"x", "tunnel_drops"}, true, false, true},
      {true, true, {"*"}, false, false, true},
  };
  for (const auto& c : cases) {
    const Filter f{c.software, c.hardware, c.hide};
    const auto name = c.hide.empty() ? "" : c.hide.back();
    EXPECT_EQ(f.wants(soft), c.wants_soft) << name;
    EXPECT_EQ(f.wants(hard), c.wants_hard) << name;
    EXPECT_EQ(f.wants(other), c.wants_other) << name;
  }
}

TEST(DropmonFilter, ComesFromTheConfiguration) {
  Values v;
  EXPECT_TRUE(Filter::from(v).software && Filter::from(v).hardware);
  v.set("origins", std::vector<std::string>{"hardware"});
  v.set("hide", std::vector<std::string>{"a", "b"});
  const auto f = Filter::from(v);
  EXPECT_FALSE(f.software);
  EXPECT_TRUE(f.hardware);
  EXPECT_EQ(f.hide.size(), 2U);
}

TEST(DropmonLimit, LetsSoManyASecondPass) {
  using std::chrono::milliseconds;
  Limit none(0);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(none.passes({}));
  for (const std::uint32_t rate : {1U, 3U, 50U, 1000U}) {
    Limit limit(rate);
    std::uint64_t passed = 0;
    constexpr int seconds = 10;
    for (int ms = 0; ms <= seconds * 1000; ++ms) {
      for (int i = 0; i < 5; ++i) passed += limit.passes(AgeTime{milliseconds{ms}}) ? 1U : 0U;
    }
    EXPECT_EQ(passed, rate * (seconds + 1ULL)) << rate;  // and a second's worth at once
  }
}

TEST(DropmonLimit, TimeMayStandStillGoBackAndLeap) {
  using std::chrono::seconds;
  Limit limit(2);
  const AgeTime at{seconds{100}};
  EXPECT_TRUE(limit.passes(at));
  EXPECT_TRUE(limit.passes(at));
  EXPECT_FALSE(limit.passes(at));
  EXPECT_FALSE(limit.passes(at - seconds{50}));
  EXPECT_FALSE(limit.passes(at));
  EXPECT_TRUE(limit.passes(AgeTime::max() - seconds{1}));
  EXPECT_TRUE(limit.passes(AgeTime::max()));
}

}  // namespace
}  // namespace netweir::dropmon
