// SPDX-License-Identifier: GPL-2.0-or-later
// Files that are broken, huge, deep or made to hurt. The sanitizers watch; a time limit says that
// no work grows out of hand.
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <random>
#include <string>

#include "config/config.h"
#include "config/kinds.h"

namespace netweir {
namespace {

using test::fake_kinds;
using test::listed;

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

/// Loads, describes every problem, and prints what is good: nothing of it may hurt.
config::Loaded survive(const std::string& yaml) {
  auto loaded = config::load(yaml, fake_kinds());
  for (std::size_t i = 0; i < loaded.problems.size() && i < 20; ++i) {
    const auto& p = loaded.problems[i];
    EXPECT_FALSE(p.text.empty());
    EXPECT_LT(p.text.size(), 1000U) << p.text;
    const auto text = config::describe(p, "f.yaml", yaml);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), p.line == 0 ? 1 : 3) << text;
    for (const char c : text) EXPECT_TRUE(c == '\n' || c == '\t' || (c & 0xE0) != 0) << text;
  }
  if (loaded.ok()) {
    EXPECT_FALSE(loaded.config.outputs.empty());
    const auto again = config::load(config::effective(loaded.config), fake_kinds());
    EXPECT_EQ(listed(again.problems), "") << yaml;
    EXPECT_TRUE(test::same(again.config, loaded.config)) << yaml;
  }
  return loaded;
}

std::string full_sample() {
  auto yaml = test::read_file(NETWEIR_ROOT "/config/netweir.yaml");
  for (const auto* key :
       {"    queue_threshold:", "    overload:"}) {  // the test's kinds do not have them
    for (auto at = yaml.find(key); at != std::string::npos; at = yaml.find(key))
      yaml.erase(at, yaml.find('\n', at) + 1 - at);
  }
  return yaml;
}

TEST(Hostile, EveryTruncationOfTheFullSampleLoadsOrGivesErrors) {
  const auto whole = full_sample();
  ASSERT_TRUE(survive(whole).ok()) << listed(survive(whole).problems);
  std::size_t good = 0;
  for (std::size_t n = 0; n < whole.size(); ++n) good += survive(whole.substr(0, n)).ok() ? 1U : 0U;
  EXPECT_GT(good, 0U);
  EXPECT_LT(good, whole.size() - 500);
}

TEST(Hostile, MutationsOfTheFullSample) {
  const auto whole = full_sample();
  std::mt19937 random(20261120);
  static constexpr std::string_view odd = "[]{}:,-&*!|>'\"%@`#?\t\n\r \\\0x\x80\xC3\xFF<~0";
  for (int round = 0; round < 1500; ++round) {
    auto yaml = whole;
    for (auto edits = 1 + random() % 4; edits > 0; --edits) {
      const auto at = random() % yaml.size();
      switch (random() % 4) {
        case 0:
          yaml[at] = odd[random() % odd.size()];
          break;
        case 1:
          yaml.insert(at, 1, odd[random() % odd.size()]);
          break;
        case 2:
          yaml.erase(at, 1 + random() % 8);
          break;
        default:
          yaml.insert(at, yaml.substr(random() % yaml.size(), random() % 40));
      }
    }
    SCOPED_TRACE(round);
    survive(yaml);
  }
}

struct Bomb {
  std::string_view name;
  std::string yaml;
  std::string_view first;  ///< the first error
};

