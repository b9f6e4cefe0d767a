// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/native.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "format/samples.h"
#include "kit/json.h"

namespace netweir {
namespace {

using test::noon;
using test::Samples;
using namespace std::chrono_literals;

std::string line(const Event& event, std::uint64_t seq = 1, std::string_view host = "switch7") {
  const format::Native native(host);
  std::string out = "before|";
  native.append(event, seq, out);
  EXPECT_EQ(out.substr(0, 7), "before|");
  return out.substr(7);
}

TEST(Native, hello) {
  const Samples s;
  EXPECT_EQ(line(s.hello()),
            R"({"timestamp":"2025-11-20T15:46:58.364123456Z","event_type":"hello","seq":1,)"
            R"("host":"switch7","hello":{"version":"0.1.0","schema":1,)"
            R"("instance":"6ba7b810-9dad-11d1-80b4-00c04fd430c8","sources":[)"
            R"({"name":"firewall","type":"nflog"},{"name":"wire","type":"pcap"}]}})"
            "\n");
}

TEST(Native, hello_without_sources) {
  Samples s;
  const Event event = s.of(HelloEvent{"1", "i", {}});
  EXPECT_NE(line(event).find(R"("instance":"i","sources":[]}})"), std::string::npos);
}

TEST(Native, moved_with_everything) {
  const Samples s;
  EXPECT_EQ(line(s.full_binding(), std::numeric_limits<std::uint64_t>::max()),
            R"({"timestamp":"2025-11-20T15:46:58.364123456Z","event_type":"binding",)"
            R"("seq":18446744073709551615,"host":"switch7",)"
            R"("source":{"name":"firewall","type":"nflog","group":5},)"
            R"("in_iface":"eth0","out_iface":"eth1","vlan":[100,4094],)"
            R"("binding":{"action":"MOVED","domain":"default","ip":"192.168.10.26",)"
            R"("mac":"84:39:c0:0b:22:25","previous_mac":"02:00:00:00:00:0a",)"
            R"("evidence":"arp_reply","first_seen":"2025-11-19T15:46:58.364123456Z",)"
            R"("last_seen":"2025-11-20T15:46:58.364123456Z","count":17,)"
            R"("sample_rate":256,"prefix":"arp in: "}})"
            "\n");
}

TEST(Native, what_is_not_there_has_no_key) {
  Samples s;
  s.change.action = BindingAction::created;
  EXPECT_EQ(line(s.binding()),
            R"({"timestamp":"2025-11-20T15:46:58.364123456Z","event_type":"binding","seq":1,)"
            R"("host":"switch7","source":{"name":"firewall","type":"nflog"},)"
            R"("binding":{"action":"NEW","domain":"default","ip":"192.168.10.26",)"
            R"("mac":"84:39:c0:0b:22:25","evidence":"arp_reply",)"
            R"("first_seen":"2025-11-19T15:46:58.364123456Z",)"
            R"("last_seen":"2025-11-20T15:46:58.364123456Z","count":17}})"
            "\n");
}

TEST(Native, expired_is_of_no_source_and_has_a_reason) {
  for (const auto& [reason, word] :
       {std::pair{ExpiredReason::age, "age"}, std::pair{ExpiredReason::table_full, "table_full"}}) {
    Samples s;
    s.change.action = BindingAction::expired;
    s.change.reason = reason;
    s.change.last_seen = noon - 24h;
    Event event = s.binding();
    event.source = nullptr;
    EXPECT_EQ(line(event),
              R"({"timestamp":"2025-11-20T15:46:58.364123456Z","event_type":"binding","seq":1,)"
              R"("host":"switch7","binding":{"action":"EXPIRED","reason":")" +
                  std::string(word) +
                  R"(","domain":"default","ip":"192.168.10.26","mac":"84:39:c0:0b:22:25",)"
                  R"("first_seen":"2025-11-19T15:46:58.364123456Z",)"
                  R"("last_seen":"2025-11-19T15:46:58.364123456Z","count":17}})"
                  "\n");
  }
}

