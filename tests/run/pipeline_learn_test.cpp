// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>
#include <linux/rtnetlink.h>

#include <string>
#include <string_view>
#include <vector>

#include "kit/hex.h"
#include "netlink/link_messages.h"
#include "rig.h"
#include "run/pipeline.h"
#include "wire/frames.h"

namespace netweir {
namespace {

using run::Pipeline;

const SourceKind kind{.name = "pcap"};

std::string_view made(std::string_view name) {
  for (const auto& m : test::made) {
    if (m.name == name) return m.hex;
  }
  ADD_FAILURE() << name;
  return {};
}

struct Rig {
  Rig(std::uint8_t learn, std::vector<IpPrefix> on_link,
      std::vector<std::string> events = {"binding"})
      : pipeline(Pipeline::Mode::live, {"0", "i", "h", 1}, bindings(learn, std::move(on_link)),
                 true, links, outputs, [](Note::Level, std::string_view) {}) {
    test::open_memory(outputs, std::move(events));
    id = pipeline.add({"a", &kind, {}});
  }
  static config::Bindings bindings(std::uint8_t learn, std::vector<IpPrefix> on_link) {
    config::Bindings b;
    b.learn = learn;
    b.on_link_interfaces = on_link.empty();
    b.on_link = std::move(on_link);
    return b;
  }
  void see(std::string_view octets, int seconds) {
    const auto data = test::hex(octets);
    const WallTime at{std::chrono::seconds{seconds}};
    pipeline.begin({AgeTime{std::chrono::seconds{seconds}}, at});
    Frame f{.data = data, .source = id, .at = at};
    f.in = links.scope("").by_index(3);
    f.wire_len = static_cast<std::uint32_t>(data.size());
    pipeline.frames({&f, 1});
  }
  std::vector<std::string> told() {
    std::vector<std::string> out;
    for (auto& line : test::read_back(outputs)) {
      const auto& b = line["binding"];
      out.push_back(std::string(b["action"]) + " " + std::string(b["ip"]) + " " +
                    std::string(b["mac"]) + " " + std::string(b["evidence"]));
    }
    return out;
  }
  netlink::LinkTable links;
  run::Outputs outputs;
  Pipeline pipeline;
  SourceId id = 0;
};

using Told = std::vector<std::string>;
const std::vector<IpPrefix> here{{Ip::v4(192, 0, 2, 0), 24}};

TEST(PipelineLearn, AnAcknowledgementBindsTheClient) {
  for (const auto* name : {"dhcp_ack", "dhcp_ack_last"}) {
    Rig r(learn_dhcp, {});
    r.see(made(name), 1);
    EXPECT_EQ(r.told(), (Told{"NEW 192.0.2.50 02:00:00:00:00:50 dhcp"})) << name;
  }
  for (const auto* name : {"dhcp_offer", "dhcp_request", "dhcp_udp_short", "dhcp_to_relay"}) {
    Rig r(learn_dhcp, {});
    r.see(made(name), 1);
    EXPECT_EQ(r.told(), Told{}) << name;
  }
}

TEST(PipelineLearn, ASourceAddressOfANetworkHereBinds) {
  Rig r(learn_ip, here);
  r.see(made("dhcp_offer"), 1);  // 192.0.2.10
  r.see(made("udp6"), 2);        // fe80::a
  EXPECT_EQ(r.told(),
            (Told{"NEW 192.0.2.10 02:00:00:00:00:0a ip", "NEW fe80::a 02:00:00:00:00:0a ip"}));
  Rig other(learn_ip, {{Ip::v4(10, 0, 0, 0), 8}});
  other.see(made("dhcp_offer"), 1);
  EXPECT_EQ(other.told(), Told{});
  Rig off(learn_arp | learn_nd, here);
  off.see(made("dhcp_ack"), 1);
  off.see(made("udp6"), 2);
  EXPECT_EQ(off.told(), Told{});
}

// ARP of another MAC for 192.0.2.10 (scapy), before and after its packets.
TEST(PipelineLearn, ArpOutweighsASourceAddress) {
  constexpr std::string_view arp =
      "ffffffffffff020000000077 0806 0001080006040001020000000077c000020a000000000000c0000202";
  Rig r(learn_arp | learn_ip, here);
  r.see(made("dhcp_offer"), 1);
  r.see(arp, 2);
  r.see(made("dhcp_offer"), 3);
  EXPECT_EQ(r.told(), (Told{"NEW 192.0.2.10 02:00:00:00:00:0a ip",
                            "MOVED 192.0.2.10 02:00:00:00:00:77 arp_request"}));
  EXPECT_EQ(r.pipeline.tracker().counts().overruled, 1U);
}

// The interface's own networks, as the kernel tells them; the frame comes in by eth0.
TEST(PipelineLearn, ASourceAddressOfTheInterfacesNetworksBinds) {
  // 192.0.2.1/24 of interface `with`; 0 = of none.
  const auto told = [](std::uint8_t with) {
    Rig r(learn_ip, {});
    r.see(made("dhcp_offer"), 1);  // 192.0.2.10, while nothing is known
    netlink::add(r.links, {3, "eth0"});
    netlink::add(r.links, {4, "eth1"});
    netlink::add(r.links, {5, "eth0.300", netlink::vlan_300, 3});
    r.see(made("dhcp_offer"), 2);
    auto address = netlink::recorded("newaddr_veth0");
    address[4] = with;
    EXPECT_EQ(r.links.message("", RTM_NEWADDR, address), with != 0);
    r.see(made("dhcp_offer"), 3);
    return r.told();
  };
  EXPECT_EQ(told(0), Told{});
  EXPECT_EQ(told(3), Told{"NEW 192.0.2.10 02:00:00:00:00:0a ip"});
  EXPECT_EQ(told(4), Told{}) << "another interface's";
  EXPECT_EQ(told(5), Told{}) << "a VLAN's";
}

TEST(PipelineLearn, AnAddressOfNoNetworkOfTheInterfaceIsABogon) {
  // Of 192.0.2.1 and 10.0.0.9 (scapy's ARP, the sender's address changed).
  const auto alerts = [](bool known) {
    Rig r(learn_arp, {}, {"alert"});  // bindings are tracked for these alone
    netlink::add(r.links, {3, "eth0"});
    auto address = netlink::recorded("newaddr_veth0");
    address[4] = 3;
    if (known) (void)r.links.message("", RTM_NEWADDR, address);
    r.see("ffffffffffff020000000077 0806 0001080006040001020000000077c000020a000000000000c0000202",
          1);
    r.see("ffffffffffff020000000077 0806 00010800060400010200000000770a000009000000000000c0000202",
          2);
    std::vector<std::string> out;
    for (auto& line : test::read_back(r.outputs))
      out.push_back(std::string(line["alert"]["kind"]) + " " + std::string(line["alert"]["ip"]));
    return out;
  };
  EXPECT_EQ(alerts(true), Told{"bogon 10.0.0.9"});
  EXPECT_EQ(alerts(false), Told{}) << "no network is known there";
}

}  // namespace
}  // namespace netweir
