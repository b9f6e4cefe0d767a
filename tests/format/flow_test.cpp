// SPDX-License-Identifier: GPL-2.0-or-later
// The lines of `flow` and `nat` events.
#include "format/flow.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "format/native.h"
#include "format/samples.h"
#include "kit/json.h"

namespace netweir {
namespace {

using test::noon;
using test::Samples;
using namespace std::chrono_literals;

constexpr std::size_t pipe_buf = 4096;    // what a pipe takes whole
constexpr std::size_t common_room = 512;  // what every body has

std::string line(const Event& event, std::string_view host = "switch7") {
  const format::Native native(host);
  std::string out;
  native.append(event, 1, out);
  return out;
}

/// The event's object alone.
std::string object(const Event& event) {
  const auto text = line(event, "h");
  const auto key = ",\"" + std::string(name(event.type())) + "\":{";
  const auto at = text.find(key);
  EXPECT_NE(at, std::string::npos) << text;
  return text.substr(at + key.size() - 1, text.size() - at - key.size() - 1);
}

Ip v6(const char* text) {
  Ip out{.version = IpVersion::v6};
  EXPECT_EQ(::inet_pton(AF_INET6, text, out.octets.data()), 1) << text;
  return out;
}

FlowTuple ports(std::uint8_t protocol, const Ip& src, std::uint16_t src_port, const Ip& dst,
                std::uint16_t dst_port) {
  return {.src = src,
          .dst = dst,
          .protocol = protocol,
          .has_ports = true,
          .src_port = src_port,
          .dst_port = dst_port};
}

FlowTuple echo(std::uint8_t protocol, const Ip& src, const Ip& dst, std::uint8_t type,
               std::uint16_t id) {
  return {.src = src,
          .dst = dst,
          .protocol = protocol,
          .has_icmp = true,
          .icmp_type = type,
          .icmp_id = id};
}

FlowTuple bare(std::uint8_t protocol, const Ip& src, const Ip& dst) {
  return {.src = src, .dst = dst, .protocol = protocol};
}

constexpr Ip inside = Ip::v4(192, 168, 10, 26), outside = Ip::v4(203, 0, 113, 7),
             behind = Ip::v4(10, 1, 2, 3), a = Ip::v4(192, 0, 2, 1), b = Ip::v4(192, 0, 2, 2);

TEST(FlowLine, with_everything) {
  const Samples s;
  EXPECT_EQ(
      line(s.flow()),
      R"({"timestamp":"2025-11-20T15:46:58.364123456Z","event_type":"flow","seq":1,)"
      R"("host":"switch7","source":{"name":"sessions","type":"conntrack"},)"
      R"("flow":{"action":"END","id":3735928559,"proto":"TCP","src_ip":"192.168.10.26",)"
      R"("src_port":51234,"dest_ip":"203.0.113.80","dest_port":443,)"
      R"("reply":{"src_ip":"10.1.2.3","src_port":8443,"dest_ip":"203.0.113.7","dest_port":40123},)"
      R"("nat":{"type":"snat_dnat","src_ip":"203.0.113.7","src_port":40123,)"
      R"("dest_ip":"10.1.2.3","dest_port":8443},"zone":1,"reply_zone":2,"mark":7,)"
      R"("labels":[0,9,15,127],"helper":"ftp","secctx":"system_u:object_r:http_packet_t:s0",)"
      R"("state":"TIME_WAIT","status":["expected","seen_reply","assured","confirmed","src_nat",)"
      R"("dst_nat","seq_adjust","src_nat_done","dst_nat_done","dying","fixed_timeout","template",)"
      R"("nat_clash","helper","offload","hw_offload"],"pkts_toserver":12,"pkts_toclient":10,)"
      R"("bytes_toserver":3456,"bytes_toclient":65432,"start":"2025-11-20T15:46:56.864123456Z",)"
      R"("end":"2025-11-20T15:46:58.363123456Z","duration":1.499000000,)"
      R"("community_id":"1:LzXvPAxH3FvFQB3UL6EIrPLwkCo=",)"
      R"("master":{"proto":"TCP","src_ip":"192.168.10.26","src_port":51200,)"
      R"("dest_ip":"203.0.113.80","dest_port":21},"reason":"kernel"}})"
      "\n");
}

TEST(NatLine, with_everything) {
  const Samples s;
  EXPECT_EQ(line(s.nat()),
            R"({"timestamp":"2025-11-20T15:46:58.364123456Z","event_type":"nat","seq":1,)"
            R"("host":"switch7","source":{"name":"sessions","type":"conntrack"},)"
            R"("nat":{"action":"DELETE","proto":"TCP","src_ip":"192.168.10.26","src_port":51234,)"
            R"("dest_ip":"203.0.113.80","dest_port":443,"type":"snat_dnat",)"
            R"("translated_src_ip":"203.0.113.7","translated_src_port":40123,)"
            R"("translated_dest_ip":"10.1.2.3","translated_dest_port":8443,"zone":1,)"
            R"("reply_zone":2,"id":3735928559,"reason":"kernel",)"
            R"("community_id":"1:LzXvPAxH3FvFQB3UL6EIrPLwkCo="}})"
            "\n");
}

/// Sessions with nothing but their tuples. The Community IDs are tshark's, of packets that scapy
/// made; that of UDP-Lite, for which it counts ports against the specification, is Python's.
TEST(FlowLine, tuples) {
  struct Case {
    const char* what;
    FlowTuple orig, reply;
    const char *keys, *nat;
  };
  const auto no_nat = "";
  const Case cases[] = {
      {"ICMP", echo(1, inside, Ip::v4(8, 8, 8, 8), 8, 77),
       echo(1, Ip::v4(8, 8, 8, 8), inside, 0, 77),
       R"("proto":"ICMP","src_ip":"192.168.10.26","dest_ip":"8.8.8.8","icmp_type":8,"icmp_code":0,)"
       R"("icmp_id":77,"community_id":"1:NrfhpBM5a+SeSMQ/c6TFCYde6YA=")",
       no_nat},
      {"ICMPv6", echo(58, v6("2001:db8::1"), v6("2001:db8::2"), 128, 9),
       echo(58, v6("2001:db8::2"), v6("2001:db8::1"), 129, 9),
       R"("proto":"IPv6-ICMP","src_ip":"2001:db8::1","dest_ip":"2001:db8::2","icmp_type":128,)"
       R"("icmp_code":0,"icmp_id":9,"community_id":"1:u2vMS3HiWth2lIMKHB1fjELshpQ=")",
       no_nat},
      {"GRE with keys", ports(47, a, 1, b, 2), ports(47, b, 2, a, 1),
       R"("proto":"GRE","src_ip":"192.0.2.1","src_port":1,"dest_ip":"192.0.2.2","dest_port":2,)"
       R"("community_id":"1:OF71QrXQ3uLb1NPEC6e1InPqsIM=")",
       no_nat},
      {"DCCP", ports(33, a, 5000, b, 5001), ports(33, b, 5001, a, 5000),
       R"("proto":"DCCP","src_ip":"192.0.2.1","src_port":5000,"dest_ip":"192.0.2.2",)"
       R"("dest_port":5001,"community_id":"1:O4FMOHS4+cvXKoBIbc2+OvBmMbU=")",
       no_nat},
      {"UDP-Lite", ports(136, a, 5000, b, 5001), ports(136, b, 5001, a, 5000),
       R"("proto":"UDPLite","src_ip":"192.0.2.1","src_port":5000,"dest_ip":"192.0.2.2",)"
       R"("dest_port":5001,"community_id":"1:hJQqTAs482C47Golt797f3yOhSE=")",
       no_nat},
      {"no name for it", bare(253, a, b), bare(253, b, a),
       R"("proto":253,"src_ip":"192.0.2.1","dest_ip":"192.0.2.2",)"
       R"("community_id":"1:roIOXmljz2SUut6Up2pGyYComK4=")",
       no_nat},
      {"source NAT", ports(17, inside, 40000, Ip::v4(198, 51, 100, 53), 53),
       ports(17, Ip::v4(198, 51, 100, 53), 53, outside, 1024),
       R"("proto":"UDP","src_ip":"192.168.10.26","src_port":40000,"dest_ip":"198.51.100.53",)"
       R"("dest_port":53,"reply":{"src_ip":"198.51.100.53","src_port":53,)"
       R"("dest_ip":"203.0.113.7","dest_port":1024},)"
       R"("nat":{"type":"snat","src_ip":"203.0.113.7","src_port":1024},)"
       R"("community_id":"1:8m/O57qr/BALB/G+PbVGOrMiN8I=")",
       R"("type":"snat","translated_src_ip":"203.0.113.7","translated_src_port":1024)"},
      {"destination NAT", ports(17, inside, 40000, Ip::v4(198, 51, 100, 53), 53),
       ports(17, behind, 5353, inside, 40000),
       R"("proto":"UDP","src_ip":"192.168.10.26","src_port":40000,"dest_ip":"198.51.100.53",)"
       R"("dest_port":53,"reply":{"src_ip":"10.1.2.3","src_port":5353,)"
       R"("dest_ip":"192.168.10.26","dest_port":40000},)"
       R"("nat":{"type":"dnat","dest_ip":"10.1.2.3","dest_port":5353},)"
       R"("community_id":"1:8m/O57qr/BALB/G+PbVGOrMiN8I=")",
       R"("type":"dnat","translated_dest_ip":"10.1.2.3","translated_dest_port":5353)"},
      {"ICMP behind source NAT with another id", echo(1, inside, Ip::v4(8, 8, 8, 8), 8, 77),
       echo(1, Ip::v4(8, 8, 8, 8), outside, 0, 4242),
       R"("proto":"ICMP","src_ip":"192.168.10.26","dest_ip":"8.8.8.8","icmp_type":8,"icmp_code":0,)"
       R"("icmp_id":77,"reply":{"src_ip":"8.8.8.8","dest_ip":"203.0.113.7","icmp_type":0,)"
       R"("icmp_code":0,"icmp_id":4242},)"
       R"("nat":{"type":"snat","src_ip":"203.0.113.7","icmp_id":4242},)"
       R"("community_id":"1:NrfhpBM5a+SeSMQ/c6TFCYde6YA=")",
       R"("type":"snat","translated_src_ip":"203.0.113.7","translated_icmp_id":4242)"},
      {"ICMP to a translated host", echo(1, inside, Ip::v4(8, 8, 8, 8), 8, 77),
       echo(1, behind, inside, 0, 77),
       R"("proto":"ICMP","src_ip":"192.168.10.26","dest_ip":"8.8.8.8","icmp_type":8,"icmp_code":0,)"
       R"("icmp_id":77,"reply":{"src_ip":"10.1.2.3","dest_ip":"192.168.10.26","icmp_type":0,)"
       R"("icmp_code":0,"icmp_id":77},"nat":{"type":"dnat","dest_ip":"10.1.2.3"},)"
       R"("community_id":"1:NrfhpBM5a+SeSMQ/c6TFCYde6YA=")",
       R"("type":"dnat","translated_dest_ip":"10.1.2.3")"},
      {"a protocol without ports behind source NAT", bare(253, a, b), bare(253, b, outside),
       R"("proto":253,"src_ip":"192.0.2.1","dest_ip":"192.0.2.2",)"
       R"("reply":{"src_ip":"192.0.2.2","dest_ip":"203.0.113.7"},)"
       R"("nat":{"type":"snat","src_ip":"203.0.113.7"},)"
       R"("community_id":"1:roIOXmljz2SUut6Up2pGyYComK4=")",
       R"("type":"snat","translated_src_ip":"203.0.113.7")"},
      {"another answer than the plain one, and no NAT", echo(1, a, b, 8, 1), echo(1, b, a, 14, 1),
       R"("proto":"ICMP","src_ip":"192.0.2.1","dest_ip":"192.0.2.2","icmp_type":8,"icmp_code":0,)"
       R"("icmp_id":1,"reply":{"src_ip":"192.0.2.2","dest_ip":"192.0.2.1","icmp_type":14,)"
       R"("icmp_code":0,"icmp_id":1},"community_id":"1:IOfYZQoUwQ3ZLk3+qU6KcSd9W5k=")",
       no_nat},
      {"no answer known",
       bare(253, a, b),
       {},
       R"("proto":253,"src_ip":"192.0.2.1","dest_ip":"192.0.2.2",)"
       R"("community_id":"1:roIOXmljz2SUut6Up2pGyYComK4=")",
       no_nat},
  };
  for (const auto& c : cases) {
    Samples s;
    s.session = FlowChange{.flow = {.id = 1, .orig = c.orig, .reply = c.reply}};
    EXPECT_EQ(object(s.flow()),
              R"({"action":"NEW","id":1,)" + std::string(c.keys) + R"(,"reason":"kernel"})")
        << c.what;
    if (*c.nat == '\0') continue;
    const auto nat = object(s.nat());
    EXPECT_EQ(nat.find(R"({"action":"CREATE","proto":)"), 0U) << nat;
    EXPECT_NE(nat.find("," + std::string(c.nat) + R"(,"id":1,"reason":"kernel")"),
              std::string::npos)
        << c.what << ": " << nat;
  }
}

FlowChange plain(FlowAction action = FlowAction::created) {
  return {.action = action,
          .flow = {.id = 1, .at = noon, .orig = bare(253, a, b), .reply = bare(253, b, a)}};
}

/// What stands between the tuple and its Community ID, and what after that.
TEST(FlowLine, what_is_told) {
  struct Case {
    const char* what;
    std::function<void(FlowChange&)> make;
    const char *middle, *tail;
  };
  const auto no_tail = R"(,"reason":"kernel"})";
  const Case cases[] = {
      {"zone of both directions", [](auto& c) { c.flow.zone = c.flow.reply_zone = 5; },
       R"(,"zone":5)", no_tail},
      {"zone of the original direction", [](auto& c) { c.flow.zone = 5; },
       R"(,"zone":5,"reply_zone":0)", no_tail},
      {"zone of the answers", [](auto& c) { c.flow.reply_zone = 65535; }, R"(,"reply_zone":65535)",
       no_tail},
      {"mark 0", [](auto& c) { c.flow.has = FlowRecord::has_mark; }, "", no_tail},
      {"greatest mark",
       [](auto& c) {
         c.flow.has = FlowRecord::has_mark;
         c.flow.mark = 0xffffffff;
       },
       R"(,"mark":4294967295)", no_tail},
      {"values without their bits",
       [](auto& c) {
         c.flow.mark = c.flow.status = c.flow.timeout = 7;
         c.flow.state = 3;
         c.flow.labels.fill(0xff);
         c.flow.to_server = c.flow.to_client = {1, 2};
         c.flow.start = c.flow.stop = noon;
         c.flow.master = c.flow.orig;
       },
       "", no_tail},
      {"no label", [](auto& c) { c.flow.has = FlowRecord::has_labels; }, "", no_tail},
      {"no status", [](auto& c) { c.flow.has = FlowRecord::has_status; }, "", no_tail},
      {"a status that we do not know",
       [](auto& c) {
         c.flow.has = FlowRecord::has_status;
         c.flow.status = 0xffff0000;
       },
       "", no_tail},
      {"hostile octets",
       [](auto& c) {
         c.flow.helper = "\xff\"\n";
         c.flow.secctx = std::string_view("a\\\0\xe2\x80\xa8", 6);
       },
       ",\"helper\":\"\\ufffd\\\"\\n\",\"secctx\":\"a\\\\\\u0000\\u2028\"", no_tail},
      {"a state that has no word",
       [](auto& c) {
         c.flow.has = FlowRecord::has_state;
         c.flow.state = 3;
       },
       R"(,"state":3)", no_tail},
      {"timeout",
       [](auto& c) {
         c.flow.has = FlowRecord::has_timeout;
         c.flow.timeout = 431999;
       },
       R"(,"timeout":431999)", no_tail},
      {"start",
       [](auto& c) {
         c.flow.has = FlowRecord::has_start;
         c.flow.start = WallTime{};
       },
       R"(,"start":"1970-01-01T00:00:00.000000000Z")", no_tail},
      {"interim",
       [](auto& c) {
         c.action = FlowAction::updated;
         c.reason = FlowReason::reconcile;
         c.flow.has = FlowRecord::has_counters | FlowRecord::has_timeout | FlowRecord::has_start |
                      FlowRecord::has_stop;
         c.flow.to_server = {.packets = 1, .octets = 18446744073709551615U};
         c.flow.start = noon - 1h;
       },
       R"(,"timeout":0,"pkts_toserver":1,"pkts_toclient":0,"bytes_toserver":18446744073709551615,)"
       R"("bytes_toclient":0,"start":"2025-11-20T14:46:58.364123456Z")",
       R"(,"reason":"reconcile"})"},
      {"found", [](auto& c) { c.reason = FlowReason::dump; }, "", R"(,"reason":"dump"})"},
      {"ended without times",
       [](auto& c) {
         c.action = FlowAction::ended;
         c.reason = FlowReason::filter;
         c.flow.has = FlowRecord::has_timeout;
       },
       R"(,"end":"2025-11-20T15:46:58.364123456Z")", R"(,"reason":"filter"})"},
      {"ended with its stop and no start",
       [](auto& c) {
         c.action = FlowAction::ended;
         c.flow.has = FlowRecord::has_stop;
         c.flow.stop = noon - 1ns;
       },
       R"(,"end":"2025-11-20T15:46:58.364123455Z")", no_tail},
      {"ended as it began",
       [](auto& c) {
         c.action = FlowAction::ended;
         c.flow.has = FlowRecord::has_start;
         c.flow.start = noon;
       },
       R"(,"start":"2025-11-20T15:46:58.364123456Z","end":"2025-11-20T15:46:58.364123456Z",)"
       R"("duration":0.000000000)",
       no_tail},
      {"ended before it began: no duration",
       [](auto& c) {
         c.action = FlowAction::ended;
         c.flow.has = FlowRecord::has_start;
         c.flow.start = noon + 1ns;
       },
       R"(,"start":"2025-11-20T15:46:58.364123457Z","end":"2025-11-20T15:46:58.364123456Z")",
       no_tail},
      {"a duration that no number holds",
       [](auto& c) {
         c.action = FlowAction::ended;
         c.flow.has = FlowRecord::has_start | FlowRecord::has_stop;
         c.flow.start = WallTime::min();
         c.flow.stop = WallTime::max();
       },
       R"(,"start":"1677-09-21T00:12:43.145224192Z","end":"2262-04-11T23:47:16.854775807Z")",
       no_tail},
      {"the longest duration",
       [](auto& c) {
         c.action = FlowAction::ended;
         c.flow.has = FlowRecord::has_start | FlowRecord::has_stop;
         c.flow.start = WallTime{};
         c.flow.stop = WallTime::max();
       },
       R"(,"start":"1970-01-01T00:00:00.000000000Z","end":"2262-04-11T23:47:16.854775807Z",)"
       R"("duration":9223372036.854775807)",
       no_tail},
      {"inferred, whatever is remembered",
       [](auto& c) {
         c.action = FlowAction::ended;
         c.reason = FlowReason::resync;
         c.inferred = true;
         c.end_from = noon - 10s;
         c.end_to = noon - 1s;
         c.flow.has = FlowRecord::has_counters | FlowRecord::has_start | FlowRecord::has_stop |
                      FlowRecord::has_timeout;
         c.flow.start = c.flow.stop = noon - 20s;
       },
       R"(,"counters":"unknown","start":"2025-11-20T15:46:38.364123456Z",)"
       R"("end_from":"2025-11-20T15:46:48.364123456Z","end_to":"2025-11-20T15:46:57.364123456Z")",
       R"(,"reason":"resync"})"},
      {"expected by a flow of another protocol",
       [](auto& c) {
         c.flow.has = FlowRecord::has_master;
         c.flow.master = ports(6, a, 1000, b, 1723);
       },
       "",
       R"(,"master":{"proto":"TCP","src_ip":"192.0.2.1","src_port":1000,"dest_ip":"192.0.2.2",)"
       R"("dest_port":1723},"reason":"kernel"})"},
  };
  constexpr const char* actions[] = {"NEW", "UPDATE", "END"};
  for (const auto& c : cases) {
    Samples s;
    s.session = plain();
    c.make(s.session);
    EXPECT_EQ(object(s.flow()),
              R"({"action":")" + std::string(actions[static_cast<int>(s.session.action)]) +
                  R"(","id":1,"proto":253,"src_ip":"192.0.2.1","dest_ip":"192.0.2.2")" + c.middle +
                  R"(,"community_id":"1:roIOXmljz2SUut6Up2pGyYComK4=")" + c.tail)
        << c.what;
  }
}

