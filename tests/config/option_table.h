// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <span>
#include <string>
#include <string_view>

#include "config/kinds.h"
#include "config/value.h"
#include "netweir/option.h"

namespace netweir::test {

/// The rows of an option table, in Markdown.
inline std::string option_table(std::span<const Option> options) {
  std::string out = "| key | takes | default | meaning |\n|---|---|---|---|\n";
  for (const auto& o : options) {
    if (o.refused) continue;
    std::string help;
    for (const char c : o.help) help += c == '|' ? std::string("\\|") : std::string(1, c);
    const auto takes = config::expected(o);
    out += "| `" + std::string(o.key) + "` | " + takes.substr(0, takes.find(", such as")) + " | " +
           (o.standard.empty() ? "" : "`" + std::string(o.standard) + "`") + " | " + help + " |\n";
  }
  return out;
}

/// Whether the page has the table of `options` between <!-- options:NAME --> and <!-- end -->. With
/// NETWEIR_UPDATE=1 in the environment it is written there.
inline void check_option_table(const std::string& page, std::string_view name,
                               std::span<const Option> options) {
  auto text = read_file(page);
  const std::string begin = "<!-- options:" + std::string(name) + " -->\n";
  const auto from = text.find(begin);
  ASSERT_NE(from, std::string::npos) << page << " has no " << begin;
  const auto start = from + begin.size();
  const auto end = text.find("<!-- end -->", start);
  ASSERT_NE(end, std::string::npos) << page;
  const auto table = option_table(options);
  if (std::getenv("NETWEIR_UPDATE") != nullptr) {
    std::ofstream(page, std::ios::binary) << text.replace(start, end - start, table);
    return;
  }
  EXPECT_EQ(text.substr(start, end - start), table)
      << page << ": NETWEIR_UPDATE=1 before this test writes the table anew";
}

}  // namespace netweir::test
