// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/kinds.h"

namespace netweir {
namespace {

using config::Setting;
using test::fake_kinds;

TEST(QuickSource, IsWhatTheFileWouldSay) {
  struct Case {
    std::string_view text, yaml;
  };
  for (const auto& c : {
           Case{"nflog:5", "{name: q, type: nflog, groups: [5]}"},
           Case{"nflog:5,6", "{name: q, type: nflog, groups: [5, 6]}"},
           Case{"nflog:[5, 6]", "{name: q, type: nflog, groups: [5, 6]}"},
           Case{"pcap:eth0", "{name: q, type: pcap, interface: eth0}"},
           Case{"pcap:eth0:1", "{name: q, type: pcap, interface: 'eth0:1'}"},
           Case{"pcap:./a b.pcap", "{name: q, type: pcap, file: './a b.pcap'}"},
           Case{"pcap:5", "{name: q, type: pcap, interface: '5'}"},
           Case{"plain", "{name: q, type: plain}"},
       }) {
    const auto quick = config::quick_source(c.text, "q", fake_kinds());
    ASSERT_TRUE(quick) << c.text << ": " << quick.error().what;
    const auto file = config::load("sources: [" + std::string(c.yaml) + "]\n", fake_kinds());
    ASSERT_TRUE(file.ok()) << test::listed(file.problems);
    EXPECT_EQ(*quick, file.config.sources[0]) << c.text;
  }
}

TEST(QuickSource, SaysWhatIsWrong) {
  struct Case {
    std::string_view text, what;
  };
  for (const auto& c : {
           Case{"nflg:5", "unknown source type `nflg`; did you mean `nflog`?"},
           Case{"",
                "unknown source type ``; known here: af_packet, conntrack, dropmon, nflog, "
                "pcap, plain, psample, tap, tc_bpf, ring"},
           Case{":5",
                "unknown source type ``; known here: af_packet, conntrack, dropmon, nflog, "
                "pcap, plain, psample, tap, tc_bpf, ring"},
           Case{"ring",
                "the source type `ring` is not in this build of netweir: built without "
                "libring"},
           Case{"ring:0",
                "the source type `ring` is not in this build of netweir: built without "
                "libring"},
           Case{"nflog", "give either `group` or `groups`"},
           Case{"nflog:", "nothing stands after `nflog:`"},
           Case{"plain:5", "the source type `plain` takes nothing after the colon: `plain:5`"},
           Case{"nflog:five",
                "each item of `groups` must be an integer between 0 and 65535, not `five`"},
           Case{"nflog:5,,6",
                "each item of `groups` must be an integer between 0 and 65535, not "
                "``"},
           Case{"nflog:65536",
                "each item of `groups` must be an integer between 0 and 65535, not `65536`"},
           Case{"nflog:5,5", "`5` stands twice in `groups`"},
       }) {
    const auto quick = config::quick_source(c.text, "q", fake_kinds());
    ASSERT_FALSE(quick) << c.text;
    EXPECT_EQ(quick.error().what, c.what);
    EXPECT_EQ(quick.error().code, EINVAL);
  }
}

TEST(QuickOutput, TakesKeysAsAUserWritesThem) {
  const std::array settings{Setting{"format", "netmon"}, Setting{"events", "binding, loss"},
                            Setting{"path", "5"}};
  const auto output = config::quick_output("json", settings, fake_kinds());
  ASSERT_TRUE(output) << output.error().what;
  EXPECT_EQ(output->kind, &test::lines_kind);
  EXPECT_EQ(output->values.text("format"), "netmon");
  EXPECT_EQ(output->values.text("path"), "5");
  EXPECT_EQ(output->values.get<std::vector<std::string>>("events"),
            (std::vector<std::string>{"binding", "loss"}));
  const auto plain = config::quick_output("json", {}, fake_kinds());
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->values.text("path"), "-");
  EXPECT_EQ(plain->values.get<std::vector<std::string>>("events").size(), 5U);
}

TEST(QuickOutput, SaysWhatIsWrong) {
  const auto error = [](std::string_view kind, std::string_view key, std::string_view value) {
    const std::array settings{Setting{key, value}};
    const auto output = config::quick_output(kind, settings, fake_kinds());
    return output ? std::string("none") : output.error().what;
  };
  EXPECT_EQ(error("json", "format", "xml"), "`format` must be one of native, netmon, not `xml`");
  EXPECT_EQ(
      error("json", "events", "bindings"),
      "each item of `events` must be one of binding, station, packet, flow, nat, traffic, loss, "
      "source, alert, stats, "
      "not "
      "`bindings`: "
      "did you mean `binding`?");
  EXPECT_EQ(error("json", "pth", "x"), "unknown key `pth`; did you mean `path`?");
  EXPECT_EQ(error("sqlite", "path", "x"),
            "the output type `sqlite` is not in this version of netweir");
}

}  // namespace
}  // namespace netweir
