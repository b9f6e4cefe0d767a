// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "config/config.h"
#include "config/report.h"
#include "config/yaml.h"

namespace netweir::config {

inline constexpr std::size_t max_sources = 1024, max_outputs = 64;
inline constexpr std::size_t max_name = 64, max_host = 255;

/// Whether what is absent is missing (not where the rest of the file could not be read).
enum class Missing : std::uint8_t { reported, ignored };

/// One map of `sources` or `outputs`. Nothing where it does not name a kind of this build.
/// `name_needed`: a source of a file has a name; one in quick-start form gets it later.
std::optional<SourceConfig> check_source(const YamlNode& node, const Kinds& kinds, bool name_needed,
                                         Missing missing, Report& report);
std::optional<SinkConfig> check_output(const YamlNode& node, const Kinds& kinds, Missing missing,
                                       Report& report);

/// Whether a fallback has this key from its source: it cannot be given there.
bool is_of_the_source(std::string_view key) noexcept;

/// `text` as a name in events: 1 to `most` octets, printable.
bool check_name(std::string_view key, const YamlNode& node, std::size_t most, Report& report);

/// "a list", ... of a node that should have been `wanted`, reported at `at`.
void refuse_kind(std::string_view subject, std::string_view wanted, const YamlNode& node, Place at,
                 Report& report);

}  // namespace netweir::config