TEST(NatLine, of_an_inferred_end) {
  Samples s;
  s.session = plain(FlowAction::ended);
  s.session.reason = FlowReason::resync;
  s.session.inferred = true;
  s.session.end_from = noon - 10s;
  s.session.end_to = noon;
  s.session.flow.reply.dst = outside;
  EXPECT_EQ(
      object(s.nat()),
      R"({"action":"DELETE","proto":253,"src_ip":"192.0.2.1","dest_ip":"192.0.2.2",)"
      R"("type":"snat","translated_src_ip":"203.0.113.7","id":1,)"
      R"("end_from":"2025-11-20T15:46:48.364123456Z","end_to":"2025-11-20T15:46:58.364123456Z",)"
      R"("reason":"resync","community_id":"1:roIOXmljz2SUut6Up2pGyYComK4="})");
}

TEST(FlowLine, nothing_is_made_up) {
  Samples s;
  s.session = {};
  EXPECT_EQ(object(s.flow()), R"({"action":"NEW","id":0,"proto":0,"reason":"kernel"})");
  EXPECT_EQ(object(s.nat()), R"({"action":"CREATE","proto":0,"id":0,"reason":"kernel"})");
  s.session.flow.has = FlowRecord::has_master;  // of which nothing is known
  EXPECT_EQ(object(s.flow()),
            R"({"action":"NEW","id":0,"proto":0,"master":{"proto":0},"reason":"kernel"})");
}

