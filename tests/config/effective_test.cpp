// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/kinds.h"
#include "config/tables.h"
#include "config/value.h"
#include "netweir/observation.h"

namespace netweir {
namespace {

using test::fake_kinds;
using test::listed;

TEST(Effective, WritesEveryDefault) {
  const auto loaded =
      config::load("sources: [{name: w, type: pcap, interface: eth0}]\n", fake_kinds());
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(config::effective(loaded.config),
            "host: auto\n"
            "sources:\n"
            "  - name: w\n"
            "    type: pcap\n"
            "    interface: eth0\n"
            "    snaplen: 256\n"
            "    promiscuous: false\n"
            "    domain: default\n"
            "    receive_buffer: 8MiB\n"
            "    receive_buffer_max: 32MiB\n"
            "receive_buffers: 64MiB\n"
            "stats: 1m\n"
            "bindings:\n"
            "  learn: [arp, nd]\n"
            "  refresh_after: 10m\n"
            "  expire_after: 24h\n"
            "  max: 65536\n"
            "  damping: {moves: 5, window: 3m}\n"
            "  limit: {rate: 100, burst: 5000}\n"
            "  proxy: 256\n"
            "  arp_flood: 1000\n"
            "stations:\n"
            "  max: 65536\n"
            "  max_age: 5m\n"
            "  limit: {rate: 100, burst: 5000}\n"
            "outputs:\n"
            "  - type: json\n"
            "    path: \"-\"\n"
            "    format: native\n"
            "    events: [binding, flow, loss, source, alert]\n");
}

TEST(Effective, WritesWhatGuardsTheBindings) {
  const auto loaded = config::load(
      "sources: [{name: w, type: plain}]\n"
      "bindings: {damping: off, limit: {burst: 7}, on_link: [\"2001:db8::/32\", 192.0.2.0/25], "
      "virtual_ips: [192.0.2.1], proxy: 0}\n",
      fake_kinds());
  ASSERT_EQ(listed(loaded.problems), "");
  const auto yaml = config::effective(loaded.config);
  EXPECT_NE(yaml.find("  damping: off\n"
                      "  limit: {rate: 100, burst: 7}\n"
                      "  on_link: [\"2001:db8::/32\", \"192.0.2.0/25\"]\n"
                      "  virtual_ips: [\"192.0.2.1\"]\n"
                      "  proxy: 0\n"
                      "  arp_flood: 1000\n"),
            std::string::npos)
      << yaml;
  const auto again = config::load(yaml, fake_kinds());
  ASSERT_EQ(listed(again.problems), "");
  EXPECT_EQ(again.config.bindings, loaded.config.bindings);
}

TEST(Effective, SourceAddressesNeedTheInterfacesNetworksWhereNoneAreGiven) {
  const auto on_link = [](const std::string& bindings) {
    const auto loaded = config::load(
        "sources: [{name: w, type: plain}]\nbindings: " + bindings + "\n", fake_kinds());
    EXPECT_EQ(listed(loaded.problems), "");
    const auto yaml = config::effective(loaded.config);
    EXPECT_EQ(config::load(yaml, fake_kinds()).config.bindings, loaded.config.bindings);
    const auto at = yaml.find("  on_link: ");
    return at == std::string::npos ? "" : yaml.substr(at + 2, yaml.find('\n', at) - at - 2);
  };
  EXPECT_EQ(on_link("{learn: [arp]}"), "");
  EXPECT_EQ(on_link("{learn: [arp, ip]}"), "on_link: [interface]");
  EXPECT_EQ(on_link("{learn: [ip], on_link: [192.0.2.0/24]}"), "on_link: [\"192.0.2.0/24\"]");
  EXPECT_EQ(on_link("{on_link: [192.0.2.0/24, interface]}"),
            "on_link: [interface, \"192.0.2.0/24\"]");
}

TEST(Effective, WritesTheTotals) {
  const auto loaded = config::load(
      "sources: [{name: w, type: plain}]\n"
      "traffic: [{name: t, key: [mark, vlan], by: packets, sources: [w]}, {name: \"5: #\"}]\n",
      fake_kinds());
  ASSERT_EQ(listed(loaded.problems), "");
  const auto yaml = config::effective(loaded.config);
  EXPECT_NE(yaml.find("  arp_flood: 1000\n"
                      "stations:\n"
                      "  max: 65536\n"
                      "  max_age: 5m\n"
                      "  limit: {rate: 100, burst: 5000}\n"
                      "traffic:\n"
                      "  - name: t\n"
                      "    key: [vlan, mark]\n"
                      "    interval: 1m\n"
                      "    top: 100\n"
                      "    by: packets\n"
                      "    max: 65536\n"
                      "    prefix_v4: 32\n"
                      "    prefix_v6: 128\n"
                      "    latency: false\n"
                      "    sources: [w]\n"
                      "  - name: \"5: #\"\n"
                      "    key: [src_ip, dest_ip, proto]\n"
                      "    interval: 1m\n"
                      "    top: 100\n"
                      "    by: bytes\n"
                      "    max: 65536\n"
                      "    prefix_v4: 32\n"
                      "    prefix_v6: 128\n"
                      "    latency: false\n"
                      "outputs:\n"),
            std::string::npos)
      << yaml;
}

/// Makes configurations that hold, of everything that the tables allow.
class Maker {
 public:
  explicit Maker(std::uint32_t seed) : random_(seed) {}

