// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "config/report.h"
#include "config/yaml.h"
#include "netweir/option.h"

namespace netweir::config {

/// The keys of one map of the file. Reports those that stand twice; the first one counts. The node
/// must outlive it.
class Keys {
 public:
  Keys(const YamlNode& map, Report& report);

  const Entry* find(std::string_view key) const;
  /// Where the key stands, else where the map begins.
  Place place(std::string_view key) const;
  /// Where the key's value stands, else where the map begins.
  Place value_place(std::string_view key) const;
  /// Reports the keys that are neither among `known` nor among `refused`.
  void refuse_others(const std::vector<std::string_view>& known,
                     const std::vector<std::string_view>& refused, Report& report) const;

 private:
  const YamlNode& map_;
  std::map<std::string_view, const Entry*> entries_;
};

/// The options of both tables; a key of the first hides the same one of the second.
std::vector<const Option*> combined(std::span<const Option> own, std::span<const Option> common);

/// The keys that are in this version, or those that are refused.
std::vector<std::string_view> keys_of(std::span<const Option* const> options, bool refused = false);

/// Reads the keys of `options`, absent ones by their defaults. What is wrong is reported and absent
/// from the result. Other keys are not looked at.
Values read_options(const Keys& keys, std::span<const Option* const> options, Report& report);

}  // namespace netweir::config