TEST(Native, loss) {
  Samples s;
  EXPECT_EQ(line(s.loss()),
            R"({"timestamp":"2025-11-20T15:46:58.364123456Z","event_type":"loss","seq":1,)"
            R"("host":"switch7","source":{"name":"firewall","type":"nflog","group":5},)"
            R"("loss":{"unit":"packets","count":1024,"exact":false,"cause":"receive_buffer",)"
            R"("from":"2025-11-20T15:46:57.364123456Z","to":"2025-11-20T15:46:58.364123456Z"}})"
            "\n");
  for (const auto& [unit, word] :
       {std::pair{Unit::batches, "batches"}, std::pair{Unit::events, "events"},
        std::pair{Unit::datagrams, "datagrams"}}) {
    s.lost.unit = unit;
    s.lost.exact = true;
    const auto json = test::parse_json(line(s.loss()));
    EXPECT_EQ(json["loss"]["unit"], word);
    EXPECT_EQ(json["loss"]["exact"], true);
  }
}

TEST(Native, source_has_one_object) {
  Samples s;
  EXPECT_EQ(line(s.source()),
            R"({"timestamp":"2025-11-20T15:46:58.364123456Z","event_type":"source","seq":1,)"
            R"("host":"switch7","source":{"name":"firewall","type":"nflog","state":"retrying",)"
            R"("reason":"group 5 is held by port id 4711"}})"
            "\n");
  Event event = s.source();
  event.grouped = true;
  event.group = 0;
  event.body = SourceEvent{SourceState::up, {}};
  EXPECT_NE(
      line(event).find(R"("source":{"name":"firewall","type":"nflog","group":0,"state":"up"}})"),
      std::string::npos);
}

TEST(Native, listings_of_flows) {
  const Samples s;
  EXPECT_NE(line(s.resync(SourceState::resync_begin))
                .find(R"("source":{"name":"sessions","type":"conntrack","state":"resync_begin",)"
                      R"("reason":"resync"}})"),
            std::string::npos);
  EXPECT_NE(line(s.resync(SourceState::resync_end))
                .find(R"("source":{"name":"sessions","type":"conntrack","state":"resync_end",)"
                      R"("reason":"resync","added":3,"closed":2,"unchanged":99}})"),
            std::string::npos);
  const auto most = std::numeric_limits<std::uint64_t>::max();
  const std::string reason(3000, '\x01');  // beyond the buffer on the stack
  Event event = s.of(SourceEvent{SourceState::resync_end, reason, std::chrono::nanoseconds::max(),
                                 FlowListed{most, most, most}});
  const auto json = test::parse_json(line(event));
  EXPECT_EQ(json["source"]["unchanged"], most);
  EXPECT_EQ(json["source"]["gap"], 9223372036.854775807);
  event.body = SourceEvent{SourceState::resync_end, "failed", std::nullopt, std::nullopt};
  EXPECT_NE(line(event).find(R"("source":{"state":"resync_end","reason":"failed"}})"),
            std::string::npos);
}

TEST(Native, alert) {
  const Samples s;
  EXPECT_NE(line(s.alert()).find(
                R"("alert":{"kind":"table_full","message":"65536 bindings","count":3}})"),
            std::string::npos);
  EXPECT_NE(
      line(s.of(AlertEvent{"note", {}, 0})).find(R"("host":"switch7","alert":{"kind":"note"}})"),
      std::string::npos);
}

TEST(Native, stats_has_all_counters) {
  const Samples s;
  const auto text = line(s.stats());
  EXPECT_NE(text.find(R"("host":"switch7","stats":{"sources":[{"name":)"), std::string::npos)
      << text;
  EXPECT_NE(
      text.find(
          R"(],"outputs":[{"type":"json","path":"-","written":40,"queued":2,"dropped":1},{"type":"json","written":1,"queued":0,"dropped":0}],"bindings":{"count":7,"max":65536,"evicted":1,"suppressed":2,"damped":3,"overruled":4},"stations":{"count":5,"max":65536,"evicted":6,"suppressed":7}}})"),
      std::string::npos)
      << text;
  Event event = s.stats();
  std::get<StatsEvent>(event.body).stations.reset();
  EXPECT_NE(line(event).find(R"("damped":3,"overruled":4}}})"), std::string::npos);
}