/// Each label, and each known bit of the status, alone.
TEST(FlowLine, bits) {
  Samples s;
  s.session = plain();
  s.session.flow.has = FlowRecord::has_labels | FlowRecord::has_status;
  for (unsigned bit = 0; bit < 128; ++bit) {
    s.session.flow.labels = {};
    s.session.flow.labels.at(bit / 8) = static_cast<std::uint8_t>(1U << bit % 8);
    const auto json = test::parse_json(object(s.flow()));
    EXPECT_EQ(json["labels"], nlohmann::json::array({bit}));
  }
  // linux/netfilter/nf_conntrack_common.h
  constexpr const char* names[] = {"expected",     "seen_reply", "assured",       "confirmed",
                                   "src_nat",      "dst_nat",    "seq_adjust",    "src_nat_done",
                                   "dst_nat_done", "dying",      "fixed_timeout", "template",
                                   "nat_clash",    "helper",     "offload",       "hw_offload"};
  for (unsigned bit = 0; bit < 32; ++bit) {
    s.session.flow.status = 1U << bit;
    const auto json = test::parse_json(object(s.flow()));
    EXPECT_EQ(json.contains("status"), bit < std::size(names));
    if (bit >= std::size(names)) continue;
    EXPECT_EQ(json["status"], nlohmann::json::array({names[bit]}));
  }
}

