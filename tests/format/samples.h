// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <string_view>
#include <vector>

#include "netweir/event.h"

namespace netweir::test {

using namespace std::chrono_literals;

inline constexpr WallTime noon{1763653618s + 364123456ns};  // 2025-11-20T15:46:58.364123456Z

/// One event of each type, every optional part filled in, and what they point to. Not copyable:
/// the events point into it.
struct Samples {
  Samples() = default;
  Samples(const Samples&) = delete;
  Samples& operator=(const Samples&) = delete;

  SourceName firewall{"firewall", "nflog"}, wire{"wire", "pcap"}, sessions{"sessions", "conntrack"};
  std::array<const SourceName*, 2> both{&firewall, &wire};
  std::array<std::uint16_t, 2> vlan{100, 4094};
  BindingChange change{.action = BindingAction::moved,
                       .key = {.ip = Ip::v4(192, 168, 10, 26), .domain = 0, .vid = {100, 4094}},
                       .mac = {{0x84, 0x39, 0xc0, 0x0b, 0x22, 0x25}},
                       .previous_mac = {{0x02, 0, 0, 0, 0, 0x0a}},
                       .first_seen = noon - 24h,
                       .last_seen = noon,
                       .count = 17};
  Loss lost{.source = 0,
            .unit = Unit::packets,
            .count = 1024,
            .exact = false,
            .cause = "receive_buffer",
            .from = noon - 1s,
            .to = noon};
  std::array<Ledger, 2> ledgers{Ledger{.name = "firewall",
                                       .type = "nflog",
                                       .unit = "packets",
                                       .filtered = 1,
                                       .rejected = 2,
                                       .done = 30,
                                       .cut = 4,
                                       .malformed = 5,
                                       .unsupported = 6,
                                       .too_many_layers = 7,
                                       .lost = 8,
                                       .lost_exact = false,
                                       .foreign = 9,
                                       .truncated = 10},
                                Ledger{.name = "wire", .type = "pcap", .unit = "packets"}};

  // A UDP packet in VLAN 100, seen by psample and by NFLOG at once, so that one line has all keys.
  std::array<std::uint8_t, 4> cookie{0xde, 0xad, 0xbe, 0xef}, geneve{0x01, 0x02, 0x80, 0x00},
      erspan{0x0a, 0, 0, 0x0b};
  PsampleExtra psample{.has = PsampleExtra::has_queue | PsampleExtra::has_occupancy |
                              PsampleExtra::has_latency | PsampleExtra::has_tunnel |
                              PsampleExtra::ambiguous_out,
                       .out_tc = 3,
                       .out_tc_occ = 9216,
                       .latency_ns = 1500,
                       .cookie = cookie,
                       .tunnel = {.has = 0x7f,
                                  .flags = 0x0f,
                                  .tos = 8,
                                  .ttl = 64,
                                  .src_port = 40000,
                                  .dst_port = 6081,
                                  .id = 5001,
                                  .src = Ip::v4(198, 51, 100, 1),
                                  .dst = Ip::v4(198, 51, 100, 2),
                                  .geneve_options = geneve,
                                  .erspan_options = erspan}};
  NflogExtra nflog{.has = NflogExtra::has_uid | NflogExtra::has_gid | NflogExtra::has_mark,
                   .hook = 1,
                   .family = 2,
                   .mark = 7,
                   .uid = 1000,
                   .gid = 100,
                   .prefix = "dns in: "};
  DropExtra drop{.origin = DropExtra::Origin::hardware,
                 .ifindex = 7,
                 .pc = 81,
                 .reason = "NO_SOCKET",
                 .symbol = "udp_rcv+0x1/0x2",
                 .trap = "decap_error",
                 .trap_group = "tunnel_drops",
                 .port = "swp1",
                 .cookie = cookie};
  std::array<std::uint8_t, 128> octets{};
  Frame frame{.data = octets,
              .wire_len = 1514,
              .one_in = 512.5,
              .direction = Direction::ingress,
              .psample = &psample,
              .nflog = &nflog,
              .drop = &drop};
  Frame plain_frame{.data = octets, .wire_len = 128};
  Packet packet{{.stop = Stop::cut,
                 .at = Layer::udp,
                 .ethernet = true,
                 .ether_type = 0x0800,
                 .src_mac = {{0x84, 0x39, 0xc0, 0x0b, 0x22, 0x25}},
                 .dst_mac = {{0x02, 0, 0, 0, 0, 0x0a}},
                 .ip_protocol = 17,
                 .has_ports = true,
                 .src_port = 54585,
                 .dst_port = 53,
                 .src = Ip::v4(192, 168, 1, 52),
                 .dst = Ip::v4(8, 8, 8, 8)}};

