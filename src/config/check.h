// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string_view>

#include "config/config.h"
#include "config/report.h"
#include "config/yaml.h"

namespace netweir::config {

inline constexpr std::size_t max_sources = 1024, max_outputs = 64, max_totals = 64;
inline constexpr std::size_t max_name = 64, max_host = 255;

/// Whether what is absent is missing (not where the rest of the file could not be read).
enum class Missing : std::uint8_t { reported, ignored };

/// One map of `sources` or `outputs`. Nothing where it does not name a kind of this build.
/// `name_needed`: a source of a file has a name; one in quick-start form gets it later.
std::optional<SourceConfig> check_source(const YamlNode& node, const Kinds& kinds, bool name_needed,
                                         Missing missing, Report& report);
std::optional<SinkConfig> check_output(const YamlNode& node, const Kinds& kinds, Missing missing,
                                       Report& report);

/// The map `bindings`.
Bindings check_bindings(const YamlNode& node, Report& report);
/// As the table binding_options() has it.
Values values_of(const Bindings& bindings);

/// The map `stations`, and as the table station_options() has it.
Stations check_stations(const YamlNode& node, Report& report);
Values values_of(const Stations& stations);

/// The sources of a file by their names; null where one does not hold.
using SourcesByName = std::map<std::string_view, const SourceConfig*>;

/// One map of `traffic`. Where there are no `known` sources its own may have any names.
std::optional<Traffic> check_traffic(const YamlNode& node, const SourcesByName& known,
                                     Missing missing, Report& report);
/// For how many keys all totals of these sources take memory.
std::size_t room(std::span<const Traffic> all, std::span<const SourceConfig> sources);
/// As the table traffic_options() has it.
Values values_of(const Traffic& traffic);

/// Whether a fallback has this key from its source: it cannot be given there.
bool is_of_the_source(std::string_view key) noexcept;

/// `text` as a name in events: 1 to `most` octets, printable.
bool check_name(std::string_view key, const YamlNode& node, std::size_t most, Report& report);

/// "a list", ... of a node that should have been `wanted`, reported at `at`.
void refuse_kind(std::string_view subject, std::string_view wanted, const YamlNode& node, Place at,
                 Report& report);

}  // namespace netweir::config
