// SPDX-License-Identifier: GPL-2.0-or-later
#include "psample/rules.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "kit/hex.h"
#include "netlink/messages.h"
#include "psample/findings.h"

namespace netweir::psample {
namespace {

using Octets = std::vector<std::uint8_t>;
using Rules = std::array<Rule, actions_at_most>;

constexpr std::uint16_t new_filter = 44, new_qdisc = 36;

/// The messages of that type in a recording of tests/guest, without their nlmsghdrs.
std::vector<Octets> recorded(const std::string& file, std::uint16_t type) {
  std::ifstream in(NETWEIR_ROOT "/tests/guest/recorded/" + file + ".nl", std::ios::binary);
  EXPECT_TRUE(in) << file;
  const std::vector<char> all{std::istreambuf_iterator<char>(in), {}};
  const Octets octets{all.begin(), all.end()};
  std::vector<Octets> out;
  EXPECT_TRUE(netlink::each_message(octets, [&](const netlink::Message& m) {
    if (m.type == type) out.emplace_back(m.payload.begin(), m.payload.end());
  }));
  return out;
}

std::string told(const Rule& r) {
  return std::string(r.classifier) + (r.block != 0 ? " block " + std::to_string(r.block) : "") +
         (r.ifindex != 0 ? " index " + std::to_string(r.ifindex) : "") + " protocol " +
         std::to_string(r.protocol) + " pref " + std::to_string(r.preference) + " chain " +
         std::to_string(r.chain) + " 1/" + std::to_string(r.rate) + " group " +
         std::to_string(r.group) + " trunc " + std::to_string(r.truncation) +
         (r.in_hardware ? " in_hw" : "") + (r.skip_software ? " skip_sw" : "");
}

/// What a message says, one rule a line; "malformed" where it is refused.
std::string told(Bytes message) {
  Rules rules;
  const auto count = read_rules(message, rules);
  if (!count) return "malformed";
  std::string out;
  for (std::size_t i = 0; i < *count; ++i) out += told(rules[i]) + "\n";
  return out;
}

/// The first message of a recording that has a rule.
Octets with_rule(const std::string& file) {
  for (auto& m : recorded(file, new_filter)) {
    if (!told(m).empty()) return m;
  }
  ADD_FAILURE() << file << " has no rule";
  return {};
}

void append(Octets& to, std::uint16_t type, const Octets& value) {
  const std::uint16_t head[] = {static_cast<std::uint16_t>(value.size() + 4), type};
  Octets octets(sizeof head);
  std::memcpy(octets.data(), head, sizeof head);
  to.insert(to.end(), octets.begin(), octets.end());
  to.insert(to.end(), value.begin(), value.end());
  to.resize((to.size() + 3) & ~std::size_t{3});
}

Octets text(std::string_view word) {
  Octets out(word.begin(), word.end());
  out.push_back(0);
  return out;
}

/// A message of matchall with these actions. The layout is linux/pkt_cls.h's.
Octets matchall(const Octets& actions, const Octets& flags = {}) {
  Octets options;
  append(options, 2, actions);
  if (!flags.empty()) append(options, 3, flags);
  Octets out(20);
  append(out, 1, text("matchall"));
  append(out, 2, options);
  return out;
}

/// An action: kind and options.
Octets action(std::string_view kind, const Octets& options) {
  Octets out;
  append(out, 1, text(kind));
  append(out, 2, options);
  return out;
}

const Octets rate = test::hex("08000300 64000000");
const Octets group = test::hex("08000500 07000000");
Octets both() {
  auto out = rate;
  out.insert(out.end(), group.begin(), group.end());
  return out;
}

class PsampleRules : public testing::TestWithParam<const char*> {};

TEST_P(PsampleRules, AreWhatTcWasTold) {
  const struct {
    const char* file;
    const char* told;
  } cases[] = {
      {"filters-ingress",
       "matchall index 6 protocol 3 pref 1 chain 0 1/1000 group 1 trunc 0\n"
       "flower index 6 protocol 33024 pref 2 chain 0 1/100 group 2 trunc 128\n"
       "u32 index 6 protocol 2048 pref 3 chain 0 1/10 group 3 trunc 64\n"},
      {"filters-egress",
       "matchall index 6 protocol 3 pref 2 chain 0 1/7 group 4 trunc 96\n"
       "matchall index 6 protocol 3 pref 2 chain 0 1/9 group 5 trunc 0\n"},
      {"filters-block", "flower block 6 protocol 2054 pref 8 chain 2 1/5 group 6 trunc 0\n"},
  };
  for (const auto& c : cases) {
    std::string all;
    for (const auto& m : recorded(GetParam() + std::string("/") + c.file, new_filter))
      all += told(m);
    EXPECT_EQ(all, c.told) << c.file;
  }
}

TEST_P(PsampleRules, HangAtTheHooksOfTheQdiscs) {
  std::string all;
  for (const auto& m : recorded(GetParam() + std::string("/qdiscs"), new_qdisc)) {
    const auto qdisc = read_qdisc(m);
    ASSERT_TRUE(qdisc);
    const auto where = hooks(*qdisc);
    if (qdisc->ifindex < 6) continue;  // d0 and d1 are those that the rules are on
    all += std::string(qdisc->kind);
    for (std::size_t i = 0; i < where.count; ++i)
      all += (where.at[i].ingress ? " ingress " : " egress ") + std::to_string(where.at[i].parent);
    all += "\n";
  }
  EXPECT_EQ(all, "clsact ingress 4294967282 egress 4294967283\ningress ingress 4294901760\n");
}

TEST_P(PsampleRules, OfACutMessageAreNoneOrTheSame) {
  for (const char* file : {"filters-ingress", "filters-egress", "filters-block", "qdiscs"}) {
    for (const std::uint16_t type : {new_filter, new_qdisc}) {
      for (const auto& m : recorded(GetParam() + std::string("/") + file, type)) {
        const auto whole = told(m);
        for (std::size_t size = 0; size < m.size(); ++size) {
          // Of its own, so that the sanitizer sees the end.
          const auto copy = std::make_unique<std::uint8_t[]>(size);
          std::memcpy(copy.get(), m.data(), size);
          const auto cut = told(Bytes(copy.get(), size));
          EXPECT_TRUE(cut == "malformed" || cut.empty() || cut == whole) << file << size << cut;
          EXPECT_TRUE(size >= 20 || cut == "malformed") << size;
          const auto qdisc = read_qdisc(Bytes(copy.get(), size));
          EXPECT_TRUE(size >= 20 || !qdisc);
        }
      }
    }
  }
}

TEST_P(PsampleRules, SurviveAnyOctetInAnyPlace) {
  for (const char* file : {"filters-ingress", "filters-egress", "filters-block"}) {
    auto m = with_rule(GetParam() + std::string("/") + file);
    for (auto& octet : m) {
      const auto was = octet;
      for (const unsigned value : {0x00U, 0x01U, 0x03U, 0x04U, 0x7fU, 0x80U, 0xffU}) {
        octet = static_cast<std::uint8_t>(value);
        Rules rules;
        const auto count = read_rules(m, rules);
        EXPECT_LE(count.value_or(0), actions_at_most);
        (void)read_qdisc(m);
      }
      octet = was;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernels, PsampleRules, testing::Values("6.1", "6.12"), [](const auto& i) {
  return std::string(i.param) == "6.1" ? "linux_6_1" : "linux_6_12";
});

TEST(PsampleRulesMade, AreReadOrRefused) {
  Octets one, other, no_kind, no_options, wrong, twice;
  append(one, 1, action("sample", both()));
  append(other, 1, action("gact", test::hex("01 02 03")));  // never looked into
  append(no_kind, 1, Octets(8, 0xff));
  Octets kind_only;
  append(kind_only, 1, text("sample"));
  append(no_options, 1, kind_only);
  auto options = both();
  options.insert(options.end(), {6, 0, 4, 0, 1, 2, 0, 0});  // TRUNC_SIZE of two octets
  append(wrong, 1, action("sample", options));
  append(twice, 1, action("sample", both()));
  append(twice, 1, action("sample", both()));
  Octets without_rate, without_group;
  append(without_rate, 1, action("sample", group));
  append(without_group, 1, action("sample", rate));
  const std::string rule = "matchall protocol 0 pref 0 chain 0 1/100 group 7 trunc 0";
  const struct {
    const char* name;
    Octets message;
    std::string told;
  } cases[] = {
      {"one", matchall(one), rule + "\n"},
      {"the same order number twice", matchall(twice), rule + "\n" + rule + "\n"},
      {"in hardware", matchall(one, test::hex("04000000")), rule + " in_hw\n"},
      {"only there", matchall(one, test::hex("06000000")), rule + " in_hw skip_sw\n"},
      {"flags of two octets", matchall(one, test::hex("0400")), "malformed"},
      {"no action", matchall({}), ""},
      {"another action", matchall(other), ""},
      {"an action that is no nest", matchall(no_kind), "malformed"},
      {"without options", matchall(no_options), "malformed"},
      {"truncation of two octets", matchall(wrong), "malformed"},
      {"without a rate", matchall(without_rate), "malformed"},
      {"without a group", matchall(without_group), "malformed"},
      {"only the header", Octets(20), ""},
      {"empty", {}, "malformed"},
  };
  for (const auto& c : cases) EXPECT_EQ(told(c.message), c.told) << c.name;
}

TEST(PsampleRulesMade, AreAsManyAsAFilterHasActions) {
  Octets actions;
  for (std::uint16_t i = 1; i <= actions_at_most; ++i) append(actions, i, action("sample", both()));
  Rules rules;
  EXPECT_EQ(read_rules(matchall(actions), rules), actions_at_most);
  append(actions, actions_at_most + 1, action("sample", both()));
  EXPECT_EQ(read_rules(matchall(actions), rules), std::nullopt);
}

TEST(PsampleRulesMade, OfAnUnknownClassifierAreNone) {
  Octets actions;
  append(actions, 1, action("sample", both()));
  auto m = matchall(actions);
  m[24] = 'M';
  EXPECT_EQ(told(m), "");
}

TEST(PsampleHooks, OfEveryKindOfQdisc) {
  EXPECT_EQ(hooks({1, 0, "fq_codel"}).count, 0U);
  const auto where = hooks({1, 0x10000, "prio"});
  ASSERT_EQ(where.count, 1U);
  EXPECT_EQ(where.at[0].parent, 0x10000U);
  EXPECT_FALSE(where.at[0].ingress);
}

std::vector<std::string> commands(const Place& place, const TrafficControl& there) {
  std::vector<std::string> out;
  for (const auto& s : suggest(place, there))
    out.push_back(std::get<std::string>(s.fields.at(0).second));
  return out;
}

TEST(PsampleSuggestions, AreForTheInterfacesOfTheConfiguration) {
  using List = std::vector<std::string>;
  const std::string action = " ingress matchall action sample rate 1000 group 1 trunc 128";
  TrafficControl none;
  EXPECT_EQ(commands({}, none),
            (List{"tc qdisc add dev DEV clsact", "tc filter add dev DEV" + action}));
  none.ready.insert("swp1");
  const List names{"swp1", "a'b;c"};
  EXPECT_EQ(
      commands({"lab", names}, none),
      (List{"tc -n lab filter add dev swp1" + action, "tc -n lab qdisc add dev 'a'\\''b;c' clsact",
            "tc -n lab filter add dev 'a'\\''b;c'" + action}));
  const List one{"swp1"};
  EXPECT_EQ(commands({"/proc/7/ns/net", one}, none),
            List{"nsenter --net=/proc/7/ns/net tc filter add dev swp1" + action});
  none.rules.push_back({"x", true, {}});
  EXPECT_EQ(commands({"lab", names}, none), List{});
}

TEST(PsampleFindings, SayWhatIsOutOfTheOrdinary) {
  Installed i{"swp1", true, {}};
  i.rule.classifier = "flower";
  i.rule.protocol = 0x88cc;
  i.rule.preference = 3;
  i.rule.chain = 2;
  i.rule.block = 6;
  i.rule.rate = 10;
  i.rule.group = 5;
  i.rule.in_hardware = i.rule.skip_software = true;
  EXPECT_EQ(describe(i, "lab").text,
            "netns lab: swp1 ingress: flower, protocol 0x88cc, pref 3: 1 in 10 to group 5, whole "
            "packets, in hardware, not in software, chain 2, shared block 6");
  EXPECT_EQ(describe(Group{7, 1, 12}, {}).text,
            "group 7: used by 1 sampler, next sequence number 12");
}

}  // namespace
}  // namespace netweir::psample