TEST(Hostile, BombsAreRefusedQuickly) {
  std::string aliases = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 11; ++i) {
    aliases += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" +
               repeated("*a" + std::to_string(i - 1) + ", ", 10) + "]\n";
  }
  std::string keys;
  for (int i = 0; i < 20000; ++i) keys += "hosts" + std::to_string(i) + ": 1\n";
  std::string names = "sources: [";
  for (int i = 0; i < 1024; ++i)
    names += "{type: plain, name: " + std::string(60, 'n') + std::to_string(i) + "},";
  names += "]";
  const std::string others = repeated("b,", mebibyte / 4);
  std::string deep;
  for (std::size_t i = 0; i < 1000; ++i) deep += std::string(i, ' ') + "a:\n";
  const Bomb bombs[] = {
      {"aliases", aliases, "1:1 unknown key `a0`"},
      {"nested_lists", repeated("[", 10000), "1:17 lists and maps lie in one another"},
      {"nested_maps", repeated("{a: ", 10000), "1:125 lists and maps lie in one another"},
      {"nested_lines", repeated("[\n", 10000), "17:1 lists and maps lie in one another"},
      {"nested_items", repeated("- ", 100000), "1:65 lists and maps lie in one another"},
      {"nested_questions", repeated("? ", 100000), "1:65 lists and maps lie in one another"},
      {"nested_blocks", deep, "1:1 unknown key `a`"},
      {"brackets", repeated("[", mebibyte), "1:16385 more than 16384 brackets"},
      {"braces", repeated("{", mebibyte), "1:16385 more than 16384 brackets"},
      {"keys", keys, "1:1 unknown key `hosts0`"},
      {"the_same_key", repeated("host: a\n", 50000), "2:1 `host` stands twice; first in line 1"},
      {"documents", repeated("---\n", 100000), "2:1 a second document begins here"},
      {"anchors", repeated("&a ", 100000), "1:4 anchors (&name) are not taken"},
      {"tags", "host: " + repeated("!", mebibyte / 2), "1:9 tags (!name) are not taken"},
      {"quotes", repeated("\"", mebibyte - 1), "1:1 "},
      {"one_word", "host: " + repeated("x", mebibyte - 10), "1:1 `sources` is missing"},
      {"one_key", repeated("x", mebibyte - 10) + ": 1", "1:1048567 a `:` is not expected here"},
      {"long_number",
       "sources: [{name: a, type: pcap, interface: x, snaplen: " + repeated("9", mebibyte / 2) +
           "}]",
       "1:56 `snaplen` must be an integer"},
      {"items", "sources: [" + repeated("a,", mebibyte / 8) + "]",
       "1:2059 `sources` must have at most 1024 items"},
      {"learn", "bindings: {learn: [" + repeated("a,", mebibyte / 8) + "]}",
       "1:1 `sources` is missing"},
      {"totals", "sources: []\ntraffic: [" + repeated("a,", mebibyte / 8) + "]",
       "1:10 `sources` is empty"},
      {"sources_of_a_total", names + "\ntraffic: [{name: t, sources: [" + others + "]}]\n",
       "2:30 `b` stands twice"},
      {"blank_lines", repeated("\n", mebibyte), "1:1 the configuration is empty"},
      {"too_large", repeated("#", mebibyte + 1), "0:0 the file is larger than 1 MiB"},
  };
  for (const auto& bomb : bombs) {
    SCOPED_TRACE(bomb.name);
    const auto start = std::clock();
    const auto loaded = survive(bomb.yaml);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    EXPECT_FALSE(loaded.ok());
    EXPECT_TRUE(listed(loaded.problems).starts_with(bomb.first))
        << listed(loaded.problems).substr(0, 300);
    EXPECT_LE(loaded.problems.size(), 1001U);
    EXPECT_LT(seconds, 5) << "of processor time, with sanitizers";
  }
}

TEST(Hostile, TheLargestFileAndTheDeepestThatAreTaken) {
  std::string yaml = "sources: [{name: a, type: plain}]\n";
  yaml += "#" + repeated("x", mebibyte - yaml.size() - 1);
  ASSERT_EQ(yaml.size(), mebibyte);
  EXPECT_EQ(listed(survive(yaml).problems), "");
  // 32 levels are read, and the values found wrong; one more is too deep.
  const auto nested = [](std::size_t n) {
    return "host: " + repeated("[", n) + repeated("]", n) + "\nsources: [{name: a, type: plain}]\n";
  };
  EXPECT_EQ(listed(survive(nested(31)).problems), "1:7 `host` must be text, not a list\n");
  EXPECT_EQ(listed(survive(nested(32)).problems),
            "1:38 lists and maps lie in one another more than 32 deep\n");
}

}  // namespace
}  // namespace netweir
