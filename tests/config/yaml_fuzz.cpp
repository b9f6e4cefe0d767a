// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets: no crash; a configuration that holds is printed as one that holds and is the same.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "config/config.h"
#include "config/kinds.h"
#include "kit/steps.h"

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Up to ten problems are worded three times over, whatever the size.
  const netweir::test::Steps steps(size, 250000, 1500);
  namespace config = netweir::config;
  namespace test = netweir::test;
  const std::string yaml(data, data + size);
  const auto kinds = test::fake_kinds();
  for (const auto purpose : {config::Purpose::run, config::Purpose::replay}) {
    const auto loaded = config::load(yaml, kinds, purpose);
    for (std::size_t i = 0; i < loaded.problems.size() && i < 10; ++i) {
      if (config::describe(loaded.problems[i], "f", yaml).empty()) std::abort();
    }
    if (!loaded.ok()) continue;
    if (loaded.config.outputs.empty()) std::abort();
    const auto again = config::load(config::effective(loaded.config), kinds, purpose);
    if (!again.ok() || !test::same(again.config, loaded.config)) std::abort();
  }
  (void)config::quick_source(yaml, "q", kinds);
  return 0;
}