TEST(Native, station) {
  const Samples s;
  const auto object = [&](StationAction action, ExpiredReason reason = ExpiredReason::age) {
    Event event = s.station(action);
    std::get<StationEvent>(event.body).reason = reason;
    const auto text = line(event);
    return text.substr(text.find("\"station\":{"));
  };
  EXPECT_EQ(
      object(StationAction::created),
      R"("station":{"action":"NEW","domain":"default","mac":"02:00:00:00:00:07","sample_rate":100}})"
      "\n");
  EXPECT_EQ(
      object(StationAction::moved),
      R"("station":{"action":"MOVED","domain":"default","mac":"02:00:00:00:00:07","previous_iface":"swp1","sample_rate":100}})"
      "\n");
  for (const auto reason : {ExpiredReason::age, ExpiredReason::table_full}) {
    EXPECT_EQ(
        object(StationAction::expired, reason),
        R"("station":{"action":"EXPIRED","reason":")" +
            std::string(reason == ExpiredReason::age ? "age" : "table_full") +
            R"(","domain":"default","mac":"02:00:00:00:00:07","duration":90.000000000,"idle":300.005000000}})"
            "\n");
  }
}

TEST(Native, alert_says_who) {
  const Samples s;
  AlertEvent alert{"duplicate", {}, 5, "red", Ip::v4(192, 0, 2, 1)};
  alert.mac = {{2, 0, 0, 0, 0, 1}};
  alert.previous_mac = {{2, 0, 0, 0, 0, 2}};
  alert.src_mac = {{2, 0, 0, 0, 0, 3}};
  EXPECT_NE(
      line(s.of(alert))
          .find(
              R"("alert":{"kind":"duplicate","count":5,"domain":"red","ip":"192.0.2.1","mac":"02:00:00:00:00:01","previous_mac":"02:00:00:00:00:02","src_mac":"02:00:00:00:00:03"}})"),
      std::string::npos);
}

TEST(Native, goodbye_has_ledgers) {
  const Samples s;
  EXPECT_NE(
      line(s.goodbye())
          .find(R"("goodbye":{"reason":"SIGTERM","sources":[)"
                R"({"name":"firewall","type":"nflog","unit":"packets","received":55,"filtered":1,)"
                R"("rejected":2,"decoded":{"done":30,"cut":4,"malformed":5,"unsupported":6,)"
                R"("too_many_layers":7},"lost":8,"lost_exact":false,"foreign":9,"truncated":10},)"
                R"({"name":"wire","type":"pcap","unit":"packets","received":0,"filtered":0,)"
                R"("rejected":0,"decoded":{"done":0,"cut":0,"malformed":0,"unsupported":0,)"
                R"("too_many_layers":0},"lost":0,"lost_exact":true,"foreign":0,"truncated":0}]}})"
                "\n"),
      std::string::npos);
}

TEST(Native, every_word) {
  Samples s;
  const std::pair<Evidence, const char*> evidence[] = {
      {Evidence::arp_request, "arp_request"},
      {Evidence::arp_reply, "arp_reply"},
      {Evidence::arp_reply_target, "arp_reply_target"},
      {Evidence::arp_announce, "arp_announce"},
      {Evidence::nd_ns, "nd_ns"},
      {Evidence::nd_na, "nd_na"},
      {Evidence::nd_rs, "nd_rs"},
      {Evidence::nd_ra, "nd_ra"}};
  for (const auto& [value, word] : evidence) {
    Event event = s.binding();
    std::get<BindingEvent>(event.body).evidence = value;
    EXPECT_EQ(test::parse_json(line(event))["binding"]["evidence"], word);
  }
  const std::pair<SourceState, const char*> states[] = {{SourceState::up, "up"},
                                                        {SourceState::down, "down"},
                                                        {SourceState::retrying, "retrying"},
                                                        {SourceState::fallback, "fallback"},
                                                        {SourceState::overloaded, "overloaded"},
                                                        {SourceState::recovered, "recovered"},
                                                        {SourceState::resync_begin, "resync_begin"},
                                                        {SourceState::resync_end, "resync_end"}};
  for (const auto& [value, word] : states) {
    Event event = s.source();
    event.body = SourceEvent{value, "r"};
    EXPECT_EQ(test::parse_json(line(event))["source"]["state"], word);
  }
  s.change.action = BindingAction::refreshed;
  EXPECT_EQ(test::parse_json(line(s.binding()))["binding"]["action"], "REFRESHED");
}

