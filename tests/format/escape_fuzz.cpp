// SPDX-License-Identifier: GPL-2.0-or-later
// Any octets become the inside of a JSON string, on one line, without controls; what is well-formed
// UTF-8 comes back as it was, and of the rest only the octets that are not are replaced. The judge
// of all this is nlohmann-json.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "format/escape.h"
#include "format/same_text.h"
#include "kit/json.h"
#include "kit/steps.h"
#include "netweir/text.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const netweir::test::Steps steps(size, 5000, 600);
  const std::string text(data, data + size);
  std::string escaped;
  netweir::append_escaped(escaped, text);
  require(escaped.size() <= size * netweir::format::escape_growth);

  std::string other(size * netweir::format::escape_growth, '\0');
  const char* end = netweir::format::put_escaped(other.data(), text);
  other.resize(static_cast<std::size_t>(end - other.data()));
  require(other == escaped);

  require(netweir::test::stays_on_one_line(escaped));
  const auto json = netweir::test::parse_json('"' + escaped + '"');
  require(json.is_string());
  require(netweir::test::same_text(text, json.get<std::string>()));
  return 0;
}