  config::Config make() {
    config::Config c;
    c.host = text(255, false);
    const auto sources = 1 + pick(3);
    for (std::size_t i = 0; i < sources; ++i) {
      SourceConfig s;
      s.name = text(60, false) + std::to_string(i);
      s.kind = pick(2) == 0 ? &test::wire_kind : &test::log_kind;
      fill(s.values, s.kind->options);
      fill(s.values, common_source_options());
      s.values.set(s.kind == &test::wire_kind ? "file" : "group", OptionValue{});
      s.values.set("domain", text(64, false));
      s.values.set("netns", "/" + text(200, false));
      s.values.set("receive_buffer", std::int64_t{2304} + static_cast<std::int64_t>(pick(99999)));
      s.values.set("receive_buffer_max", std::int64_t{1} << (20 + pick(9)));
      s.values.set("interface_vlan",
                   std::map<std::string, std::int64_t, std::less<>>{
                       {"eth7", 1 + static_cast<std::int64_t>(pick(4094))}, {"null", 4094}});
      c.sources.push_back(std::move(s));
    }
    c.bindings.learn = static_cast<std::uint8_t>(1 + pick(3));
    c.bindings.refresh_after = std::chrono::nanoseconds{random_() >> 12U};
    c.bindings.expire_after = std::chrono::seconds{1 + pick(9999999)};
    c.bindings.max = 1 + pick(16777216);
    c.stations.max = 1 + pick(16777216);
    c.stations.max_age = std::chrono::seconds{1 + pick(9999999)};
    if (pick(2) == 0) c.stations.rate = c.stations.burst = 0;
    const auto totals = pick(3);
    for (std::size_t i = 0; i < totals; ++i) {
      config::Traffic t{.name = text(60, false) + std::to_string(i)};
      t.interval = std::chrono::milliseconds{1000 + pick(86399001)};
      t.top = 1 + pick(65536);
      t.totals.key = 1 + static_cast<DimensionSet>(pick((1U << dimensions) - 1));
      t.totals.prefix_v4 = static_cast<std::uint8_t>(pick(33));
      t.totals.prefix_v6 = static_cast<std::uint8_t>(pick(129));
      t.totals.max = std::max<std::size_t>(std::max<std::size_t>(t.top, 16), pick(200000));
      t.totals.by_packets = pick(2) == 0;
      t.totals.latency = pick(2) == 0;
      for (const auto& s : c.sources)
        if (pick(2) == 0) t.sources.push_back(s.name);
      c.traffic.push_back(std::move(t));
    }
    const auto outputs = 1 + pick(3);
    for (std::size_t i = 0; i < outputs; ++i) {
      SinkConfig o;
      o.kind = &test::lines_kind;
      fill(o.values, o.kind->options);
      fill(o.values, config::common_sink_options());
      o.values.set("path", text(100, true) + std::to_string(i));
      c.outputs.push_back(std::move(o));
    }
    return c;
  }

 private:
  std::size_t pick(std::size_t n) { return random_() % n; }

