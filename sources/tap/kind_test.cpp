// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "netweir/source_kind.h"

namespace netweir::tap {
extern const SourceKind kind;
namespace {

using Texts = std::vector<std::string>;

Values values(std::string_view interface) {
  Values v;
  v.set("interface", std::string(interface));
  return v;
}

std::string problem(const Values& v) {
  const auto p = kind.validate(v);
  return p ? std::string(p->key) + ": " + p->text : "";
}

TEST(Kind, TakesWhatCanBeTheNameOfADevice) {
  for (const auto* name : {"tap0", "fifteen-octets0", "a", "tap.7"})
    EXPECT_EQ(problem(values(name)), "") << name;
  EXPECT_EQ(problem(values("")), "interface: needs the name of a device");
  for (const auto* name : {"sixteen-octets-0", ".", "..", "a/b", "a:b", "tap%d", "a b", "a\tb"})
    EXPECT_EQ(problem(values(name)).rfind("interface: is no name", 0), 0U) << name;
}

TEST(Kind, TakesMacsOfStationsOnly) {
  for (const auto* key : {"mac", "respond_mac"}) {
    for (const auto& [mac, good] :
         std::vector<std::pair<std::string, bool>>{{"02:00:00:00:00:01", true},
                                                   {"FE:00:00:00:00:01", true},
                                                   {"00:00:00:00:00:00", false},
                                                   {"01:00:5e:00:00:01", false},
                                                   {"ff:ff:ff:ff:ff:ff", false},
                                                   {"02:00:00:00:00", false},
                                                   {"02:00:00:00:00:01:02", false},
                                                   {"02:00:00:00:00:0g", false},
                                                   {"", false}}) {
      auto v = values("tap0");
      v.set("respond", Texts{"192.0.2.1"});
      v.set(key, mac);
      EXPECT_EQ(problem(v).empty(), good) << key << " " << mac;
    }
  }
}

TEST(Kind, TakesAddresses) {
  struct {
    const char* key;
    std::string text;
    bool good;
  } const cases[] = {
      {"addresses", "192.0.2.1/24", true},  {"addresses", "2001:db8::1/64", true},
      {"addresses", "192.0.2.1/0", true},   {"addresses", "192.0.2.1", false},
      {"addresses", "192.0.2.1/33", false}, {"addresses", "192.0.2.1/", false},
      {"addresses", "192.0.2.1/-1", false}, {"addresses", "2001:db8::1/129", false},
      {"addresses", "host/24", false},      {"respond", "192.0.2.1", true},
      {"respond", "2001:db8::1", true},     {"respond", "192.0.2.1/24", false},
      {"respond", "192.0.2.256", false},    {"respond", "fe80::1%eth0", false},
  };
  for (const auto& c : cases) {
    auto v = values("tap0");
    v.set(c.key, Texts{"192.0.2.9" + std::string(std::string_view(c.key) == "respond" ? "" : "/24"),
                       c.text});
    EXPECT_EQ(problem(v), c.good ? ""
                                 : std::string(c.key) + ": `" + c.text +
                                       "` is no address such as 192.0.2.1" +
                                       (std::string_view(c.key) == "respond" ? "" : "/24"));
  }
}

TEST(Kind, AMacToAnswerFromNeedsAnAddressToAnswerFor) {
  auto v = values("tap0");
  v.set("respond_mac", std::string("02:00:00:00:00:01"));
  EXPECT_EQ(problem(v), "respond_mac: has no effect without `respond`");
}

}  // namespace
}  // namespace netweir::tap
