// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>
#include <vector>

#include "config/check.h"
#include "config/config.h"
#include "config/table.h"
#include "config/tables.h"
#include "config/value.h"

namespace netweir::config {

namespace {

void append_group(std::string& out, const Values& values, const Option& option,
                  std::string_view indent) {
  std::string inside;
  for (const auto& field : option.fields) {
    const auto* value = values.find(std::string(option.key) + "." + std::string(field.key));
    if (value == nullptr) continue;
    if (!inside.empty()) inside += ", ";
    inside += std::string(field.key) + ": " + value_text(field, *value);
  }
  if (!inside.empty())
    out += std::string(indent) + std::string(option.key) + ": {" + inside + "}\n";
}

void append(std::string& out, const Values& values, const std::vector<const Option*>& options,
            std::string_view indent) {
  for (const auto* option : options) {
    if (option->type == OptionType::group && !values.has(option->key)) {
      append_group(out, values, *option, indent);
      continue;
    }
    const auto* value = values.find(option->key);
    if (option->refused || value == nullptr || !values.has(option->key)) continue;
    out += indent;
    out += option->key;
    out += ": " + value_text(*option, *value) + "\n";
  }
}

}  // namespace

std::string effective(const SourceConfig& source) {
  std::string out = "  - name: " + text_text(source.name) + "\n";
  out += "    type: " + text_text(source.kind->name) + "\n";
  append(out, source.values, combined(source.kind->options, common_source_options()), "    ");
  for (const auto& fallback : source.fallback) {
    out += "    fallback:\n      type: " + text_text(fallback.kind->name) + "\n";
    auto options = combined(fallback.kind->options, common_source_options());
    std::erase_if(options, [](const Option* o) { return is_of_the_source(o->key); });
    append(out, fallback.values, options, "      ");
  }
  return out;
}

std::string effective(const Config& config) {
  std::string out = "host: " + text_text(config.host) + "\n";
  if (!config.sources.empty()) out += "sources:\n";
  for (const auto& source : config.sources) out += effective(source);

  out += "receive_buffers: " + size_text(static_cast<std::int64_t>(config.receive_buffers)) + "\n";
  out += "stats: " + duration_text(config.stats) + "\n";
  out += "bindings:\n";
  append(out, values_of(config.bindings), combined(binding_options(), {}), "  ");

  out += "stations:\n";
  append(out, values_of(config.stations), combined(station_options(), {}), "  ");

  if (!config.traffic.empty()) out += "traffic:\n";
  for (const auto& total : config.traffic) {
    std::string item;
    append(item, values_of(total), combined(traffic_options(), {}), "    ");
    out += "  - " + item.substr(4);
  }

  if (!config.outputs.empty()) out += "outputs:\n";
  for (const auto& output : config.outputs) {
    out += "  - type: " + text_text(output.kind->name) + "\n";
    append(out, output.values, combined(output.kind->options, common_sink_options()), "    ");
  }
  return out;
}

}  // namespace netweir::config
