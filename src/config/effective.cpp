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

void append(std::string& out, const Values& values, const std::vector<const Option*>& options,
            std::string_view indent) {
  for (const auto* option : options) {
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

  const auto& b = config.bindings;
  Values bindings;
  std::vector<std::string> learn;
  if ((b.learn & learn_arp) != 0) learn.emplace_back("arp");
  if ((b.learn & learn_nd) != 0) learn.emplace_back("nd");
  bindings.set("learn", std::move(learn));
  bindings.set("refresh_after", b.refresh_after);
  bindings.set("expire_after", b.expire_after);
  bindings.set("max", static_cast<std::int64_t>(b.max));
  bindings.set("damping", std::string("off"));
  out += "bindings:\n";
  append(out, bindings, combined(binding_options(), {}), "  ");

  if (!config.outputs.empty()) out += "outputs:\n";
  for (const auto& output : config.outputs) {
    out += "  - type: " + text_text(output.kind->name) + "\n";
    append(out, output.values, combined(output.kind->options, common_sink_options()), "    ");
  }
  return out;
}

}  // namespace netweir::config
