// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/recorder_state.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <cstring>
#include <string>
#include <vector>

#include "netlink/link_messages.h"

namespace netweir {
namespace {

using netlink::Octets;
using Types = std::vector<int>;

Octets message(std::uint16_t type, const Octets& payload, std::uint16_t flags = 0) {
  Octets octets(NLMSG_HDRLEN);
  nlmsghdr head{};
  head.nlmsg_len = static_cast<std::uint32_t>(NLMSG_HDRLEN + payload.size());
  head.nlmsg_type = type;
  head.nlmsg_flags = flags;
  std::memcpy(octets.data(), &head, sizeof head);
  octets.insert(octets.end(), payload.begin(), payload.end());
  return octets;
}

struct Rig {
  void see(std::uint16_t type, const Octets& payload, std::uint16_t flags = 0) {
    state.see(NETLINK_ROUTE, message(type, payload, flags));
  }
  void dump(std::uint16_t type, const std::vector<Octets>& all) {
    for (const auto& payload : all) see(type, payload, NLM_F_MULTI);
    see(NLMSG_DONE, Octets(4), NLM_F_MULTI);
  }
  Types kept() const {
    Types types;
    state.each([&](int, Bytes octets) {
      nlmsghdr head{};
      std::memcpy(&head, octets.data(), sizeof head);
      types.push_back(head.nlmsg_type);
    });
    return types;
  }
  run::RecorderState state;
};

const auto link10 = netlink::built({10, "veth0"});

TEST(RecorderState, KeepsLinksWithTheirAddresses) {
  Rig r;
  const auto v4 = netlink::recorded("newaddr_veth0");
  const auto v6 = netlink::recorded("newaddr_veth0_6");
  r.see(RTM_NEWLINK, link10);
  r.see(RTM_NEWADDR, v4);
  r.see(RTM_NEWADDR, v4);
  r.see(RTM_NEWADDR, v6);
  EXPECT_EQ(r.kept(), (Types{RTM_NEWLINK, RTM_NEWADDR, RTM_NEWADDR}));
  r.see(RTM_DELADDR, netlink::recorded("deladdr_veth0"));
  EXPECT_EQ(r.kept(), (Types{RTM_NEWLINK, RTM_NEWADDR}));
  r.see(RTM_DELLINK, link10);
  EXPECT_EQ(r.kept(), Types{});
}

TEST(RecorderState, ADumpOfAddressesEndsNoLink) {
  Rig r;
  const auto v4 = netlink::recorded("newaddr_veth0");
  const auto v6 = netlink::recorded("newaddr_veth0_6");
  r.dump(RTM_NEWLINK, {link10});
  r.dump(RTM_NEWADDR, {v4, v6});
  r.dump(RTM_NEWLINK, {link10});
  EXPECT_EQ(r.kept().size(), 3U);
  r.dump(RTM_NEWADDR, {v6});
  EXPECT_EQ(r.kept(), (Types{RTM_NEWLINK, RTM_NEWADDR}));
  r.dump(RTM_NEWADDR, {});
  EXPECT_EQ(r.kept(), Types{RTM_NEWLINK});
  r.dump(RTM_NEWLINK, {netlink::built({1, "lo"})});
  EXPECT_EQ(r.kept(), Types{RTM_NEWLINK});
}

}  // namespace
}  // namespace netweir