  /// The end of an HTTPS session through a gateway that translates both sides, in a zone a
  /// direction.
  FlowChange session{.action = FlowAction::ended,
                     .flow = {.what = FlowRecord::What::destroyed,
                              .state = 7,
                              .has = 0x1ff,
                              .zone = 1,
                              .reply_zone = 2,
                              .id = 3735928559,
                              .status = 0xffffffff,
                              .timeout = 120,
                              .mark = 7,
                              .at = noon,
                              .start = noon - 1s - 500ms,
                              .stop = noon - 1ms,
                              .orig = {.src = Ip::v4(192, 168, 10, 26),
                                       .dst = Ip::v4(203, 0, 113, 80),
                                       .protocol = 6,
                                       .has_ports = true,
                                       .src_port = 51234,
                                       .dst_port = 443},
                              .reply = {.src = Ip::v4(10, 1, 2, 3),
                                        .dst = Ip::v4(203, 0, 113, 7),
                                        .protocol = 6,
                                        .has_ports = true,
                                        .src_port = 8443,
                                        .dst_port = 40123},
                              .master = {.src = Ip::v4(192, 168, 10, 26),
                                         .dst = Ip::v4(203, 0, 113, 80),
                                         .protocol = 6,
                                         .has_ports = true,
                                         .src_port = 51200,
                                         .dst_port = 21},
                              .to_server = {.packets = 12, .octets = 3456},
                              .to_client = {.packets = 10, .octets = 65432},
                              .labels = {0x01, 0x82, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80},
                              .helper = "ftp",
                              .secctx = "system_u:object_r:http_packet_t:s0"}};

  /// Of a sample of 1 in 512.5 that was told apart by everything; and what had no line, exactly.
  TrafficTotal talker{
      .key = {.has = (DimensionSet{1} << dimensions) - 1,
              .src = Ip::v4(192, 0, 2, 0),
              .dst = Ip::v4(198, 51, 100, 0),
              .protocol = 6,
              .dscp = 46,
              .ecn = 3,
              .length_class = 5,
              .tcp_flags = 24,
              .src_port = 443,
              .dst_port = 51234,
              .queue = 3,
              .flow_label = 0xfffff,
              .mark = 7},
      .packets = 100,
      .octets = 120000,
      .all_packets = {.value = 51250, .error = 5119.994, .low = 42161.6, .high = 62286.4},
      .all_octets = {.value = 6.15e7, .error = 6143992.7, .low = 50594400, .high = 74743200},
      .latency = {.count = 100, .mean = 1500.25, .p50 = 1400, .p99 = 9216},
      .missed_at_most = 1500.5};
  TrafficTotal others{.packets = 5678, .octets = 901234};

