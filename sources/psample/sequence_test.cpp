// SPDX-License-Identifier: GPL-2.0-or-later
#include "psample/sequence.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace netweir::psample {
namespace {

struct Case {
  const char* what;
  std::vector<std::uint32_t> numbers;
  std::uint64_t gaps = 0, late = 0;
  bool unsequenced = false;
};

TEST(PsampleSequence, Counts) {
  const std::vector<Case> cases = {
      {"a first 0 is a baseline", {0, 1, 2}},
      {"so is any other first number", {700, 701}},
      {"left out", {0, 1, 5, 6}, 3, 0},
      {"wraps", {0xfffffffe, 0xffffffff, 0, 1}},
      {"left out over the wrap", {0xfffffffe, 2}, 3, 0},
      {"from another CPU, late", {1, 3, 2, 4}, 1, 1},
      {"twice", {1, 2, 2, 3}, 0, 1},
      {"two CPUs, three late", {1, 5, 2, 3, 4, 6}, 3, 3},
      {"a new beginning far back", {5000, 5001, 0, 1, 2}},
      {"Open vSwitch", {0, 0, 0, 0}, 0, 0, true},
      {"two zeros are no proof", {0, 0}},
      {"zeros, then numbers", {0, 0, 0, 0, 1, 2, 4}, 1, 0},
  };
  for (const auto& c : cases) {
    Sequence s;
    std::uint64_t gaps = 0;
    std::uint64_t late = 0;
    for (const auto number : c.numbers) {
      const auto seen = s.next(number);
      gaps += seen.gap;
      late += seen.late ? 1 : 0;
    }
    EXPECT_EQ(gaps, c.gaps) << c.what;
    EXPECT_EQ(late, c.late) << c.what;
    EXPECT_EQ(s.is_unsequenced(), c.unsequenced) << c.what;
  }
}

TEST(PsampleSequence, AGroupThatStartsAgainUnseenIsFollowed) {
  Sequence s;
  (void)s.next(500);
  std::uint64_t late = 0;
  for (std::uint32_t number = 0; number < 200; ++number) late += s.next(number).late ? 1U : 0U;
  EXPECT_LT(late, 64U);
  EXPECT_EQ(s.next(202).gap, 2U);
}

TEST(PsampleSequence, ResetMakesTheNextABaseline) {
  Sequence s;
  (void)s.next(10);
  s.reset();
  EXPECT_EQ(s.next(90).gap, 0U);
  EXPECT_EQ(s.next(92).gap, 1U);
}

}  // namespace
}  // namespace netweir::psample