  std::string text(std::size_t most, bool controls) {
    static const std::vector<std::string> pieces{"a",
                                                 "Z",
                                                 "5",
                                                 "-",
                                                 "_",
                                                 ".",
                                                 " ",
                                                 ":",
                                                 "#",
                                                 "'",
                                                 "\"",
                                                 "\\",
                                                 "[",
                                                 "}",
                                                 ",",
                                                 "&",
                                                 "*",
                                                 "!",
                                                 "%",
                                                 "@",
                                                 "`",
                                                 "|",
                                                 ">",
                                                 "?",
                                                 "~",
                                                 "=",
                                                 "\xC3\xA9",
                                                 "\xE4\xB8\xAD",
                                                 "\xF0\x9F\x98\x80",
                                                 "\xEF\xBB\xBF",
                                                 "null",
                                                 "true",
                                                 "<<",
                                                 "---",
                                                 ": ",
                                                 " #"};
    static const std::vector<std::string> odd{"\n",   "\t",       "\r",           "\x1b",
                                              "\x7f", "\xC2\x85", "\xE2\x80\xA8", "\x01"};
    std::string out;
    for (auto n = 1 + pick(12); n > 0; --n) {
      const auto& from = controls && pick(4) == 0 ? odd : pieces;
      const auto& piece = from[pick(from.size())];
      if (out.size() + piece.size() <= most) out += piece;
    }
    return out;
  }

  void fill(Values& values, std::span<const Option> options) {
    for (const auto& o : options) {
      if (!o.refused) values.set(o.key, value(o));
    }
  }

  OptionValue value(const Option& o) {
    const auto number = [&] {
      const auto width = static_cast<std::uint64_t>(o.max - o.min) + 1;
      return o.min + static_cast<std::int64_t>(width == 0 ? random_() : random_() % width);
    };
    switch (o.type) {
      case OptionType::text:
        return text(200, true);
      case OptionType::boolean:
        return pick(2) == 0;
      case OptionType::integer:
      case OptionType::size:
        return number();
      case OptionType::duration:
        return std::chrono::nanoseconds{number()};
      case OptionType::choice:
        return std::string(pick(2) == 0 ? "native" : "netmon");
      case OptionType::choices:
        return pick(2) == 0 ? std::vector<std::string>{"alert"}
                            : std::vector<std::string>{"source", "binding"};
      case OptionType::integers:
        return std::vector<std::int64_t>{5, 0, 65535};
      case OptionType::texts:
        return std::vector<std::string>{text(200, true), text(20, true)};
      case OptionType::map:
      case OptionType::group:
      case OptionType::source:
        break;
    }
    return {};
  }

  std::mt19937_64 random_;
};

TEST(Effective, HasTheFallbackWithoutWhatIsItsSources) {
  const auto loaded = config::load(
      "sources:\n- {name: a, type: nflog, group: 5, netns: red, domain: d, fallback: {type: pcap, "
      "interface: e}}\n",
      fake_kinds());
  ASSERT_EQ(listed(loaded.problems), "");
  ASSERT_EQ(loaded.config.sources.front().fallback.size(), 1U);
  const auto& fallback = loaded.config.sources.front().fallback.front();
  EXPECT_EQ(fallback.name, "a");
  EXPECT_EQ(fallback.values.text("netns"), "red");
  EXPECT_EQ(fallback.values.text("domain"), "d");
  const auto yaml = config::effective(loaded.config);
  EXPECT_NE(yaml.find("    fallback:\n      type: pcap\n      interface: e\n"), std::string::npos)
      << yaml;
  const auto again = config::load(yaml, fake_kinds());
  EXPECT_EQ(listed(again.problems), "") << yaml;
  EXPECT_TRUE(test::same(loaded.config, again.config));
}

TEST(Effective, IsTakenAgainAsTheSameConfiguration) {
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    const auto config = Maker(seed).make();
    const auto yaml = config::effective(config);
    const auto again = config::load(yaml, fake_kinds());
    ASSERT_EQ(listed(again.problems), "") << yaml;
    ASSERT_TRUE(test::same(config, again.config)) << yaml << config::effective(again.config);
    ASSERT_EQ(config::effective(again.config), yaml);
  }
}

}  // namespace
}  // namespace netweir
