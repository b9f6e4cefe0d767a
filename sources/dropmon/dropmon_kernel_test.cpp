// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cerrno>

#include "dropmon/request.h"
#include "dropmon/sockets.h"
#include "kit/needs.h"
#include "netweir/source_kind.h"
#include "os/privileged.h"

// The monitor itself is the whole host's and is left alone: it runs in the guest (tests/guest).
namespace netweir::dropmon {
extern const SourceKind kind;
namespace {

TEST(DropmonKernel, OtherNamespacesHaveNoFamily) {
  NETWEIR_NEEDS("kernel", netweir::test::enter_private_netns());
  InProcess privileged;
  const auto sockets = open_sockets(privileged);
  ASSERT_FALSE(sockets);
  EXPECT_EQ(sockets.error().code, EPROTONOSUPPORT);
  EXPECT_FALSE(sockets.error().mend.empty());
  const auto trouble = kind.trouble({}, privileged);
  ASSERT_TRUE(trouble);
  EXPECT_EQ(trouble->code, EPROTONOSUPPORT);
}

TEST(DropmonKernel, AnErrorIsTheKernels) {
  NETWEIR_NEEDS("kernel", netweir::test::enter_private_netns());
  InProcess privileged;
  NetlinkSocket request;
  request.protocol = 16;  // NETLINK_GENERIC
  auto socket = privileged.netlink_socket(request);
  ASSERT_TRUE(socket);
  for (const auto act : {Request::Act::configure, Request::Act::start, Request::Act::stop,
                         Request::Act::is_running}) {
    Request r;
    r.act = act;
    r.family = 0x3ff;  // no family has it
    const auto* octets = reinterpret_cast<const std::uint8_t*>(&r);
    const auto status = kind.act(socket->get(), {octets, sizeof r});
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, ENOENT);
  }
  EXPECT_FALSE(kind.act(socket->get(), {}));
}

}  // namespace
}  // namespace netweir::dropmon
