// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/attributes.h"

#include <gtest/gtest.h>

#include <string_view>

#include "kit/hex.h"

namespace netweir::netlink {
namespace {

struct Case {
  std::string_view name, octets;
  std::size_t attributes;
  bool ok;
};
class AttributesTest : public testing::TestWithParam<Case> {};

TEST_P(AttributesTest, WalksAsFarAsItAddsUp) {
  const auto& c = GetParam();
  const auto octets = test::hex(c.octets);
  Attributes a(octets);
  std::size_t count = 0;
  while (a.next()) ++count;
  EXPECT_EQ(count, c.attributes);
  EXPECT_EQ(a.ok(), c.ok);
  EXPECT_FALSE(a.next());
}
INSTANTIATE_TEST_SUITE_P(
    Lengths, AttributesTest,
    testing::Values(
        Case{"nothing", "", 0, true}, Case{"header_cut_1", "04", 0, false},
        Case{"header_cut_3", "04 00 01", 0, false}, Case{"empty", "04 00 01 00", 1, true},
        Case{"length_0", "00 00 01 00", 0, false}, Case{"length_1", "01 00 01 00", 0, false},
        Case{"length_3", "03 00 01 00", 0, false}, Case{"length_65535", "ff ff 01 00 00", 0, false},
        Case{"one_too_long", "06 00 01 00 aa", 0, false},
        Case{"unpadded_tail", "05 00 01 00 aa", 1, true},
        Case{"half_padded_tail", "05 00 01 00 aa 00", 1, true},
        Case{"two", "05 00 01 00 aa 00 00 00 06 00 02 00 bb cc", 2, true},
        Case{"second_bad", "05 00 01 00 aa 00 00 00 02 00 02 00", 1, false}),
    [](const auto& i) { return std::string(i.param.name); });

TEST(Attributes, MasksTheFlagsOfTheType) {
  const auto octets = test::hex("06 00 01 c0 12 34 00 00 | 08 00 02 80 05 00 07 00 ff 00 00 00");
  Attributes a(octets);
  ASSERT_TRUE(a.next());
  EXPECT_EQ(a.type(), 1);
  EXPECT_EQ(a.data().size(), 2U);
  EXPECT_EQ(a.scalar<std::uint16_t>(), 0x3412);  // host order on the machines this is run on
}

TEST(Attributes, AScalarOfAnotherLengthIsNotOkForGood) {
  const auto octets = test::hex("06 00 01 00 12 34 00 00 | 08 00 02 00 01 02 03 04");
  Attributes a(octets);
  ASSERT_TRUE(a.next());
  EXPECT_FALSE(a.scalar<std::uint32_t>());
  EXPECT_FALSE(a.next());
  EXPECT_FALSE(a.ok());
}

TEST(Attributes, WalksNests) {
  const auto octets = test::hex("0c 00 01 80 06 00 02 00 aa bb 00 00");
  Attributes outer(octets);
  ASSERT_TRUE(outer.next());
  Attributes inner(outer.data());
  ASSERT_TRUE(inner.next());
  EXPECT_EQ(inner.type(), 2);
  EXPECT_EQ(inner.data().size(), 2U);
  EXPECT_FALSE(inner.next());
  EXPECT_TRUE(inner.ok());
}

}  // namespace
}  // namespace netweir::netlink
