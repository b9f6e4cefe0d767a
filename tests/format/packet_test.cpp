// SPDX-License-Identifier: GPL-2.0-or-later
// The lines of `packet` events.
#include "format/packet.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "format/native.h"
#include "format/samples.h"
#include "kit/json.h"

namespace netweir {
namespace {

using test::Samples;

constexpr std::size_t pipe_buf = 4096;  // what a pipe takes whole

std::string line(const Event& event, std::string_view host = "switch7") {
  const format::Native native(host);
  std::string out;
  native.append(event, 1, out);
  return out;
}

/// The object of the packet alone.
std::string object(const Event& event) {
  const auto text = line(event);
  const auto at = text.find(",\"packet\":");
  EXPECT_NE(at, std::string::npos) << text;
  return text.substr(at + 10, text.size() - at - 12);
}

TEST(PacketLine, with_everything) {
  const Samples s;
  EXPECT_EQ(line(s.full_packet()),
            R"({"timestamp":"2025-11-20T15:46:58.364123456Z","event_type":"packet","seq":1,)"
            R"("host":"switch7","source":{"name":"firewall","type":"nflog","group":5},)"
            R"("in_iface":"br0","out_iface":"br1","vlan":[100,4094],)"
            R"("packet":{"src_mac":"84:39:c0:0b:22:25","dest_mac":"02:00:00:00:00:0a",)"
            R"("ether_type":2048,"proto":"UDP","src_ip":"192.168.1.52","src_port":54585,)"
            R"("dest_ip":"8.8.8.8","dest_port":53,"length":1514,"captured":128,"stop":"cut",)"
            R"("sample_rate":512.5,"direction":"ingress",)"
            R"("community_id":"1:d/FP5EW3wiY1vCndhwleRRKHowQ=",)"
            R"("psample":{"queue":3,"occupancy":9216,"latency":1500,"cookie":"deadbeef",)"
            R"("ambiguous_iface":true,"tunnel":{"id":5001,"src_ip":"198.51.100.1",)"
            R"("dest_ip":"198.51.100.2","tos":8,"ttl":64,"src_port":40000,"dest_port":6081,)"
            R"("dont_fragment":true,"csum":true,"oam":true,"ipv4_info_bridge":true,)"
            R"("geneve_options":"01028000","erspan_options":"0a00000b"}},)"
            R"("nflog":{"prefix":"dns in: ","hook":"input","mark":7,"uid":1000,"gid":100,)"
            R"("phys_in":"swp1","phys_out":"swp2"},)"
            R"("drop":{"origin":"hardware","reason":"NO_SOCKET","location":"udp_rcv+0x1/0x2",)"
            R"("trap":"decap_error","trap_group":"tunnel_drops","ifindex":7,"port":"swp1",)"
            R"("cookie":"deadbeef"}}})"
            "\n");
}

TEST(PacketLine, protocols) {
  const std::pair<unsigned, const char*> names[] = {
      {1, "\"ICMP\""},       {2, "\"IGMP\""},   {6, "\"TCP\""},      {17, "\"UDP\""},
      {33, "\"DCCP\""},      {47, "\"GRE\""},   {50, "\"ESP\""},     {51, "\"AH\""},
      {58, "\"IPv6-ICMP\""}, {132, "\"SCTP\""}, {136, "\"UDPLite\""}};
  Samples s;
  for (unsigned protocol = 0; protocol < 256; ++protocol) {
    s.packet.ip_protocol = static_cast<std::uint8_t>(protocol);
    std::string expected = std::to_string(protocol);
    for (const auto& [number, name] : names) {
      if (number == protocol) expected = name;
    }
    EXPECT_NE(object(s.plain_packet()).find("\"proto\":" + expected + ",\"src_ip\""),
              std::string::npos)
        << protocol;
  }
  // What stands before the protocol in IPv6 is none.
  s.packet.src.version = IpVersion::v6;
  s.packet.dst.version = IpVersion::v6;
  for (const auto extension : {0U, 43U, 44U, 51U, 60U, 135U, 139U, 140U}) {
    s.packet.ip_protocol = static_cast<std::uint8_t>(extension);
    const auto json = test::parse_json(object(s.plain_packet()));
    EXPECT_FALSE(json.contains("proto"));
    EXPECT_FALSE(json.contains("community_id"));
    EXPECT_TRUE(json.contains("src_ip"));
  }
}

// linux/netfilter.h (NFPROTO_*, NF_INET_*, NF_NETDEV_*), netfilter_arp.h, netfilter_bridge.h.
TEST(PacketLine, hooks_by_family) {
  struct Case {
    std::uint8_t family;
    std::vector<std::string> hooks;
  };
  const std::vector<std::string> inet{"prerouting", "input",       "forward",
                                      "output",     "postrouting", "ingress"};
  const Case cases[] = {{0, {}},
                        {1, inet},
                        {2, inet},
                        {3, {"input", "output", "forward"}},
                        {4, {}},
                        {5, {"ingress", "egress"}},
                        {7, {"prerouting", "input", "forward", "output", "postrouting"}},
                        {10, inet},
                        {255, {}}};
  for (const auto& c : cases) {
    Samples s;
    s.frame.psample = nullptr;
    s.nflog = NflogExtra{.family = c.family};
    for (unsigned hook = 0; hook < 256; ++hook) {
      s.nflog.hook = static_cast<std::uint8_t>(hook);
      const auto json = test::parse_json(line(s.of(PacketEvent{&s.frame, &s.packet, {}, {}})));
      ASSERT_EQ(json["packet"]["nflog"].size(), 1U);
      if (hook < c.hooks.size()) {
        EXPECT_EQ(json["packet"]["nflog"]["hook"], c.hooks[hook]);
      } else {
        EXPECT_EQ(json["packet"]["nflog"]["hook"], hook);
      }
    }
  }
}

TEST(PacketLine, what_is_not_there_has_no_key) {
  Samples s;
  s.psample = PsampleExtra{};
  s.frame = Frame{.psample = &s.psample};
  s.packet = Packet{};
  EXPECT_EQ(object(s.full_packet()), R"({"captured":0})");
  s.psample.has = PsampleExtra::has_tunnel;  // of which nothing is known
  EXPECT_EQ(object(s.full_packet()), R"({"captured":0})");
  s.psample.has = PsampleExtra::has_queue;
  EXPECT_EQ(object(s.full_packet()), R"({"captured":0,"psample":{"queue":0}})");
  s.psample.has = PsampleExtra::ambiguous_in;
  EXPECT_EQ(object(s.full_packet()), R"({"captured":0,"psample":{"ambiguous_iface":true}})");
  s.psample.has = PsampleExtra::has_tunnel;
  s.psample.tunnel.flags = PsampleTunnel::oam;
  EXPECT_EQ(object(s.full_packet()), R"({"captured":0,"psample":{"tunnel":{"oam":true}}})");
}

TEST(PacketLine, each_part_of_the_metadata_is_shown_alone) {
  const std::pair<std::uint8_t, const char*> psample[] = {
      {PsampleExtra::has_queue, R"({"queue":65535})"},
      {PsampleExtra::has_occupancy, R"({"occupancy":18446744073709551615})"},
      {PsampleExtra::has_latency, R"({"latency":18446744073709551615})"},
      {PsampleExtra::ambiguous_out, R"({"ambiguous_iface":true})"}};
  for (const auto& [has, text] : psample) {
    Samples s;
    s.psample = PsampleExtra{.has = has,
                             .out_tc = 65535,
                             .out_tc_occ = std::numeric_limits<std::uint64_t>::max(),
                             .latency_ns = std::numeric_limits<std::uint64_t>::max()};
    EXPECT_NE(object(s.full_packet()).find(",\"psample\":" + std::string(text) + ",\"nflog\""),
              std::string::npos)
        << text;
  }
  const std::pair<std::uint8_t, const char*> tunnel[] = {
      {PsampleTunnel::has_id, R"({"id":5001)"},
      {PsampleTunnel::has_src, R"({"src_ip":"198.51.100.1")"},
      {PsampleTunnel::has_dst, R"({"dest_ip":"198.51.100.2")"},
      {PsampleTunnel::has_tos, R"({"tos":8)"},
      {PsampleTunnel::has_ttl, R"({"ttl":64)"},
      {PsampleTunnel::has_src_port, R"({"src_port":40000)"},
      {PsampleTunnel::has_dst_port, R"({"dest_port":6081)"}};
  for (const auto& [has, text] : tunnel) {
    Samples s;
    s.psample.tunnel.has = has;
    s.psample.tunnel.flags = PsampleTunnel::csum;
    s.psample.tunnel.geneve_options = {};
    s.psample.tunnel.erspan_options = {};
    EXPECT_NE(object(s.full_packet()).find("\"tunnel\":" + std::string(text) + ",\"csum\":true}"),
              std::string::npos)
        << text;
  }
  const std::pair<std::uint8_t, const char*> nflog[] = {{NflogExtra::has_mark, R"("mark":7)"},
                                                        {NflogExtra::has_uid, R"("uid":1000)"},
                                                        {NflogExtra::has_gid, R"("gid":100)"}};
  for (const auto& [has, text] : nflog) {
    Samples s;
    s.nflog.has = has;
    EXPECT_NE(object(s.full_packet()).find("\"input\"," + std::string(text) + ",\"phys_in\""),
              std::string::npos)
        << text;
  }
  const std::pair<TcBpfExtra, const char*> tc_bpf[] = {
      {{.mark = 4294967295}, R"({"mark":4294967295})"},
      {{.hash = 4294967295}, R"({"hash":4294967295})"},
      {{.queue = 65535, .has_queue = true}, R"({"queue":65535})"},
      {{.has_queue = true}, R"({"queue":0})"},
      {{.mark = 1, .hash = 2, .queue = 3, .has_queue = true}, R"({"mark":1,"hash":2,"queue":3})"}};
  for (const auto& [extra, text] : tc_bpf) {
    Samples s;
    s.frame.tc_bpf = &extra;
    EXPECT_NE(object(s.full_packet()).find("},\"tc_bpf\":" + std::string(text) + "}"),
              std::string::npos)
        << text;
  }
}

TEST(PacketLine, the_devices_time_where_there_is_one) {
  Samples s;
  EXPECT_EQ(object(s.plain_packet()).find("hardware"), std::string::npos);
  s.plain_frame.hardware_at = WallTime{std::chrono::nanoseconds{1'500'000'007}};
  EXPECT_NE(
      object(s.plain_packet()).find(R"("hardware_timestamp":"1970-01-01T00:00:01.500000007Z")"),
      std::string::npos);
}

TEST(PacketLine, directions_and_rates) {
  Samples s;
  s.plain_frame.direction = Direction::egress;
  EXPECT_EQ(test::parse_json(object(s.plain_packet()))["direction"], "egress");
  const std::pair<double, const char*> rates[] = {
      {1, nullptr}, {1.5, "1.5"}, {4294967295.0, "4294967295"}, {0.1, "0.1"}};
  for (const auto& [rate, text] : rates) {
    s.plain_frame.one_in = rate;
    const auto out = object(s.plain_packet());
    EXPECT_EQ(out.find("sample_rate") != std::string::npos, text != nullptr) << out;
    if (text == nullptr) continue;
    EXPECT_NE(out.find("\"sample_rate\":" + std::string(text) + ","), std::string::npos) << out;
  }
}

TEST(PacketLine, drops) {
  Samples s;
  s.drop = DropExtra{};
  s.frame = Frame{.drop = &s.drop};
  s.packet = Packet{};
  EXPECT_EQ(object(s.full_packet()), R"({"captured":0,"drop":{"origin":"unknown"}})");
  s.drop.origin = DropExtra::Origin::software;
  s.drop.pc = 0xffffffff81234567;
  EXPECT_EQ(object(s.full_packet()),
            R"({"captured":0,"drop":{"origin":"software","pc":18446744071581156711}})");
  s.drop.symbol = "f+0x1/0x2";  // an address of the kernel is told only for want of better
  EXPECT_EQ(object(s.full_packet()),
            R"({"captured":0,"drop":{"origin":"software","location":"f+0x1/0x2"}})");
}

/// As the next, of what only dropmon knows.
TEST(PacketLine, the_longest_drop_goes_through_a_pipe_whole) {
  const std::string text(63, '\x01'), iface(15, '\x02'), name(63, 'n'), host(64, 'h');
  const std::vector<std::uint8_t> octets(65535, 0xff);
  const std::vector<std::uint16_t> vids(max_vlan_tags + 2, 4095);
  Samples s;
  s.firewall = {name, "dropmon"};
  s.drop = {.origin = DropExtra::Origin::hardware,
            .ifindex = 4294967295,
            .pc = std::numeric_limits<std::uint64_t>::max(),
            .reason = text,
            .symbol = text,
            .trap = text,
            .trap_group = text,
            .port = text,
            .cookie = octets};
  s.frame.psample = nullptr;
  s.frame.nflog = nullptr;
  Event event = s.full_packet();
  event.in_iface = iface;
  event.out_iface = iface;
  event.vlan = vids;
  const auto out = line(event, host);
  EXPECT_LE(out.size(), 4096U);
  EXPECT_EQ(test::parse_json(out)["packet"]["drop"]["cookie"].get<std::string>().size(), 128U);
}

/// Octets that nothing bounds are shown up to where the documentation says.
TEST(PacketLine, long_octets_are_cut) {
  const std::vector<std::uint8_t> octets(65535, 0xa5);
  for (const std::size_t n : {1U, 63U, 64U, 65U, 251U, 252U, 253U, 65535U}) {
    Samples s;
    s.psample.cookie = Bytes(octets).first(n);
    s.psample.tunnel.geneve_options = s.psample.cookie;
    s.psample.tunnel.erspan_options = s.psample.cookie;
    const auto json = test::parse_json(object(s.full_packet()))["psample"];
    EXPECT_EQ(json["cookie"].get<std::string>().size(), 2 * std::min<std::size_t>(n, 64));
    EXPECT_EQ(json["tunnel"]["geneve_options"].get<std::string>().size(),
              2 * std::min<std::size_t>(n, 252));
    EXPECT_EQ(json["tunnel"]["erspan_options"].get<std::string>().size(),
              2 * std::min<std::size_t>(n, 64));
  }
}

/// The widest value of every key, each text escaped to six times its length.
TEST(PacketLine, the_longest_goes_through_a_pipe_whole) {
  const std::string prefix(127, '\x01'), iface(15, '\x02'), name(63, 'n'), host(64, 'h');
  const std::vector<std::uint8_t> octets(65535, 0xff);
  const std::vector<std::uint16_t> vids(max_vlan_tags + 2, 4095);
  Samples s;
  s.firewall = {name, "psample"};
  Ip ip{.version = IpVersion::v6};
  ip.octets.fill(0xff);
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  s.psample.out_tc = 65535;
  s.psample.out_tc_occ = most;
  s.psample.latency_ns = most;
  s.psample.cookie = octets;
  s.psample.tunnel = {.has = 0x7f,
                      .flags = 0x0f,
                      .tos = 255,
                      .ttl = 255,
                      .src_port = 65535,
                      .dst_port = 65535,
                      .id = most,
                      .src = ip,
                      .dst = ip,
                      .geneve_options = octets,
                      .erspan_options = octets};
  s.nflog = {.has = 7,
             .hook = 4,
             .family = 2,
             .mark = 4294967295,
             .uid = 4294967295,
             .gid = 4294967295,
             .prefix = prefix};
  const TcBpfExtra tc_bpf{
      .mark = 4294967295, .hash = 4294967295, .queue = 65535, .has_queue = true};
  s.frame = Frame{.link_header = octets,
                  .data = octets,
                  .wire_len = 4294967295,
                  .one_in = -std::numeric_limits<double>::min(),
                  .direction = Direction::ingress,
                  .psample = &s.psample,
                  .nflog = &s.nflog,
                  .tc_bpf = &tc_bpf};
  s.packet = Packet{{.stop = Stop::too_many_layers,
                     .ethernet = true,
                     .ether_type = 65535,
                     .ip_protocol = 58,
                     .has_ports = true,
                     .has_icmp = true,
                     .src_port = 65535,
                     .dst_port = 65535,
                     .icmp_type = 255,
                     .icmp_code = 255,
                     .src = ip,
                     .dst = ip}};
  Event event = s.full_packet();
  event.at = WallTime::min();
  event.group = 4294967295;
  event.in_iface = iface;
  event.out_iface = iface;
  event.vlan = vids;
  auto& body = std::get<PacketEvent>(event.body);
  body.phys_in = iface;
  body.phys_out = iface;
  const auto out = line(event, host);
  EXPECT_LE(out.size(), pipe_buf);
  const auto json = test::parse_json(out);
  EXPECT_EQ(json["packet"]["nflog"]["prefix"], prefix);
  // The packet's own keys fit into what every body has, the others into extra_room().
  const auto whole = object(event);
  EXPECT_LE(whole.find(",\"psample\""), 480U);
  EXPECT_LE(whole.size() - whole.find(",\"psample\""), format::extra_room(body));
}

}  // namespace
}  // namespace netweir