  Event of(decltype(Event::body) body) const {
    Event event;
    event.at = noon;
    event.body = body;
    return event;
  }
  Event hello() const {
    return of(HelloEvent{"0.1.0", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", both});
  }
  Event binding() const {
    BindingEvent body;
    body.change = &change;
    body.domain = "default";
    body.has_evidence = change.action != BindingAction::expired;
    body.evidence = Evidence::arp_reply;
    Event event = of(body);
    event.source = &firewall;
    return event;
  }
  Event full_binding() const {
    Event event = binding();
    event.grouped = true;
    event.group = 5;
    event.in_iface = "eth0";
    event.out_iface = "eth1";
    event.vlan = vlan;
    auto& body = std::get<BindingEvent>(event.body);
    body.sample_rate = 256;
    body.prefix = "arp in: ";
    return event;
  }
  Event station(StationAction action) const {
    StationEvent body{.action = action, .domain = "default", .mac = Mac{{2, 0, 0, 0, 0, 7}}};
    const bool expired = action == StationAction::expired;
    if (action == StationAction::moved) body.previous_iface = "swp1";
    if (expired) {
      body.duration = 90s;
      body.idle = 300s + 5ms;
    } else {
      body.sample_rate = 100;
    }
    Event event = of(body);
    if (!expired) event.source = &wire;
    event.in_iface = "swp2";
    event.vlan = vlan;
    return event;
  }
  /// Without what psample and NFLOG add.
  Event plain_packet() const {
    Event event = of(PacketEvent{&plain_frame, &packet, {}, {}});
    event.source = &wire;
    return event;
  }
  Event full_packet() const {
    Event event = of(PacketEvent{&frame, &packet, "swp1", "swp2"});
    event.source = &firewall;
    event.grouped = true;
    event.group = 5;
    event.in_iface = "br0";
    event.out_iface = "br1";
    event.vlan = vlan;
    return event;
  }
  Event flow() const {
    Event event = of(FlowEvent{&session});
    event.source = &sessions;
    return event;
  }
  Event nat() const {
    Event event = of(NatEvent{&session});
    event.source = &sessions;
    return event;
  }
  Event traffic() const {
    Event event = of(TrafficEvent{.name = "talkers",
                                  .from = noon - 1min,
                                  .to = noon,
                                  .dimensions = talker.key.has,
                                  .prefix_v4 = 24,
                                  .total = &talker,
                                  .estimated = true,
                                  .prefix = "web in: "});
    event.source = &firewall;
    event.grouped = true;
    event.group = 5;
    event.in_iface = "br0";
    event.out_iface = "br1";
    event.vlan = vlan;
    return event;
  }
  Event traffic_rest() const {
    Event event = of(TrafficEvent{.name = "talkers",
                                  .from = noon - 1min,
                                  .to = noon,
                                  .dimensions = talker.key.has,
                                  .total = &others,
                                  .rest = true,
                                  .keys = 1234});
    event.source = &wire;
    return event;
  }
  Event loss() const {
    Event event = of(LossEvent{&lost});
    event.source = &firewall;
    event.grouped = true;
    event.group = 5;
    return event;
  }
  Event source() const {
    Event event = of(SourceEvent{SourceState::retrying, "group 5 is held by port id 4711"});
    event.source = &firewall;
    return event;
  }
  Event resync(SourceState state) const {
    SourceEvent body{state, "resync"};
    if (state == SourceState::resync_end) body.listed = FlowListed{3, 2, 99};
    Event event = of(body);
    event.source = &sessions;
    return event;
  }
  Event alert() const { return of(AlertEvent{"table_full", "65536 bindings", 3}); }
  Event stats() const {
    static const OutputStats outputs[] = {{"json", "-", 40, 2, 1}, {"json", {}, 1, 0, 0}};
    return of(StatsEvent{ledgers, outputs, 7, 65536, {1, 2, 3, 4}, StationCounts{5, 65536, 6, 7}});
  }
  Event goodbye() const { return of(GoodbyeEvent{"SIGTERM", ledgers}); }

  std::vector<Event> all() const {
    return {hello(),       full_binding(), station(StationAction::moved),
            full_packet(), flow(),         nat(),
            traffic(),     loss(),         source(),
            alert(),       stats(),        goodbye()};
  }
};

}  // namespace netweir::test
