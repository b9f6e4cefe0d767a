// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/report.h"
#include "config/yaml.h"
#include "netweir/option.h"

namespace netweir::config {

/// The value of `node` for `option`. What is wrong with it goes to `report`; then nothing.
/// `key` is where its key stands.
std::optional<OptionValue> read_value(const Option& option, const YamlNode& node, Place key,
                                      Report& report);

/// The option's default; monostate where it has none.
OptionValue standard_value(const Option& option);

/// "an integer between 1 and 262144": what the option takes, for messages and documentation.
std::string expected(const Option& option);

/// As a user would write it: 10m, 64KiB.
std::string duration_text(std::chrono::nanoseconds value);
std::string size_text(std::int64_t octets);

/// As YAML on one line that read_value() reads again to the same value.
std::string value_text(const Option& option, const OptionValue& value);
/// As a YAML scalar: plain where that is safe, else in double quotes.
std::string text_text(std::string_view text);

}  // namespace netweir::config
