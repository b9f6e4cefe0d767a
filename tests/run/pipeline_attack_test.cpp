// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "kit/hex.h"
#include "rig.h"
#include "run/pipeline.h"

namespace netweir {
namespace {

using run::Pipeline;

const SourceKind kind{.name = "pcap"};

// scapy: Ether(src=S, dst="ff:ff:ff:ff:ff:ff")/ARP(op=1, hwsrc=H, psrc=P, pdst="192.0.2.2")
std::string arp(const std::string& frame_mac, const std::string& claim_mac, const std::string& ip) {
  return "ffffffffffff" + frame_mac + "08060001080006040001" + claim_mac + ip +
         "000000000000c0000202";
}
constexpr const char* host_a = "020000000001";
constexpr const char* host_b = "020000000002";
constexpr const char* address = "c0000201";

struct Rig {
  explicit Rig(config::Bindings bindings = {}, bool guarded = true)
      : pipeline(Pipeline::Mode::live, {"0", "i", "h", 1}, bindings, guarded, links, outputs,
                 [](Note::Level, std::string_view) {}) {
    test::open_memory(outputs);
    SourceConfig c{"a", &kind, {}};
    c.values.set("domain", std::string("red"));
    id = pipeline.add(c);
  }
  void see(const std::string& octets, double seconds, LinkId in = 0) {
    const auto data = test::hex(octets);
    const auto at = std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
    pipeline.begin({AgeTime{at}, WallTime{at}});
    Frame f{.data = data, .source = id, .in = in, .at = WallTime{at}};
    f.wire_len = static_cast<std::uint32_t>(data.size());
    pipeline.frames({&f, 1});
  }
  std::vector<nlohmann::json> alerts() {
    std::vector<nlohmann::json> out;
    for (auto& line : test::read_back(outputs)) {
      if (line["event_type"] == "alert") out.push_back(line["alert"]);
      if (line["event_type"] == "binding") ++actions[line["binding"]["action"]];
    }
    return out;
  }
  netlink::LinkTable links;
  run::Outputs outputs;
  Pipeline pipeline;
  SourceId id = 0;
  std::map<std::string, int> actions;
};

void ping_pong(Rig& r) {
  for (int n = 0; n < 200; ++n) {
    const auto* mac = n % 2 == 0 ? host_a : host_b;
    r.see(arp(mac, mac, address), 1 + n);
  }
}

TEST(PipelineUnderAttack, AnAddressThatKeepsMovingIsADuplicate) {
  Rig r;
  ping_pong(r);
  const auto alerts = r.alerts();
  EXPECT_EQ(r.actions["NEW"], 1);
  EXPECT_EQ(r.actions["MOVED"], 5);
  ASSERT_EQ(alerts.size(), 4U);  // and a summary a minute
  EXPECT_EQ(alerts[0]["kind"], "duplicate");
  EXPECT_EQ(alerts[0]["ip"], "192.0.2.1");
  EXPECT_EQ(alerts[0]["domain"], "red");
  EXPECT_EQ(alerts[0]["mac"], "02:00:00:00:00:02");
  EXPECT_EQ(alerts[0]["previous_mac"], "02:00:00:00:00:01");
  EXPECT_EQ(alerts[0]["count"], 5);
  EXPECT_EQ(alerts[1]["count"], 65);
  EXPECT_EQ(alerts[3]["count"], 185);
}

TEST(PipelineUnderAttack, AVirtualAddressIsFlapping) {
  config::Bindings b;
  b.virtual_ips = {Ip::v4(192, 0, 2, 1)};
  Rig r(b);
  ping_pong(r);
  for (const auto& alert : r.alerts()) EXPECT_EQ(alert["kind"], "flapping");
  EXPECT_EQ(r.actions["MOVED"], 5);
}

TEST(PipelineUnderAttack, AReplayThatDoesNotAskSuppressesNothing) {
  config::Bindings b;
  b.on_link = {{Ip::v4(10, 0, 0, 0), 8}};
  Rig r(b, false);
  ping_pong(r);
  r.see(arp(host_a, host_b, address), 900);
  EXPECT_EQ(r.alerts().size(), 0U);
  EXPECT_EQ(r.actions["MOVED"], 199);
}

TEST(PipelineUnderAttack, AMacThatIsNotItsFramesIsAMismatch) {
  Rig r;
  r.see(arp(host_a, host_b, address), 1);
  for (int n = 0; n < 100; ++n) r.see(arp(host_a, host_b, address), 2 + n * 0.1);
  r.see(arp(host_a, host_b, address), 62);
  r.see(arp(host_a, "00005e000107", "c0000263"), 200);  // VRRP
  r.see(arp("00005e000107", host_a, "c0000264"), 201);
  const auto alerts = r.alerts();
  ASSERT_EQ(alerts.size(), 2U);
  EXPECT_EQ(alerts[0]["kind"], "l2_mismatch");
  EXPECT_EQ(alerts[0]["mac"], "02:00:00:00:00:02");
  EXPECT_EQ(alerts[0]["src_mac"], "02:00:00:00:00:01");
  EXPECT_EQ(alerts[0]["count"], 1);
  EXPECT_EQ(alerts[1]["count"], 101);
  EXPECT_EQ(r.actions["NEW"], 3) << "tracked all the same";
}

TEST(PipelineUnderAttack, AnAddressOfNoNetworkHereIsABogon) {
  config::Bindings b;
  b.on_link = {{Ip::v4(192, 0, 2, 0), 25}};
  Rig r(b);
  r.see(arp(host_a, host_a, "c000027f"), 1);
  r.see(arp(host_a, host_a, "a9fe0001"), 2);  // 169.254.0.1
  EXPECT_EQ(r.pipeline.tracker().size(), 2U);
  r.see(arp(host_a, host_a, "c0000280"), 3);
  const auto alerts = r.alerts();
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_EQ(alerts[0]["kind"], "bogon");
  EXPECT_EQ(alerts[0]["ip"], "192.0.2.128");
}

TEST(PipelineUnderAttack, AMacWithManyAddressesIsAProxy) {
  config::Bindings b;
  b.proxy = 3;
  Rig r(b);
  for (int n = 1; n <= 9; ++n) r.see(arp(host_a, host_a, "c000020" + std::to_string(n)), n);
  const auto alerts = r.alerts();
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_EQ(alerts[0]["kind"], "proxy");
  EXPECT_EQ(alerts[0]["ip"], "192.0.2.4");
  EXPECT_EQ(alerts[0]["mac"], "02:00:00:00:00:01");
}

TEST(PipelineUnderAttack, AFloodIsSaidOnceAMinuteForEachInterface) {
  config::Bindings b;
  b.arp_flood = 10;
  Rig r(b);
  for (int n = 0; n < 1000; ++n) r.see(arp(host_a, host_a, address), 1 + n * 0.001, 1);
  for (int n = 0; n < 10; ++n) r.see(arp(host_a, host_a, address), 3 + n * 0.001, 2);
  for (int n = 0; n < 11; ++n) r.see(arp(host_a, host_a, address), 100 + n * 0.001, 1);
  const auto alerts = r.alerts();
  ASSERT_EQ(alerts.size(), 2U);
  EXPECT_EQ(alerts[0]["kind"], "arp_flood");
  EXPECT_FALSE(alerts[0].contains("ip"));
  EXPECT_EQ(alerts[0]["count"], 1);
  EXPECT_EQ(alerts[1]["count"], 990) << "989 of the first second, and one";
}

TEST(PipelineUnderAttack, EventsAreLimitedAndNewsIsOnlyLate) {
  config::Bindings b;
  b.rate = 10;
  b.burst = 5;
  b.proxy = 0;
  Rig r(b);
  const auto all = [&](double seconds) {
    for (int n = 10; n < 30; ++n) r.see(arp(host_a, host_a, "c00002" + std::to_string(n)), seconds);
  };
  all(1);
  all(2);
  all(3);
  all(4);
  (void)r.alerts();
  EXPECT_EQ(r.actions["NEW"], 20);
}

}  // namespace
}  // namespace netweir