// linux/netfilter/nf_conntrack_tcp.h and nf_conntrack_sctp.h;
// libnetfilter_conntrack/libnetfilter_conntrack_dccp.h.
TEST(FlowLine, states) {
  struct Case {
    std::uint8_t protocol;
    std::vector<std::string> words;
  };
  const Case cases[] = {
      {6,
       {"NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK",
        "TIME_WAIT", "CLOSE", "SYN_SENT2"}},
      {132,
       {"NONE", "CLOSED", "COOKIE_WAIT", "COOKIE_ECHOED", "ESTABLISHED", "SHUTDOWN_SENT",
        "SHUTDOWN_RECD", "SHUTDOWN_ACK_SENT", "HEARTBEAT_SENT", "HEARTBEAT_ACKED"}},
      {33,
       {"NONE", "REQUEST", "RESPOND", "PARTOPEN", "OPEN", "CLOSEREQ", "CLOSING", "TIMEWAIT",
        "IGNORE", "INVALID"}},
      {17, {}}};
  for (const auto& c : cases) {
    Samples s;
    s.session = plain();
    s.session.flow.orig.protocol = c.protocol;
    s.session.flow.has = FlowRecord::has_state;
    for (unsigned state = 0; state < 256; ++state) {
      s.session.flow.state = static_cast<std::uint8_t>(state);
      const auto json = test::parse_json(object(s.flow()));
      if (state < c.words.size()) {
        EXPECT_EQ(json["state"], c.words[state]);
      } else {
        EXPECT_EQ(json["state"], state);
      }
    }
  }
}

