// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "netweir/source_kind.h"

namespace netweir::dropmon {
extern const SourceKind kind;
namespace {

using Texts = std::vector<std::string>;

Values values() {
  Values v;
  v.set("origins", Texts{"software", "hardware"});
  return v;
}

std::string problem(const Values& v) {
  const auto p = kind.validate(v);
  return p ? std::string(p->key) + ": " + p->text : "";
}

TEST(DropmonKind, TakesItsOptions) {
  auto v = values();
  EXPECT_EQ(problem(v), "");
  v.set("hide", Texts{"NO_SOCKET", "*"});
  EXPECT_EQ(problem(v), "");
  v.set("hide", Texts{""});
  EXPECT_EQ(problem(v).rfind("hide: ", 0), 0U);
  v = values();
  v.set("origins", Texts{});
  EXPECT_EQ(problem(v).rfind("origins: ", 0), 0U);
}

TEST(DropmonKind, RefusesAnotherNetworkNamespace) {
  auto v = values();
  v.set("netns", std::string());
  EXPECT_EQ(problem(v), "");
  v.set("netns", std::string("blue"));
  EXPECT_EQ(problem(v).rfind("netns: the kernel monitors the drops of all", 0), 0U);
}

}  // namespace
}  // namespace netweir::dropmon