TEST(Native, sample_rates) {
  const Samples s;
  const std::pair<double, const char*> rates[] = {
      {1, nullptr},
      {2, "2"},
      {0.5, "0.5"},
      {1e6, "1e+06"},
      {1.0 / 3, "0.3333333333333333"},
      {-std::numeric_limits<double>::min(), "-2.2250738585072014e-308"},
      {std::numeric_limits<double>::infinity(), nullptr},
      {std::numeric_limits<double>::quiet_NaN(), nullptr}};
  for (const auto& [rate, text] : rates) {
    Event event = s.binding();
    std::get<BindingEvent>(event.body).sample_rate = rate;
    const auto out = line(event);
    const auto json = test::parse_json(out);
    EXPECT_EQ(json["binding"].contains("sample_rate"), text != nullptr) << rate;
    if (text == nullptr) continue;
    EXPECT_NE(out.find("\"sample_rate\":" + std::string(text) + "}"), std::string::npos) << out;
    EXPECT_EQ(json["binding"]["sample_rate"].get<double>(), rate);
  }
}

/// Every octet, in every text of every event, at lengths on both sides of the buffer's.
TEST(Native, any_octets_anywhere_stay_one_line_of_json) {
  for (const std::size_t repeat : {1U, 40U, 1000U}) {
    for (unsigned octet = 0; octet < 256; octet += repeat == 1000U ? 63 : 1) {
      const std::string text(repeat, static_cast<char>(octet));
      Samples s;
      s.firewall = {text, text};
      s.lost.cause = text;
      s.ledgers[0].name = text;
      s.ledgers[0].type = text;
      s.ledgers[0].unit = text;
      std::vector<Event> events = s.all();
      for (auto& event : events) {
        event.in_iface = text;
        event.out_iface = text;
        if (auto* hello = std::get_if<HelloEvent>(&event.body)) {
          hello->version = text;
          hello->instance = text;
        } else if (auto* binding = std::get_if<BindingEvent>(&event.body)) {
          binding->domain = text;
          binding->prefix = text;
        } else if (auto* packet = std::get_if<PacketEvent>(&event.body)) {
          s.nflog.prefix = text;
          packet->phys_in = text;
          packet->phys_out = text;
        } else if (std::holds_alternative<FlowEvent>(event.body)) {
          s.session.flow.helper = text;
          s.session.flow.secctx = text;
        } else if (auto* source = std::get_if<SourceEvent>(&event.body)) {
          source->reason = text;
        } else if (auto* alert = std::get_if<AlertEvent>(&event.body)) {
          alert->kind = text;
          alert->text = text;
        } else if (auto* goodbye = std::get_if<GoodbyeEvent>(&event.body)) {
          goodbye->reason = text;
        }
        const auto out = line(event, 1, text);
        ASSERT_EQ(out.find('\n'), out.size() - 1);
        const auto json = test::parse_json(out);
        ASSERT_FALSE(json.is_discarded()) << out;
        std::string expected = text;
        if (octet >= 0x80) {
          expected.clear();
          for (std::size_t i = 0; i < repeat; ++i) expected += "\xef\xbf\xbd";
        }
        ASSERT_EQ(json["in_iface"], expected);
        ASSERT_EQ(json["host"], expected);
      }
    }
  }
}

TEST(Native, widest_values_fit) {
  Samples s;
  const auto most = std::numeric_limits<std::uint64_t>::max();
  s.change.key.ip.version = IpVersion::v6;
  s.change.key.ip.octets.fill(0xff);
  s.change.count = most;
  s.lost.count = most;
  s.ledgers.fill(Ledger{.filtered = most / 8,
                        .rejected = most / 8,
                        .done = most / 8,
                        .cut = most / 8,
                        .malformed = most / 8,
                        .unsupported = most / 8,
                        .too_many_layers = most / 8,
                        .lost = most,
                        .lost_exact = false,
                        .foreign = most,
                        .truncated = most});
  const std::vector<std::uint16_t> vids(1000, 65535);
  for (auto event : s.all()) {
    event.at = WallTime::min();
    event.grouped = true;
    event.group = std::numeric_limits<std::uint32_t>::max();
    event.vlan = vids;
    s.frame.one_in = -std::numeric_limits<double>::min();
    if (auto* binding = std::get_if<BindingEvent>(&event.body)) {
      binding->sample_rate = s.frame.one_in;
    } else if (auto* alert = std::get_if<AlertEvent>(&event.body)) {
      alert->count = most;
    }
    const auto json = test::parse_json(line(event, most));
    ASSERT_FALSE(json.is_discarded());
    EXPECT_EQ(json["vlan"].size(), 1000U);
    EXPECT_EQ(json["seq"], most);
  }
}

