// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "config/config.h"
#include "config/kinds.h"

namespace netweir {
namespace {

using std::string_literals::operator""s;
using test::fake_kinds;
using test::listed;

struct Case {
  std::string name, yaml;
  std::vector<std::string> errors;
};

std::string lines(const std::vector<std::string>& texts) {
  std::string out;
  for (const auto& text : texts) out += text + "\n";
  return out;
}

/// The cases of tests/config/refused.cases.
std::vector<Case> cases_of_the_file() {
  std::istringstream in(test::read_file(NETWEIR_ROOT "/tests/config/refused.cases"));
  std::vector<Case> cases;
  bool in_yaml = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("=== ")) {
      cases.push_back({line.substr(4), {}, {}});
      in_yaml = true;
    } else if (line == ">>>") {
      in_yaml = false;
    } else if (!cases.empty() && in_yaml) {
      cases.back().yaml += line + "\n";
    } else if (!cases.empty()) {
      cases.back().errors.push_back(line);
    }
  }
  return cases;
}

/// Those that a text file cannot hold.
std::vector<Case> other_cases() {
  return {
      Case{"Empty", ""s, {"1:1 the configuration is empty: `sources` is missing"}},
      Case{"TabIndents",
           "sources:\n-\tname: a\n\ttype: plain\n"s,
           {"2:2 a tab in the indentation: YAML takes blanks only"}},
      Case{"TabIndentsAKey",
           "sources: [{name: a, type: plain}]\nbindings:\n\tmax: 5\n"s,
           {"3:1 a tab in the indentation: YAML takes blanks only"}},
      Case{"Nul",
           "sources: [{name: a, type: plain}]\nhost: a\000b\n"s,
           {"2:8 a NUL octet: is this a text file, in UTF-8?"}},
      Case{"ControlCharacter",
           "sources: [{name: a, type: plain}]\nhost: a\033[2J\n"s,
           {"2:8 a control character; in double quotes it can be written as \\x and two digits"}},
      Case{"NotUtf8",
           "sources: [{name: a, type: plain}]\nhost: caf\351\n"s,
           {"2:10 this is not valid UTF-8"}},
      Case{"Utf16", "\377\376a\000"s, {"1:1 this is UTF-16: save the file as UTF-8"}},
      Case{"OverlongUtf8",
           "sources: [{name: a, type: plain}]\nhost: \300\257\n"s,
           {"2:7 this is not valid UTF-8"}},
      Case{"Surrogate",
           "sources: [{name: a, type: plain}]\n# \355\240\200\n"s,
           {"2:3 this is not valid UTF-8"}},
      Case{"LoneCarriageReturn",
           "sources: [{name: a, type: plain}]\rhost: a\r"s,
           {"1:34 a carriage return without a line feed: lines end with LF or CR LF"}},
      Case{"UnclosedListAtTheEnd",
           "sources: [{name: a, type: plain}]\nbindings: {learn: [arp"s,
           {"2:19 the list that opens here is not closed: `,` or `]` is missing"}},
      Case{"CrLf",
           "sources: [{name: a, type: plain}]\r\nhots: a\r\nbindings: {max: 0}\r\n"s,
           {"2:1 unknown key `hots`; did you mean `host`?",
            "3:17 `max` must be an integer between 1 and 16777216, not `0`"}},
      Case{"ByteOrderMark",
           "\357\273\277hots: a\nsources: [{name: a, type: plain}]\n"s,
           {"1:1 unknown key `hots`; did you mean `host`?"}},
  };
}

TEST(Refused, EveryErrorOfEveryCaseWithItsPlace) {
  auto cases = cases_of_the_file();
  ASSERT_GE(cases.size(), 150U);
  for (auto& c : other_cases()) cases.push_back(std::move(c));
  std::set<std::string> names;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_TRUE(names.insert(c.name).second) << "two cases of this name";
    ASSERT_FALSE(c.errors.empty());
    EXPECT_EQ(listed(config::load(c.yaml, fake_kinds()).problems), lines(c.errors));
  }
}

TEST(Refused, ReplayNeedsNoSourcesButChecksThem) {
  for (const auto* yaml : {"", "# nothing\n", "host: a\n", "sources: []\n"}) {
    EXPECT_EQ(listed(config::load(yaml, fake_kinds(), config::Purpose::replay).problems), "")
        << yaml;
  }
  EXPECT_EQ(listed(config::load("sources: [{name: a, type: nflg}]\n", fake_kinds(),
                                config::Purpose::replay)
                       .problems),
            "1:27 unknown source type `nflg`; did you mean `nflog`?\n");
}

TEST(Refused, TenErrorsAreTenMessages) {
  const std::string yaml =
      "sources:\n"
      "  - name: a\n"
      "    type: nflog\n"
      "    group: 5\n"
      "    batch_size: 64KB\n"
      "    copy_range: [1]\n"
      "    queue_timeout: 5 sec\n"
      "  - name: a\n"
      "    type: pcap\n"
      "    interface: eth0\n"
      "    snaplne: 256\n"
      "    promiscuous: yes\n"
      "bindings:\n"
      "  learn: [arp, ndp]\n"
      "  max: 5\n"
      "  max: 6\n"
      "outputs:\n"
      "  - type: json\n"
      "    format: nativ\n"
      "  - type: sqlite\n";
  const auto loaded = config::load(yaml, fake_kinds());
  EXPECT_EQ(loaded.problems.size(), 10U) << listed(loaded.problems);
  std::size_t last = 0;
  for (const auto& p : loaded.problems) {
    EXPECT_GT(p.line, last) << p.text;
    last = p.line;
    EXPECT_GT(p.column, 0U) << p.text;
    std::istringstream in(yaml);
    std::string line;
    for (std::size_t i = 0; i < p.line; ++i) std::getline(in, line);
    const auto text = config::describe(p, "f.yaml", yaml);
    EXPECT_NE(text.find("\n    " + line + "\n"), std::string::npos) << text;
  }
}

TEST(Refused, NoMoreThanAThousandAreKept) {
  std::string yaml = "sources: [{name: a, type: plain}]\n";
  for (int i = 0; i < 1500; ++i) yaml += "zz" + std::to_string(i) + ": 1\n";
  const auto loaded = config::load(yaml, fake_kinds());
  ASSERT_EQ(loaded.problems.size(), 1001U);
  EXPECT_EQ(loaded.problems.back().line, 0U);
  EXPECT_EQ(loaded.problems.back().text, "there are 1500 errors; 1000 of them are shown");
}

TEST(Refused, TooManySourcesAndOutputs) {
  std::string yaml = "outputs:\n";
  for (int i = 0; i < 65; ++i) yaml += "- {type: json, path: f" + std::to_string(i) + "}\n";
  yaml += "sources:\n";
  for (int i = 0; i < 1025; ++i) yaml += "- {name: s" + std::to_string(i) + ", type: plain}\n";
  EXPECT_EQ(listed(config::load(yaml, fake_kinds()).problems),
            "66:3 `outputs` must have at most 64 items, not 65\n"
            "1092:3 `sources` must have at most 1024 items, not 1025\n");
}

TEST(Refused, WithoutJsonTheDefaultOutputIsAnError) {
  config::Kinds kinds = fake_kinds();
  kinds.sinks = kinds.sinks.subspan(1);
  EXPECT_EQ(listed(config::load("sources: [{name: a, type: plain}]\n", kinds).problems),
            "0:0 unknown output type `json`; known here: bus\n");
}

}  // namespace
}  // namespace netweir
