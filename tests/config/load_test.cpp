// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <chrono>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "config/kinds.h"
#include "config/option_table.h"
#include "config/report.h"
#include "config/tables.h"
#include "config/value.h"
#include "netweir/observation.h"

namespace netweir {
namespace {

using std::chrono_literals::operator""ns;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;
using test::fake_kinds;
using test::listed;

config::Config good(std::string_view yaml, config::Purpose purpose = config::Purpose::run) {
  auto loaded = config::load(yaml, fake_kinds(), purpose);
  EXPECT_EQ(listed(loaded.problems), "") << yaml;
  return std::move(loaded.config);
}

TEST(Load, EveryKeyReachesItsPlace) {
  const auto c = good(
      "host: gate\n"
      "sources:\n"
      "  - name: firewall\n"
      "    type: nflog\n"
      "    groups: [5, 6]\n"
      "    copy_range: 128\n"
      "    batch_size: 16KiB\n"
      "    queue_timeout: 1s500ms\n"
      "    domain: blue\n"
      "    netns: /run/netns/blue\n"
      "    receive_buffer: 2304\n"
      "    receive_buffer_max: 1MiB\n"
      "    interface_vlan: {eth7: 300, \"eth8\": 4094}\n"
      "  - {name: wire, type: pcap, file: ./a.pcap, promiscuous: true, snaplen: 262144}\n"
      "bindings: {learn: [nd], refresh_after: 0s, expire_after: 1h30m, max: 1, damping: off}\n"
      "outputs:\n"
      "  - {type: json, path: /tmp/x, format: netmon, events: [loss, binding]}\n"
      "  - type: json\n");
  EXPECT_EQ(c.host, "gate");
  ASSERT_EQ(c.sources.size(), 2U);
  const auto& log = c.sources[0];
  EXPECT_EQ(log.name, "firewall");
  EXPECT_EQ(log.kind, &test::log_kind);
  EXPECT_EQ(log.values.get<std::vector<std::int64_t>>("groups"), (std::vector<std::int64_t>{5, 6}));
  EXPECT_FALSE(log.values.has("group"));
  EXPECT_NE(log.values.find("group"), nullptr);
  EXPECT_EQ(log.values.find("fast_path"), nullptr);
  EXPECT_EQ(log.values.integer("copy_range"), 128);
  EXPECT_EQ(log.values.integer("batch_size"), 16384);
  EXPECT_EQ(log.values.duration("queue_timeout"), 1500ms);
  EXPECT_EQ(log.values.text("domain"), "blue");
  EXPECT_EQ(log.values.text("netns"), "/run/netns/blue");
  EXPECT_EQ(log.values.integer("receive_buffer"), 2304);
  EXPECT_EQ(log.values.integer("receive_buffer_max"), 1 << 20);
  const auto vlans =
      log.values.get<std::map<std::string, std::int64_t, std::less<>>>("interface_vlan");
  EXPECT_EQ(vlans.size(), 2U);
  EXPECT_EQ(vlans.find("eth7")->second, 300);
  EXPECT_EQ(vlans.find("eth8")->second, 4094);
  EXPECT_TRUE(c.sources[1].values.boolean("promiscuous"));
  EXPECT_EQ(c.sources[1].values.integer("snaplen"), 262144);
  EXPECT_EQ(c.sources[1].values.text("file"), "./a.pcap");
  EXPECT_EQ(c.bindings.learn, learn_nd);
  EXPECT_EQ(c.bindings.refresh_after, 0ns);
  EXPECT_EQ(c.bindings.expire_after, 90min);
  EXPECT_EQ(c.bindings.max, 1U);
  EXPECT_TRUE(c.has_bindings);
  ASSERT_EQ(c.outputs.size(), 2U);
  EXPECT_EQ(c.outputs[0].values.text("path"), "/tmp/x");
  EXPECT_EQ(c.outputs[0].values.text("format"), "netmon");
  EXPECT_EQ(c.outputs[0].values.get<std::vector<std::string>>("events"),
            (std::vector<std::string>{"loss", "binding"}));
  EXPECT_EQ(c.outputs[1].values.text("path"), "-");
}

TEST(Load, DefaultsAreTheContracts) {
  const auto c = good("sources: [{name: w, type: pcap, interface: eth0}]\n");
  EXPECT_EQ(c.host, "auto");
  const auto& v = c.sources[0].values;
  EXPECT_EQ(v.text("domain"), "default");
  EXPECT_FALSE(v.has("netns"));
  EXPECT_FALSE(v.has("interface_vlan"));
  EXPECT_EQ(v.integer("receive_buffer"), 8 << 20);
  EXPECT_EQ(v.integer("receive_buffer_max"), 32 << 20);
  EXPECT_EQ(v.integer("snaplen"), 256);
  EXPECT_FALSE(v.boolean("promiscuous"));
  EXPECT_EQ(c.bindings.learn, learn_arp | learn_nd);
  EXPECT_EQ(c.bindings.refresh_after, 600s);
  EXPECT_EQ(c.bindings.expire_after, 24h);
  EXPECT_EQ(c.bindings.max, 65536U);
  EXPECT_FALSE(c.has_bindings);
  ASSERT_EQ(c.outputs.size(), 1U);
  EXPECT_EQ(c.outputs[0].kind, &test::lines_kind);
  EXPECT_EQ(c.outputs[0].values.text("path"), "-");
  EXPECT_EQ(c.outputs[0].values.get<std::vector<std::string>>("events"),
            (std::vector<std::string>{"binding", "flow", "loss", "source", "alert"}));
}

TEST(Load, Traffic) {
  const auto c = good(
      "sources:\n"
      "  - {name: asic, type: psample}\n"
      "  - {name: wire, type: pcap, interface: eth0}\n"
      "traffic:\n"
      "  - name: queues\n"
      "    key: [queue, mark, in_iface]\n"
      "    interval: 1m30s\n"
      "    top: 5\n"
      "    by: packets\n"
      "    max: 16\n"
      "    prefix_v4: 0\n"
      "    prefix_v6: 64\n"
      "    latency: true\n"
      "    sources: [wire, asic]\n"
      "  - name: talkers\n");
  ASSERT_EQ(c.traffic.size(), 2U);
  const auto& t = c.traffic[0];
  EXPECT_EQ(t.name, "queues");
  EXPECT_EQ(t.interval, 90s);
  EXPECT_EQ(t.top, 5U);
  EXPECT_EQ(t.totals.key, bit(Dimension::queue) | bit(Dimension::mark) | bit(Dimension::in_iface));
  EXPECT_EQ(t.totals.prefix_v4, 0);
  EXPECT_EQ(t.totals.prefix_v6, 64);
  EXPECT_EQ(t.totals.max, 16U);
  EXPECT_TRUE(t.totals.by_packets);
  EXPECT_TRUE(t.totals.latency);
  EXPECT_EQ(t.sources, (std::vector<std::string>{"wire", "asic"}));
  // The defaults, of the struct and of the table alike.
  EXPECT_EQ(c.traffic[1], config::Traffic{.name = "talkers"});
  EXPECT_EQ(c.traffic[1].interval, 60s);
  EXPECT_EQ(c.traffic[1].top, 100U);
  EXPECT_EQ(c.traffic[1].totals.max, 65536U);
  EXPECT_EQ(c.traffic[1].totals.prefix_v4, 32);
  EXPECT_EQ(c.traffic[1].totals.prefix_v6, 128);
  EXPECT_EQ(c.traffic[1].totals.key,
            bit(Dimension::src_ip) | bit(Dimension::dest_ip) | bit(Dimension::proto));
}

TEST(Load, EveryDimensionHasItsWord) {
  const std::pair<const char*, Dimension> all[] = {{"in_iface", Dimension::in_iface},
                                                   {"out_iface", Dimension::out_iface},
                                                   {"vlan", Dimension::vlan},
                                                   {"src_ip", Dimension::src_ip},
                                                   {"dest_ip", Dimension::dest_ip},
                                                   {"proto", Dimension::proto},
                                                   {"src_port", Dimension::src_port},
                                                   {"dest_port", Dimension::dest_port},
                                                   {"dscp", Dimension::dscp},
                                                   {"ecn", Dimension::ecn},
                                                   {"length", Dimension::length},
                                                   {"tcp_flags", Dimension::tcp_flags},
                                                   {"flow_label", Dimension::flow_label},
                                                   {"group", Dimension::group},
                                                   {"queue", Dimension::queue},
                                                   {"prefix", Dimension::prefix},
                                                   {"mark", Dimension::mark}};
  static_assert(std::size(all) == dimensions);
  for (const auto& [word, dimension] : all) {
    const auto c = good("sources: [{name: a, type: plain}]\ntraffic: [{name: t, key: [" +
                        std::string(word) + "]}]\n");
    EXPECT_EQ(c.traffic.front().totals.key, bit(dimension)) << word;
    EXPECT_NE(config::effective(c).find("    key: [" + std::string(word) + "]\n"),
              std::string::npos);
  }
}

TEST(Load, LimitsOfTraffic) {
  const auto total = [](const std::string& keys) {
    return good("sources: [{name: a, type: plain}]\ntraffic: [{name: t, " + keys + "}]\n")
        .traffic.front();
  };
  EXPECT_EQ(total("interval: 1s").interval, 1s);
  EXPECT_EQ(total("interval: 1d").interval, 24h);
  EXPECT_EQ(total("top: 1").top, 1U);
  EXPECT_EQ(total("top: 65536").top, 65536U);
  EXPECT_EQ(total("max: 16777216").totals.max, 16777216U);
  EXPECT_EQ(total("max: 100").totals.max, 100U);
  EXPECT_EQ(total("prefix_v4: 32, prefix_v6: 0").totals.prefix_v6, 0);
}

/// Whoever asks for `traffic` and says no more gets one total; whoever does not gets none.
TEST(Load, OneTotalByDefault) {
  const std::string source = "sources: [{name: a, type: plain}]\n";
  const std::string wanted = "outputs: [{type: json, path: x}, {type: json, events: [traffic]}]\n";
  EXPECT_TRUE(good(source).traffic.empty());
  const auto c = good(source + wanted);
  ASSERT_EQ(c.traffic.size(), 1U);
  EXPECT_EQ(c.traffic.front(), config::Traffic{.name = "talkers"});
  const auto own = good(source + "traffic: [{name: t}]\n" + wanted);
  ASSERT_EQ(own.traffic.size(), 1U);
  EXPECT_EQ(own.traffic.front().name, "t");
  EXPECT_EQ(good(source + "traffic: [{name: t}]\n").traffic.size(), 1U);
  EXPECT_EQ(good(wanted, config::Purpose::replay).traffic.size(), 1U);
  std::vector<config::Traffic> none;
  config::traffic_by_default({}, none);
  EXPECT_TRUE(none.empty());
}

/// In a replay the sources are files, which the configuration does not know.
TEST(Load, TrafficOfAReplayNamesAnySource) {
  const auto c =
      good("sources: [{name: a, type: conntrack}]\ntraffic: [{name: t, sources: [b.pcap, a]}]\n",
           config::Purpose::replay);
  EXPECT_EQ(c.traffic.front().sources, (std::vector<std::string>{"b.pcap", "a"}));
}

/// A source of sessions has packets where its fallback has.
TEST(Load, TrafficOfAFallback) {
  const auto c = good(
      "sources: [{name: a, type: conntrack, fallback: {type: pcap, interface: e}}]\n"
      "traffic: [{name: t, sources: [a]}]\n");
  EXPECT_EQ(c.traffic.front().sources, (std::vector<std::string>{"a"}));
}

TEST(Load, TheSameFileInOtherClothes) {
  const std::string plain = "host: a b\nsources:\n- name: w\n  type: plain\n";
  const auto first = good(plain);
  std::string crlf;
  for (const char c : plain) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  for (const auto& other :
       {crlf, "\xEF\xBB\xBF" + plain, "---\n" + plain + "...\n", "# x\n\n" + plain + "# y",
        std::string("{\"host\": 'a b', sources: [{\"name\": \"w\", type: plain,},]}"),
        std::string("host:\ta b\t\nsources:\n  -   name:   w # c\n      type: plain   \n"),
        std::string("sources:\n    - type: plain\n      name: w\n\nhost: >-\n   a\n   b\n")}) {
    EXPECT_TRUE(test::same(first, good(other))) << other;
  }
}

TEST(Load, TextIsTakenAsWritten) {
  for (const auto* name :
       {"5", "0x10", "yes", "off", "1.5", "2026-11-20", "true", "a: b", "-", "\xC3\xA9"}) {
    const auto c = good("sources: [{type: plain, name: \"" + std::string(name) + "\"}]\n");
    EXPECT_EQ(c.sources[0].name, name);
  }
  EXPECT_EQ(good("sources: [{type: plain, name: 5}]\n").sources[0].name, "5");
  EXPECT_EQ(good("sources: [{type: plain, name: yes}]\n").sources[0].name, "yes");
  EXPECT_EQ(good("sources: [{type: plain, name: " + std::string(64, 'n') + "}]\n").sources[0].name,
            std::string(64, 'n'));
  EXPECT_EQ(good("host: " + std::string(255, 'h') + "\nsources: [{type: plain, name: a}]\n").host,
            std::string(255, 'h'));
}

TEST(Load, LimitsThemselvesAreInside) {
  const auto value = [](std::string_view key, std::string_view text) {
    return good("sources: [{type: nflog, name: a, group: 5, receive_buffer_max: 1023MiB, " +
                std::string(key) + ": " + std::string(text) + "}]\n")
        .sources[0]
        .values;
  };
  EXPECT_EQ(value("copy_range", "1").integer("copy_range"), 1);
  EXPECT_EQ(value("copy_range", "65535").integer("copy_range"), 65535);
  EXPECT_EQ(value("batch_size", "128KiB").integer("batch_size"), 131072);
  EXPECT_EQ(value("batch_size", "\"4096\"").integer("batch_size"), 4096);
  EXPECT_EQ(value("queue_timeout", "10000000ns").duration("queue_timeout"), 10ms);
  EXPECT_EQ(value("queue_timeout", "10s").duration("queue_timeout"), 10s);
  EXPECT_EQ(value("receive_buffer", "1023MiB").integer("receive_buffer"), 1023LL << 20);
}

TEST(Load, TheStandardsOfTheTablesHold) {
  for (const auto options :
       {common_source_options(), config::binding_options(), config::station_options(),
        config::traffic_options(), config::common_sink_options()}) {
    for (const auto& o : options) {
      const auto value = config::standard_value(o);
      EXPECT_EQ(std::holds_alternative<std::monostate>(value), o.standard.empty()) << o.key;
      EXPECT_FALSE(!o.refused && o.help.empty()) << o.key;
    }
  }
}

TEST(Documentation, HasTheTablesOfTheProgram) {
  const std::string path = NETWEIR_ROOT "/docs/configuration.md";
  test::check_option_table(path, "source", common_source_options());
  test::check_option_table(path, "bindings", config::binding_options());
  test::check_option_table(path, "stations", config::station_options());
  test::check_option_table(path, "traffic", config::traffic_options());
  test::check_option_table(path, "output", config::common_sink_options());
}

TEST(Documentation, ShowsErrorsAsTheyAre) {
  const std::string yaml =
      "sources:\n"
      "  - name: wire\n"
      "    type: pcap\n"
      "    interface: eth0\n"
      "    snaplne: 256\n"
      "    promiscuous: yes\n"
      "  - type: psampel\n"
      "    name: asic\n"
      "bindings:\n"
      "  refresh_after: 5 sec\n"
      "  learn: [arp, rarp]\n";
  std::string shown = "<!-- errors -->\n```\n";
  for (const auto& p : config::load(yaml, fake_kinds()).problems) {
    shown += config::describe(p, "netweir.yaml", yaml);
  }
  shown += "```\n<!-- end -->\n";
  const auto page = test::read_file(NETWEIR_ROOT "/docs/configuration.md");
  EXPECT_NE(page.find(shown), std::string::npos) << shown;
}

TEST(Documentation, NamesAllThatIsRefused) {
  const auto page = test::read_file(NETWEIR_ROOT "/docs/configuration.md");
  const auto from = page.find("Not in this version, and refused by name");
  ASSERT_NE(from, std::string::npos);
  std::vector<std::string_view> refused = config::later_sinks();
  for (const auto options :
       {common_source_options(), config::binding_options(), config::station_options(),
        config::traffic_options(), config::common_sink_options()}) {
    for (const auto& o : options) {
      if (o.refused) refused.push_back(o.key);
      for (const auto word : config::words(o.later)) refused.push_back(word);
    }
  }
  for (const auto word : refused) {
    EXPECT_NE(page.find("`" + std::string(word) + "`", from), std::string::npos) << word;
  }
}

}  // namespace
}  // namespace netweir
