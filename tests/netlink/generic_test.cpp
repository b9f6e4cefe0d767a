// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/generic.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "kit/recorded.h"
#include "netlink/family_monitor.h"
#include "netlink/messages.h"
#include "os/privileged.h"

namespace netweir::netlink {
namespace {

using test::recorded_kernels;
using test::recorded_messages;

TEST(GenericNetlink, AFamilyIsWhatTheControllerSays) {
  for (const auto& kernel : recorded_kernels) {
    const auto m = recorded_messages(kernel, "family.nl").front();
    EXPECT_EQ(m.type, controller);
    const auto family = read_family(m.payload);
    ASSERT_TRUE(family) << kernel;
    EXPECT_EQ(family->change, Family::Change::present);
    EXPECT_EQ(family->name, "psample");
    EXPECT_EQ(family->id, kernel == "6.1" ? 33 : 35);
    EXPECT_EQ(family->version, 1U);
    EXPECT_EQ(family->group_count, 2U);
    EXPECT_NE(family->group("packets"), 0U);
    EXPECT_NE(family->group("config"), 0U);
    EXPECT_NE(family->group("config"), family->group("packets"));
    EXPECT_EQ(family->group("other"), 0U);
  }
}

TEST(GenericNetlink, EveryTruncationIsReadWithoutGoingBeyond) {
  const auto m = recorded_messages("6.12", "family.nl").front();
  for (std::size_t size = 0; size < m.payload.size(); ++size) {
    const auto copy = std::make_unique<std::uint8_t[]>(size + 1);
    std::memcpy(copy.get(), m.payload.data(), size);
    if (const auto family = read_family({copy.get(), size})) {
      EXPECT_LE(family->group_count, 2U);
    }
  }
}

TEST(GenericNetlink, ComingAndGoingAreTold) {
  for (const auto& kernel : recorded_kernels) {
    std::vector<std::string> told;
    for (const auto& m : recorded_messages(kernel, "notify.nl")) {
      const auto family = m.type == controller ? read_family(m.payload) : std::nullopt;
      if (!family) continue;
      told.push_back((family->change == Family::Change::present ? "+" : "-") +
                     std::string(family->name));
    }
    EXPECT_EQ(told, (std::vector<std::string>{"+psample", "-psample"})) << kernel;
  }
}

Result<Fd> socket_of_our_own() {
  InProcess privileged;
  NetlinkSocket request;
  request.protocol = 16;  // NETLINK_GENERIC
  return privileged.netlink_socket(request);
}

TEST(GenericNetlink, AsksThisKernel) {
  const auto fd = socket_of_our_own();
  ASSERT_TRUE(fd);
  const auto answer = ask_family(fd->get(), "nlctrl");
  ASSERT_TRUE(answer) << answer.error().what;
  bool found = false;
  EXPECT_TRUE(each_message(*answer, [&](const Message& m) {
    const auto family = read_family(m.payload);
    found = family && family->id == controller && family->group("notify") == controller_notify;
  }));
  EXPECT_TRUE(found);
  const auto none = ask_family(fd->get(), "no_such_family");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ENOENT);
}

TEST(GenericNetlink, AMonitorOpensAndIsIdle) {
  InProcess privileged;
  auto monitor = FamilyMonitor::open(privileged, "");
  ASSERT_TRUE(monitor) << monitor.error().what;
  const auto changed = (*monitor)->drain(WallTime{});
  ASSERT_TRUE(changed);
  EXPECT_FALSE(FamilyMonitor::open(privileged, "no_such_namespace"));
}

}  // namespace
}  // namespace netweir::netlink
