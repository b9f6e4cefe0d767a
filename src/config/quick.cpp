// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cerrno>

#include "config/check.h"
#include "config/config.h"
#include "config/table.h"
#include "config/tables.h"
#include "config/yaml.h"

namespace netweir::config {

namespace {

Error usage(std::string what) { return {EINVAL, std::move(what), {}}; }

YamlNode scalar(std::string_view text, bool quoted = false) {
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.quoted = quoted;
  node.text = text;
  return node;
}

/// "5,6", "[5, 6]" or "5 6" as a list.
YamlNode list(std::string_view text) {
  YamlNode node;
  node.kind = YamlNode::Kind::list;
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  while (true) {
    const auto end = std::min(text.find(','), text.size());
    auto item = text.substr(0, end);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    node.items.push_back(scalar(item));
    if (end == text.size()) return node;
    text.remove_prefix(end + 1);
  }
}

YamlNode value(std::string_view key, std::string_view text,
               const std::vector<const Option*>& options) {
  for (const auto* option : options) {
    if (option->key != key) continue;
    if (is_list(option->type)) {
      return list(text);
    }
    if (option->type == OptionType::map) {
      Report report;
      auto tree = parse_yaml(text, report);
      if (report.count() == 0) return std::move(tree.root);
    }
    return scalar(text, option->type == OptionType::text);
  }
  return scalar(text);
}

void put(YamlNode& map, std::string_view key, YamlNode node) {
  map.entries.push_back({scalar(key), std::move(node)});
}

YamlNode map_of(std::string_view type) {
  YamlNode map;
  map.kind = YamlNode::Kind::map;
  put(map, "type", scalar(type));
  return map;
}

Error first_of(Report report) {
  auto problems = std::move(report).take({});
  return usage(problems.empty() ? std::string{} : std::move(problems.front().text));
}

}  // namespace

Result<SourceConfig> quick_source(std::string_view text, std::string_view name,
                                  const Kinds& kinds) {
  const auto colon = text.find(':');
  const auto type = text.substr(0, colon);
  YamlNode map = map_of(type);
  const auto found = std::find_if(kinds.sources.begin(), kinds.sources.end(),
                                  [&](const SourceKind* kind) { return kind->name == type; });
  if (found != kinds.sources.end() && colon != std::string_view::npos) {
    const auto& kind = **found;
    const auto argument = text.substr(colon + 1);
    const auto key = argument.empty() || kind.quick_key == nullptr ? std::string_view{}
                                                                   : kind.quick_key(argument);
    if (argument.empty()) return usage("nothing stands after " + quoted(text));
    if (kind.absent.empty() && key.empty()) {
      return usage("the source type " + quoted(type) +
                   " takes nothing after the colon: " + quoted(text));
    }
    if (!key.empty()) {
      put(map, key, value(key, argument, combined(kind.options, common_source_options())));
    }
  }
  Report report;
  auto source = check_source(map, kinds, false, Missing::reported, report);
  if (!source || report.count() != 0) return first_of(std::move(report));
  source->name = name;
  return std::move(*source);
}

Result<SourceConfig> source_of(std::string_view item, const Kinds& kinds) {
  Report report;
  const auto tree = parse_yaml(item, report);
  if (tree.root.kind == YamlNode::Kind::list && tree.root.items.size() == 1) {
    auto source = check_source(tree.root.items.front(), kinds, true, Missing::reported, report);
    if (source && report.count() == 0) return std::move(*source);
  }
  return first_of(std::move(report));
}

Result<SinkConfig> quick_output(std::string_view kind, std::span<const Setting> settings,
                                const Kinds& kinds) {
  YamlNode map = map_of(kind);
  const auto found = std::find_if(kinds.sinks.begin(), kinds.sinks.end(),
                                  [&](const SinkKind* k) { return k->name == kind; });
  std::vector<const Option*> options;
  if (found != kinds.sinks.end()) options = combined((*found)->options, common_sink_options());
  for (const auto& [key, text] : settings) put(map, key, value(key, text, options));
  Report report;
  auto output = check_output(map, kinds, Missing::reported, report);
  if (!output || report.count() != 0) return first_of(std::move(report));
  return std::move(*output);
}

}  // namespace netweir::config
