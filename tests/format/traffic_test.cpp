// SPDX-License-Identifier: GPL-2.0-or-later
// The lines of `traffic` events.
#include "format/traffic.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

#include "format/native.h"
#include "format/samples.h"
#include "kit/json.h"

namespace netweir {
namespace {

using test::Samples;

constexpr std::size_t pipe_buf = 4096;    // what a pipe takes whole
constexpr std::size_t common_room = 512;  // what every body has
constexpr DimensionSet all_dimensions = (DimensionSet{1} << dimensions) - 1;

std::string line(const Event& event, std::string_view host = "switch7") {
  const format::Native native(host);
  std::string out;
  native.append(event, 1, out);
  return out;
}

/// The object of the totals alone.
std::string object(const Event& event) {
  const auto text = line(event);
  const auto at = text.find(",\"traffic\":");
  EXPECT_NE(at, std::string::npos) << text;
  return text.substr(at + 11, text.size() - at - 13);
}

Ip all_ones() {
  Ip ip{.version = IpVersion::v6};
  ip.octets.fill(0xff);
  return ip;
}

TEST(TrafficLine, with_everything) {
  const Samples s;
  EXPECT_EQ(line(s.traffic()),
            R"({"timestamp":"2025-11-20T15:46:58.364123456Z","event_type":"traffic","seq":1,)"
            R"("host":"switch7","source":{"name":"firewall","type":"nflog","group":5},)"
            R"("in_iface":"br0","out_iface":"br1","vlan":[100,4094],)"
            R"("traffic":{"name":"talkers","from":"2025-11-20T15:45:58.364123456Z",)"
            R"("to":"2025-11-20T15:46:58.364123456Z","proto":"TCP","src_ip":"192.0.2.0/24",)"
            R"("src_port":443,"dest_ip":"198.51.100.0/24","dest_port":51234,"dscp":46,"ecn":3,)"
            R"("length_class":"1024-1518","tcp_flags":24,"flow_label":1048575,"queue":3,)"
            R"("prefix":"web in: ","mark":7,"packets":100,"bytes":120000,"est_packets":51250,)"
            R"("est_packets_error":5119.994,"est_packets_low":42162,"est_packets_high":62286,)"
            R"("est_bytes":61500000,"est_bytes_error":6143992.7,"est_bytes_low":50594400,)"
            R"("est_bytes_high":74743200,"missed_at_most":1501,)"
            R"("latency":{"count":100,"mean":1500,"p50":1400,"p99":9216}}})"
            "\n");
}

TEST(TrafficLine, the_rest) {
  const Samples s;
  EXPECT_EQ(line(s.traffic_rest()),
            R"({"timestamp":"2025-11-20T15:46:58.364123456Z","event_type":"traffic","seq":1,)"
            R"("host":"switch7","source":{"name":"wire","type":"pcap"},)"
            R"("traffic":{"name":"talkers","from":"2025-11-20T15:45:58.364123456Z",)"
            R"("to":"2025-11-20T15:46:58.364123456Z","rest":true,"keys":1234,"packets":5678,)"
            R"("bytes":901234}})"
            "\n");
}

/// What stands between the times and the packets; the total has no dimension but those of the key.
TEST(TrafficLine, keys) {
  struct Case {
    const char* what;
    std::function<void(TrafficKey&, TrafficEvent&)> make;
    const char* keys;
  };
  const auto one = [](Dimension d) {
    return [d](TrafficKey& key, TrafficEvent&) { key.has = bit(d); };
  };
  const auto address = [](Ip ip, unsigned v4, unsigned v6) {
    return [=](TrafficKey& key, TrafficEvent& event) {
      key.has = bit(Dimension::src_ip) | bit(Dimension::dest_ip);
      key.src = key.dst = ip;
      event.prefix_v4 = static_cast<std::uint8_t>(v4);
      event.prefix_v6 = static_cast<std::uint8_t>(v6);
    };
  };
  const auto classed = [](std::uint32_t octets) {
    return [=](TrafficKey& key, TrafficEvent&) {
      key.has = bit(Dimension::length);
      key.length_class = length_class(octets);
    };
  };
  Ip v6{.version = IpVersion::v6};
  v6.octets[0] = 0x20;
  v6.octets[1] = 0x01;
  const Case cases[] = {
      {"nothing", [](TrafficKey& key, TrafficEvent&) { key.has = 0; }, ""},
      {"what stands in the envelope",
       [](TrafficKey& key, TrafficEvent&) {
         key.has = bit(Dimension::in_iface) | bit(Dimension::out_iface) | bit(Dimension::vlan) |
                   bit(Dimension::group);
       },
       ""},
      {"what the total is not of",
       [](TrafficKey&, TrafficEvent& event) { event.dimensions = bit(Dimension::mark); },
       R"(,"mark":0)"},
      {"proto", one(Dimension::proto), R"(,"proto":0)"},
      {"a protocol with a name",
       [](TrafficKey& key, TrafficEvent&) {
         key.has = bit(Dimension::proto);
         key.protocol = 58;
       },
       R"(,"proto":"IPv6-ICMP")"},
      {"one without",
       [](TrafficKey& key, TrafficEvent&) {
         key.has = bit(Dimension::proto);
         key.protocol = 255;
       },
       R"(,"proto":255)"},
      {"ARP",
       [](TrafficKey& key, TrafficEvent&) {
         key.has = bit(Dimension::proto);
         key.arp = true;
       },
       R"(,"proto":"ARP")"},
      {"addresses that are none", address({}, 24, 64), ""},
      {"whole addresses", address(Ip::v4(192, 0, 2, 1), 32, 0),
       R"(,"src_ip":"192.0.2.1","dest_ip":"192.0.2.1")"},
      {"prefixes", address(Ip::v4(192, 0, 2, 0), 31, 128),
       R"(,"src_ip":"192.0.2.0/31","dest_ip":"192.0.2.0/31")"},
      {"no bit", address(Ip::v4(0, 0, 0, 0), 0, 128),
       R"(,"src_ip":"0.0.0.0/0","dest_ip":"0.0.0.0/0")"},
      {"whole IPv6 addresses", address(v6, 0, 128), R"(,"src_ip":"2001::","dest_ip":"2001::")"},
      {"IPv6 prefixes", address(v6, 32, 127), R"(,"src_ip":"2001::/127","dest_ip":"2001::/127")"},
      {"no bit of IPv6", address({.version = IpVersion::v6}, 32, 0),
       R"(,"src_ip":"::/0","dest_ip":"::/0")"},
      {"more bits than there are", address(v6, 255, 255),
       R"(,"src_ip":"2001::","dest_ip":"2001::")"},
      {"one address", one(Dimension::dest_ip), ""},
      {"one port", one(Dimension::src_port), R"(,"src_port":0)"},
      {"the other", one(Dimension::dest_port), R"(,"dest_port":0)"},
      {"dscp", one(Dimension::dscp), R"(,"dscp":0)"},
      {"ecn", one(Dimension::ecn), R"(,"ecn":0)"},
      {"length", one(Dimension::length), R"(,"length_class":"0-64")"},
      {"64 octets", classed(64), R"(,"length_class":"0-64")"},
      {"65 octets", classed(65), R"(,"length_class":"65-127")"},
      {"127 octets", classed(127), R"(,"length_class":"65-127")"},
      {"128 octets", classed(128), R"(,"length_class":"128-255")"},
      {"255 octets", classed(255), R"(,"length_class":"128-255")"},
      {"256 octets", classed(256), R"(,"length_class":"256-511")"},
      {"511 octets", classed(511), R"(,"length_class":"256-511")"},
      {"512 octets", classed(512), R"(,"length_class":"512-1023")"},
      {"1023 octets", classed(1023), R"(,"length_class":"512-1023")"},
      {"1024 octets", classed(1024), R"(,"length_class":"1024-1518")"},
      {"1518 octets", classed(1518), R"(,"length_class":"1024-1518")"},
      {"1519 octets", classed(1519), R"(,"length_class":"1519-")"},
      {"4 GiB", classed(4294967295), R"(,"length_class":"1519-")"},
      {"a class that there is not",
       [](TrafficKey& key, TrafficEvent&) {
         key.has = bit(Dimension::length);
         key.length_class = 7;
       },
       ""},
      {"flags", one(Dimension::tcp_flags), R"(,"tcp_flags":0)"},
      {"flow label", one(Dimension::flow_label), R"(,"flow_label":0)"},
      {"queue", one(Dimension::queue), R"(,"queue":0)"},
      {"an empty prefix", one(Dimension::prefix), ""},
      {"hostile octets",
       [](TrafficKey& key, TrafficEvent& event) {
         key.has = bit(Dimension::prefix);
         event.prefix = std::string_view("\xff\"\n\\\0\xe2\x80\xa8", 8);
       },
       ",\"prefix\":\"\\ufffd\\\"\\n\\\\\\u0000\\u2028\""},
      {"a prefix that the total is not of",
       [](TrafficKey& key, TrafficEvent& event) {
         key.has = all_dimensions;
         event.dimensions = bit(Dimension::ecn);
         event.prefix = "web";
       },
       R"(,"ecn":0)"},
      {"mark", one(Dimension::mark), R"(,"mark":0)"},
  };
  for (const auto& c : cases) {
    Samples s;
    TrafficTotal total{.packets = 1, .octets = 2};
    total.key.has = all_dimensions;
    TrafficEvent body{.name = "t", .from = test::noon, .to = test::noon, .total = &total};
    body.dimensions = all_dimensions;
    c.make(total.key, body);
    EXPECT_EQ(object(s.of(body)), R"({"name":"t","from":"2025-11-20T15:46:58.364123456Z",)"
                                  R"("to":"2025-11-20T15:46:58.364123456Z")" +
                                      std::string(c.keys) + R"(,"packets":1,"bytes":2})")
        << c.what;
    if (body.rest) continue;
    body.rest = true;  // of which the key says nothing
    EXPECT_EQ(
        object(s.of(body)),
        R"({"name":"t","from":"2025-11-20T15:46:58.364123456Z",)"
        R"("to":"2025-11-20T15:46:58.364123456Z","rest":true,"keys":0,"packets":1,"bytes":2})")
        << c.what;
  }
}

TEST(TrafficLine, hostile_names) {
  Samples s;
  TrafficTotal total;
  TrafficEvent body{.name = "\xff\"\n", .total = &total};
  EXPECT_EQ(object(s.of(body)),
            "{\"name\":\"\\ufffd\\\"\\n\",\"from\":\"1970-01-01T00:00:00.000000000Z\","
            "\"to\":\"1970-01-01T00:00:00.000000000Z\",\"packets\":0,\"bytes\":0}");
}

/// Whole units, the errors as short as can be; nothing that JSON has no number for.
TEST(TrafficLine, estimates) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  struct Case {
    double value;
    const char *whole, *error;  // null: no key
  };
  const Case cases[] = {
      {0, "0", "0"},
      {-0.0, "0", "-0"},
      {0.4, "0", "0.4"},
      {0.5, "1", "0.5"},
      {1.49, "1", "1.49"},
      {100000, "100000", "1e+05"},
      {1e6, "1000000", "1e+06"},
      {9007199254740993.0, "9007199254740992", "9007199254740992"},
      {18446744073709549568.0, "18446744073709549568", "18446744073709549568"},
      {18446744073709551616.0, "18446744073709551616", "18446744073709551616"},
      {1e300, "1e+300", "1e+300"},
      {std::numeric_limits<double>::max(), "1.7976931348623157e+308", "1.7976931348623157e+308"},
      {std::numeric_limits<double>::min(), "0", "2.2250738585072014e-308"},
      {std::numeric_limits<double>::denorm_min(), "0", "5e-324"},
      {-1, "0", "-1"},
      {inf, nullptr, nullptr},
      {-inf, nullptr, nullptr},
      {nan, nullptr, nullptr},
      {-nan, nullptr, nullptr}};
  for (const auto& c : cases) {
    Samples s;
    TrafficTotal total{.all_packets = {c.value, c.value, c.value, c.value}};
    total.all_octets = total.all_packets;
    total.latency = {1, c.value, c.value, c.value};
    TrafficEvent body{.name = "t", .total = &total, .estimated = true};
    const auto pair = [](const std::string& key, const char* value) {
      return value == nullptr ? std::string{} : ",\"" + key + "\":" + value;
    };
    std::string expected = R"("packets":0,"bytes":0)";
    for (const std::string unit : {"est_packets", "est_bytes"}) {
      expected += pair(unit, c.whole) + pair(unit + "_error", c.error) +
                  pair(unit + "_low", c.whole) + pair(unit + "_high", c.whole);
    }
    expected += R"(,"latency":{"count":1)";
    for (const auto* key : {"mean", "p50", "p99"}) expected += pair(key, c.whole);
    const auto out = object(s.of(body));
    EXPECT_EQ(out.substr(out.find("\"packets\"")), expected + "}}") << c.value;
    EXPECT_FALSE(test::parse_json(out).is_discarded()) << out;
    body.estimated = false;
    EXPECT_EQ(object(s.of(body)).find("est_"), std::string::npos);
  }
}

/// A bound is rounded up, and said where there is something to say.
TEST(TrafficLine, what_may_be_missing) {
  const std::pair<double, const char*> cases[] = {
      {0, nullptr},
      {-1, nullptr},
      {1e-9, "1"},
      {1, "1"},
      {1.0000001, "2"},
      {1e300, "1e+300"},
      {std::numeric_limits<double>::infinity(), nullptr},
      {std::numeric_limits<double>::quiet_NaN(), nullptr}};
  for (const auto& [value, text] : cases) {
    Samples s;
    const TrafficTotal total{.missed_at_most = value};
    const auto out = object(s.of(TrafficEvent{.name = "t", .total = &total}));
    EXPECT_EQ(out.substr(out.find(",\"bytes\"")),
              text == nullptr ? R"(,"bytes":0})"
                              : R"(,"bytes":0,"missed_at_most":)" + std::string(text) + "}")
        << value;
  }
}

/// The widest value of every key there can be.
TrafficTotal widest() {
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  // In the shortest form the longest that a double has; as whole units 20 digits.
  constexpr double longest = -2.2250738585072014e-308, whole = 18446744073709549568.0;
  TrafficTotal total;
  total.key = {.has = all_dimensions,
               .src = all_ones(),
               .dst = all_ones(),
               .protocol = 58,
               .dscp = 255,
               .ecn = 255,
               .length_class = 5,
               .tcp_flags = 255,
               .src_port = 65535,
               .dst_port = 65535,
               .queue = 65535,
               .flow_label = 4294967295,
               .mark = 4294967295};
  total.packets = total.octets = most;
  total.all_packets = total.all_octets = {whole, longest, std::numeric_limits<double>::max(),
                                          std::numeric_limits<double>::max()};
  total.latency = {most, 1.7976931348623157e308, 1.7976931348623157e308, 1.7976931348623157e308};
  total.missed_at_most = 1.7976931348623157e308;
  return total;
}

TEST(TrafficLine, the_longest_fits_into_its_room) {
  const TrafficTotal total = widest();
  const std::string text(100, '\x01'), none;
  for (const std::string_view each : {std::string_view(text), std::string_view(none)}) {
    for (const bool rest : {false, true}) {
      Samples s;
      TrafficEvent body{.name = each,
                        .from = WallTime::min(),
                        .to = WallTime::min(),
                        .dimensions = all_dimensions,
                        .prefix_v4 = 31,
                        .prefix_v6 = 127,
                        .total = &total,
                        .estimated = true,
                        .rest = rest,
                        .keys = std::numeric_limits<std::uint64_t>::max(),
                        .prefix = each};
      const auto out = object(s.of(body));
      EXPECT_LE(out.size() + 16, common_room + format::extra_room(body)) << out;
      EXPECT_EQ(test::parse_json(out)["name"], each);
    }
  }
}

/// A pipe takes the longest there is whole; into a buffer of its own that has no octet to spare
/// (AddressSanitizer sees one too many).
TEST(TrafficLine, the_longest_goes_through_a_pipe_whole) {
  const TrafficTotal total = widest();
  const std::string prefix(127, '\x01'), iface(15, '\x02'), total_name(64, '"'), name(63, 'n'),
      host(64, 'h');
  const std::array<std::uint16_t, 2> vids{4095, 4095};
  Samples s;
  s.firewall = {name, "psample"};
  Event event = s.traffic();
  event.at = WallTime::min();
  event.group = 4294967295;
  event.in_iface = iface;
  event.out_iface = iface;
  event.vlan = vids;
  auto& body = std::get<TrafficEvent>(event.body);
  body.name = total_name;
  body.prefix = prefix;
  body.total = &total;
  body.from = body.to = WallTime::min();
  body.dimensions = all_dimensions;
  body.prefix_v4 = 31;
  body.prefix_v6 = 127;
  const auto out = line(event, host);
  EXPECT_LE(out.size(), pipe_buf);
  EXPECT_EQ(test::parse_json(out)["traffic"]["prefix"], prefix);

  const std::size_t octets = common_room + format::extra_room(body);
  const auto buffer = std::make_unique<char[]>(octets);
  const char* const end = format::put_traffic(buffer.get(), body);
  EXPECT_LE(static_cast<std::size_t>(end - buffer.get()), octets);
}

TEST(TrafficLine, netmon_has_none) {
  const Samples s;
  std::string out;
  EXPECT_FALSE(format::append_netmon(s.traffic(), out));
  EXPECT_FALSE(format::append_netmon(s.traffic_rest(), out));
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace netweir