TEST(Netmon, lines) {
  Samples s;
  std::string out;
  EXPECT_TRUE(format::append_netmon(s.full_binding(), out));
  s.change.action = BindingAction::created;
  EXPECT_TRUE(format::append_netmon(s.binding(), out));
  s.change.action = BindingAction::refreshed;
  Event early = s.full_binding();
  early.at = WallTime{} - 1ns;
  EXPECT_TRUE(format::append_netmon(early, out));
  EXPECT_EQ(
      out,
      R"({"ip":"192.168.10.26","mac":"84:39:c0:0b:22:25","previous_mac":"02:00:00:00:00:0a",)"
      R"("event":"MOVED","time":1763653618,"vid":100})"
      "\n"
      R"({"ip":"192.168.10.26","mac":"84:39:c0:0b:22:25","event":"NEW","time":1763653618,"vid":null})"
      "\n"
      R"({"ip":"192.168.10.26","mac":"84:39:c0:0b:22:25","event":"REFRESHED","time":-1,"vid":100})"
      "\n");
}

/// The line that netmon's documentation shows.
TEST(Netmon, as_documented) {
  Samples s;
  s.change.action = BindingAction::created;
  const std::uint16_t vid = 2;
  Event event = s.binding();
  event.at = WallTime{1714000000s + 999'999'999ns};
  event.vlan = {&vid, 1};
  std::string out;
  EXPECT_TRUE(format::append_netmon(event, out));
  EXPECT_EQ(out,
            "{\"ip\":\"192.168.10.26\",\"mac\":\"84:39:c0:0b:22:25\",\"event\":\"NEW\",\"time\":"
            "1714000000,"
            "\"vid\":2}\n");
}

TEST(Netmon, seconds_are_rounded_down) {
  Samples s;
  const std::pair<WallTime, const char*> cases[] = {
      {WallTime{}, ":0,"},
      {WallTime{999'999'999ns}, ":0,"},
      {WallTime{-1s}, ":-1,"},
      {WallTime{-1s - 1ns}, ":-2,"},
      {WallTime::min(), ":-9223372037,"},
      {WallTime::max(), ":9223372036,"},
  };
  for (const auto& [at, text] : cases) {
    Event event = s.binding();
    event.at = at;
    std::string out;
    EXPECT_TRUE(format::append_netmon(event, out));
    EXPECT_NE(out.find("\"time\"" + std::string(text)), std::string::npos) << out;
  }
}

TEST(Netmon, has_arp_and_ipv4_only) {
  Samples s;
  std::string out;
  for (const auto& event : {s.hello(), s.full_packet(), s.flow(), s.nat(), s.loss(), s.source(),
                            s.alert(), s.goodbye()}) {
    EXPECT_FALSE(format::append_netmon(event, out)) << name(event.type());
  }
  for (const auto evidence : {Evidence::nd_ns, Evidence::nd_na, Evidence::nd_rs, Evidence::nd_ra}) {
    Event event = s.binding();
    std::get<BindingEvent>(event.body).evidence = evidence;
    EXPECT_FALSE(format::append_netmon(event, out));
  }
  for (const auto evidence : {Evidence::arp_request, Evidence::arp_reply,
                              Evidence::arp_reply_target, Evidence::arp_announce}) {
    Event event = s.binding();
    std::get<BindingEvent>(event.body).evidence = evidence;
    std::string line;
    EXPECT_TRUE(format::append_netmon(event, line));
  }
  s.change.key.ip.version = IpVersion::v6;
  EXPECT_FALSE(format::append_netmon(s.binding(), out));
  s.change.key.ip.version = IpVersion::v4;
  s.change.action = BindingAction::expired;
  EXPECT_FALSE(format::append_netmon(s.binding(), out));
  EXPECT_EQ(out, "");
}

TEST(Event, types_have_names) {
  const Samples s;
  const char* names[] = {"hello",   "binding", "station", "packet", "flow",  "nat",
                         "traffic", "loss",    "source",  "alert",  "stats", "goodbye"};
  const auto all = s.all();
  ASSERT_EQ(all.size(), event_types);
  for (std::size_t i = 0; i < event_types; ++i) {
    EXPECT_EQ(static_cast<std::size_t>(all[i].type()), i);
    EXPECT_EQ(name(all[i].type()), names[i]);
  }
}

}  // namespace
}  // namespace netweir
