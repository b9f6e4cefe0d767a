// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>

#include "config/config.h"
#include "config/kinds.h"
#include "config/option_table.h"
#include "config/table.h"
#include "config/tables.h"
#include "config/value.h"

namespace netweir {
namespace {

config::Kinds kinds() { return {source_kinds(), sink_kinds()}; }

std::string sample(std::string_view name) {
  return test::read_file(NETWEIR_ROOT "/config/" + std::string(name));
}

config::Config good(std::string_view name) {
  const auto yaml = sample(name);
  EXPECT_FALSE(yaml.empty()) << name;
  auto loaded = config::load(yaml, kinds());
  for (const auto& p : loaded.problems) ADD_FAILURE() << config::describe(p, name, yaml);
  return std::move(loaded.config);
}

/// Whether a line of the sample sets the key, or shows it behind a #.
bool shows(const std::string& yaml, std::string_view key) {
  std::istringstream in(yaml);
  for (std::string line; std::getline(in, line);) {
    const auto at = line.find_first_not_of(" #-");
    if (at != std::string::npos && line.substr(at).starts_with(std::string(key) + ":")) return true;
  }
  return false;
}

TEST(Samples, Load) {
  EXPECT_FALSE(good("minimal.yaml").sources.empty());
  EXPECT_FALSE(good("netweir.yaml").sources.empty());
}

TEST(Samples, TheFullOneShowsEveryKeyOfEveryKind) {
  const auto yaml = sample("netweir.yaml");
  for (const auto* kind : source_kinds()) {
    EXPECT_NE(yaml.find("type: " + std::string(kind->name)), std::string::npos) << kind->name;
    for (const auto& o : kind->options) {
      EXPECT_TRUE(o.refused || shows(yaml, o.key)) << kind->name << " " << o.key;
    }
  }
  for (const auto* kind : sink_kinds()) {
    EXPECT_NE(yaml.find("type: " + std::string(kind->name)), std::string::npos) << kind->name;
    for (const auto& o : kind->options) {
      EXPECT_TRUE(o.refused || shows(yaml, o.key)) << kind->name << " " << o.key;
    }
  }
  for (const auto options :
       {common_source_options(), config::binding_options(), config::station_options(),
        config::traffic_options(), config::common_sink_options()}) {
    for (const auto& o : options) EXPECT_TRUE(o.refused || shows(yaml, o.key)) << o.key;
  }
}

/// Every key that has a default has it in the full sample. `own`: a key there hides one of the same
/// name.
void expect_defaults(const Values& values, std::span<const Option> options,
                     std::span<const Option> own = {}) {
  for (const auto& o : options) {
    const bool hidden =
        std::any_of(own.begin(), own.end(), [&](const Option& k) { return k.key == o.key; });
    if (o.refused || o.standard.empty() || hidden) continue;
    ASSERT_NE(values.find(o.key), nullptr) << o.key;
    EXPECT_EQ(*values.find(o.key), config::standard_value(o)) << o.key;
  }
}

TEST(Samples, TheFullOneShowsTheDefaults) {
  const auto c = good("netweir.yaml");
  EXPECT_EQ(c.host, "auto");
  EXPECT_EQ(c.bindings, config::Bindings{});
  EXPECT_EQ(c.stations, config::Stations{});
  ASSERT_EQ(c.traffic.size(), 1U);
  EXPECT_EQ(c.traffic.front(), config::Traffic{.name = c.traffic.front().name});
  for (const auto& s : c.sources) {
    expect_defaults(s.values, s.kind->options);
    expect_defaults(s.values, common_source_options(), s.kind->options);
  }
  for (const auto& o : c.outputs) {
    expect_defaults(o.values, o.kind->options);
    expect_defaults(o.values, config::common_sink_options());
  }
}

TEST(Samples, ThoseOfTheSourcesAreInTheFullOne) {
  const auto full = good("netweir.yaml");
  for (const auto* kind : source_kinds()) {
    const auto path = NETWEIR_ROOT "/sources/" + std::string(kind->name) + "/sample.yaml";
    if (!std::filesystem::exists(path)) continue;
    const auto yaml = test::read_file(path);
    const auto loaded = config::load(yaml, kinds());
    for (const auto& p : loaded.problems) ADD_FAILURE() << config::describe(p, path, yaml);
    std::istringstream in(yaml);
    for (std::string line; std::getline(in, line);) {
      const auto colon = line.find(':');
      const auto at = line.find_first_not_of(" #-");
      if (colon == std::string::npos || at == std::string::npos || at > colon) continue;
      const auto key = line.substr(at, colon - at);
      if (key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != std::string::npos) continue;
      EXPECT_TRUE(shows(sample("netweir.yaml"), key)) << path << ": " << key;
    }
  }
}

TEST(Samples, DocumentationHasTheTablesOfTheKinds) {
  const std::string page = NETWEIR_ROOT "/docs/configuration.md";
  for (const auto* kind : source_kinds()) test::check_option_table(page, kind->name, kind->options);
  for (const auto* kind : sink_kinds()) test::check_option_table(page, kind->name, kind->options);
}

TEST(Samples, EveryDefaultOfEveryKindHolds) {
  const auto check = [](std::string_view kind, std::span<const Option> options) {
    for (const auto& o : options) {
      EXPECT_EQ(std::holds_alternative<std::monostate>(config::standard_value(o)),
                o.standard.empty())
          << kind << " " << o.key;
    }
  };
  for (const auto* kind : source_kinds()) check(kind->name, kind->options);
  for (const auto* kind : sink_kinds()) check(kind->name, kind->options);
}

}  // namespace
}  // namespace netweir