TEST(FlowLine, reasons) {
  const std::pair<FlowReason, const char*> reasons[] = {{FlowReason::kernel, "kernel"},
                                                        {FlowReason::dump, "dump"},
                                                        {FlowReason::resync, "resync"},
                                                        {FlowReason::reconcile, "reconcile"},
                                                        {FlowReason::filter, "filter"}};
  for (const auto& [reason, word] : reasons) {
    Samples s;
    s.session.reason = reason;
    EXPECT_EQ(test::parse_json(object(s.flow()))["reason"], word);
    EXPECT_EQ(test::parse_json(object(s.nat()))["reason"], word);
  }
}

/// The widest value of every key there can be, each text escaped to six times its length.
FlowChange widest(std::string_view text, bool inferred) {
  FlowTuple tuple{.protocol = 58,
                  .has_ports = true,
                  .has_icmp = true,
                  .icmp_type = 255,
                  .icmp_code = 255,
                  .icmp_id = 65535,
                  .src_port = 65535,
                  .dst_port = 65535};
  for (Ip* ip : {&tuple.src, &tuple.dst}) {
    ip->version = IpVersion::v6;
    ip->octets.fill(0xff);
  }
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  FlowChange change{.action = inferred ? FlowAction::ended : FlowAction::updated,
                    .reason = FlowReason::reconcile,
                    .inferred = inferred,
                    .end_from = WallTime::min(),
                    .end_to = WallTime::min(),
                    .flow = {.state = 255,
                             .has = 0xffff,
                             .zone = 65534,
                             .reply_zone = 65535,
                             .id = 4294967295,
                             .status = 0xffffffff,
                             .timeout = 4294967295,
                             .mark = 4294967295,
                             .start = WallTime{},
                             .stop = WallTime::max(),
                             .orig = tuple,
                             .reply = tuple,
                             .master = tuple,
                             .to_server = {most, most},
                             .to_client = {most, most},
                             .helper = text,
                             .secctx = text}};
  change.flow.orig.src.octets[15] = 0xfe;  // another one than the answers go to
  change.flow.orig.dst.octets[15] = 0xfe;
  change.flow.orig.icmp_id = 65534;
  change.flow.labels.fill(0xff);
  return change;
}

