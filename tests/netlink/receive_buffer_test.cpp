// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/receive_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace netweir::netlink {
namespace {

/// Grants at most `limit`, as a kernel does that refuses SO_RCVBUFFORCE.
class Grants final : public Privileged {
 public:
  explicit Grants(std::uint32_t most) : limit(most) {}
  Result<Fd> netlink_socket(const NetlinkSocket&) override { return Error{EPERM, "", {}}; }
  Status act(const SourceKind&, int, Bytes) override { return Ok{}; }
  Result<std::uint32_t> receive_buffer(int, std::uint32_t octets) override {
    ++asked;
    return std::min(octets, limit);
  }
  Result<Fd> sampler(int) override { return Error{EPERM, "", {}}; }
  Status in_namespace(const NetnsName&, const std::function<void()>&) override { return Ok{}; }
  std::uint32_t limit;
  int asked = 0;
};

bool has(const std::string& text, const char* what) { return text.find(what) != std::string::npos; }

TEST(ReceiveBuffer, DoublesUpToItsMaximum) {
  Grants grants(1 << 20);
  ReceiveBuffer buffer(1000, 3000, 1000);
  EXPECT_TRUE(buffer.grow(grants, -1));
  EXPECT_EQ(buffer.octets(), 2000U);
  EXPECT_TRUE(buffer.grow(grants, -1));
  EXPECT_EQ(buffer.octets(), 3000U);
  EXPECT_FALSE(buffer.grow(grants, -1));
  EXPECT_EQ(grants.asked, 2);
  EXPECT_TRUE(has(buffer.limit(), "3000") && has(buffer.limit(), "receive_buffer_max"))
      << buffer.limit();
}

TEST(ReceiveBuffer, SaysOnceWhatItAskedForAndGot) {
  Grants grants(3000);
  ReceiveBuffer buffer(3000, 64000, 32000);
  const auto said = buffer.shortfall();
  ASSERT_TRUE(said);
  EXPECT_TRUE(has(*said, "32000") && has(*said, "3000 ")) << *said;
  EXPECT_FALSE(buffer.shortfall());
  EXPECT_FALSE(buffer.grow(grants, -1));
  EXPECT_EQ(buffer.octets(), 3000U);
  EXPECT_TRUE(has(buffer.limit(), "rmem_max")) << buffer.limit();
}

TEST(ReceiveBuffer, AKernelThatRoundsUpIsNoNews) {
  ReceiveBuffer buffer(2304, 2304, 100);
  EXPECT_FALSE(buffer.shortfall());
}

TEST(ReceiveBuffer, GrowthStaysWithinTheBudgetOfAll) {
  Grants grants(1 << 20);
  ReceiveBudget budget(10'000);
  ReceiveBuffer a(4000, 64000, 4000, &budget);
  {
    ReceiveBuffer b(4000, 64000, 4000, &budget);
    EXPECT_TRUE(a.grow(grants, -1));
    EXPECT_EQ(a.octets(), 6000U);
    EXPECT_FALSE(a.grow(grants, -1));
    EXPECT_FALSE(b.grow(grants, -1));
    EXPECT_TRUE(has(b.limit(), "receive_buffers, 10000")) << b.limit();
    const ReceiveBuffer c(4000, 64000, 4000, &budget);  // a first size is always granted
    EXPECT_EQ(budget.left(), 0U);
  }
  EXPECT_EQ(budget.left(), 4000U);
  EXPECT_TRUE(a.grow(grants, -1));
  EXPECT_EQ(a.octets(), 10'000U);
}

TEST(ReceiveBuffer, ABudgetMadeSmallerTakesNothingBack) {
  Grants grants(1 << 20);
  ReceiveBudget budget(10'000);
  ReceiveBuffer a(8000, 64000, 8000, &budget);
  budget.set(1000);
  EXPECT_EQ(budget.left(), 0U);
  EXPECT_FALSE(a.grow(grants, -1));
  EXPECT_EQ(a.octets(), 8000U);
}

}  // namespace
}  // namespace netweir::netlink