TEST(FlowLine, the_longest_fits_into_its_room) {
  const std::string text(100, '\x01'), none;
  for (const std::string_view each : {std::string_view(text), std::string_view(none)}) {
    for (const bool inferred : {false, true}) {
      for (const bool labels : {false, true}) {
        Samples s;
        s.session = widest(each, inferred);
        if (!labels) s.session.flow.has &= static_cast<std::uint16_t>(~FlowRecord::has_labels);
        std::vector<FlowAction> actions{FlowAction::ended};
        if (!inferred) actions = {FlowAction::created, FlowAction::updated, FlowAction::ended};
        for (const auto action : actions) {
          s.session.action = action;
          const auto flow = object(s.flow());
          const FlowEvent body{&s.session};
          EXPECT_LE(flow.size() + 16, common_room + format::extra_room(body)) << flow;
          EXPECT_FALSE(test::parse_json(flow).is_discarded()) << flow;
          EXPECT_EQ(flow.find("\"labels\":[0,") != std::string::npos, labels);
          const auto nat = object(s.nat());
          EXPECT_LE(nat.size() + 16, common_room + format::extra_room(NatEvent{&s.session})) << nat;
          EXPECT_NE(nat.find("translated_icmp_id"), std::string::npos);
        }
      }
    }
  }
}

/// A pipe takes the longest there is whole, up to a security context as long as they are.
TEST(FlowLine, the_longest_goes_through_a_pipe_whole) {
  const std::string helper(15, '\x01'), context(255, 'c'), name(63, 'n'), host(64, 'h');
  for (const bool inferred : {false, true}) {
    Samples s;
    s.sessions = {name, "conntrack"};
    s.session = widest(helper, inferred);
    s.session.flow.secctx = context;
    Event event = s.flow();
    event.at = WallTime::min();
    const auto out = line(event, host);
    EXPECT_LE(out.size(), pipe_buf);
    EXPECT_EQ(test::parse_json(out)["flow"]["secctx"], context);
  }
}

}  // namespace
}  // namespace netweir
