// SPDX-License-Identifier: GPL-2.0-or-later
#include <map>

#include "config/check.h"
#include "config/config.h"
#include "config/table.h"
#include "config/tables.h"
#include "config/value.h"
#include "config/yaml.h"

namespace netweir::config {

namespace {

const std::vector<std::string_view>& sections() {
  static const std::vector<std::string_view> keys{"host", "sources", "bindings", "outputs"};
  return keys;
}

/// One reading of one file.
class Loading {
 public:
  Loading(const Kinds& kinds, Purpose purpose, Missing missing, Report& report)
      : kinds_(kinds), purpose_(purpose), missing_(missing), report_(report) {}

  void root(const YamlNode& node, Config& config) {
    const Keys keys(node, report_);
    keys.refuse_others(sections(), {}, report_);
    host(keys, config);
    sources(node, keys, config);
    bindings(keys, config);
    outputs(keys, config);
  }

  void output_by_default(Config& config) {
    YamlNode node;
    node.kind = YamlNode::Kind::map;
    YamlNode type = node;
    type.kind = YamlNode::Kind::scalar;
    YamlNode key = type;
    key.text = "type";
    type.text = "json";
    node.entries.push_back({std::move(key), std::move(type)});
    if (auto output = check_output(node, kinds_, missing_, report_)) {
      config.outputs.push_back(std::move(*output));
    }
  }

 private:
  void host(const Keys& keys, Config& config) {
    static constexpr Option option{.key = "host", .type = OptionType::text, .standard = "auto"};
    const auto* entry = keys.find("host");
    if (entry != nullptr && read_value(option, entry->value, entry->key.at, report_) &&
        check_name("host", entry->value, max_host, report_)) {
      config.host = entry->value.text;
    }
  }

  /// The items of the list `key`; null where it is no list.
  const std::vector<YamlNode>* list(const Entry& entry, std::size_t most) {
    const auto& [key, value] = entry;
    const auto subject = "`" + key.text + "`";
    if (value.kind == YamlNode::Kind::nothing) {
      report_.add(key.at, subject + " has no value: it is a list, of lines that begin with `-`");
      return nullptr;
    }
    if (value.kind != YamlNode::Kind::list) {
      refuse_kind(subject, "a list (each item begins with `-`)", value, value.at, report_);
      return nullptr;
    }
    if (value.items.size() > most) {
      report_.add(value.items[most].at, subject + " must have at most " + std::to_string(most) +
                                            " items, not " + std::to_string(value.items.size()));
      return nullptr;
    }
    return &value.items;
  }

  void sources(const YamlNode& node, const Keys& keys, Config& config) {
    const bool needed = purpose_ == Purpose::run && missing_ == Missing::reported;
    const auto* entry = keys.find("sources");
    if (entry == nullptr) {
      if (needed) report_.add(node.at, "`sources` is missing: what is netweir to read from?");
      return;
    }
    const auto* items = list(*entry, max_sources);
    if (items == nullptr) return;
    if (items->empty() && needed) {
      report_.add(entry->value.at, "`sources` is empty: what is netweir to read from?");
    }
    std::map<std::string, std::size_t, std::less<>> lines;  // of the names
    for (const auto& item : *items) {
      auto source = check_source(item, kinds_, true, missing_, report_);
      unique_name(item, lines);
      if (source) config.sources.push_back(std::move(*source));
    }
  }

  void unique_name(const YamlNode& item, std::map<std::string, std::size_t, std::less<>>& lines) {
    for (const auto& [key, value] : item.entries) {
      if (key.text != "name" || value.kind != YamlNode::Kind::scalar || value.text.empty())
        continue;
      const auto [first, added] = lines.emplace(value.text, value.at.line);
      if (!added) {
        report_.add(value.at, "the name " + quoted(value.text) +
                                  " is taken by the source in line " +
                                  std::to_string(first->second));
      }
      return;
    }
  }

  void bindings(const Keys& keys, Config& config) {
    const auto* entry = keys.find("bindings");
    if (entry == nullptr) return;
    const auto& [key, node] = *entry;
    if (node.kind == YamlNode::Kind::nothing) {
      report_.add(key.at, "`bindings` has no value; leave the key out for the defaults");
      return;
    }
    if (node.kind != YamlNode::Kind::map) {
      refuse_kind("`bindings`", "a map of keys such as `refresh_after:`", node, node.at, report_);
      return;
    }
    const Keys inner(node, report_);
    const auto options = combined(binding_options(), {});
    inner.refuse_others(keys_of(options), keys_of(options, true), report_);
    const Values values = read_options(inner, options, report_);
    auto& b = config.bindings;
    if (values.has("learn")) {
      b.learn = 0;
      for (const auto& word : values.get<std::vector<std::string>>("learn")) {
        b.learn |= word == "arp" ? learn_arp : learn_nd;
      }
    }
    if (values.has("refresh_after")) b.refresh_after = values.duration("refresh_after");
    if (values.has("expire_after")) b.expire_after = values.duration("expire_after");
    if (values.has("max")) b.max = static_cast<std::size_t>(values.integer("max"));
    config.has_bindings = true;
  }

  void outputs(const Keys& keys, Config& config) {
    const auto* entry = keys.find("outputs");
    if (entry == nullptr) {
      output_by_default(config);
      return;
    }
    const auto* items = list(*entry, max_outputs);
    if (items == nullptr) return;
    if (items->empty() && entry->value.whole) {
      report_.add(entry->value.at,
                  "`outputs` is empty; leave the key out for JSON lines on standard output");
    }
    std::map<std::string, std::size_t, std::less<>> lines;  // of the paths
    for (const auto& item : *items) {
      auto output = check_output(item, kinds_, missing_, report_);
      if (!output) continue;
      if (const auto path = output->values.text("path"); !path.empty()) {
        const auto [first, added] = lines.emplace(path, item.at.line);
        if (!added) {
          report_.add(Keys(item, unheard_).value_place("path"),
                      "`path` " + quoted(path) + " is taken by the output in line " +
                          std::to_string(first->second));
        }
      }
      config.outputs.push_back(std::move(*output));
    }
  }

  const Kinds& kinds_;
  Purpose purpose_;
  Missing missing_;
  Report& report_;
  Report unheard_;
};

}  // namespace

Loaded load(std::string_view yaml, const Kinds& kinds, Purpose purpose) {
  Loaded loaded;
  if (yaml.starts_with("\xEF\xBB\xBF")) yaml.remove_prefix(3);  // a byte order mark
  Report report;
  const Tree tree = parse_yaml(yaml, report);
  const auto missing = tree.whole ? Missing::reported : Missing::ignored;
  Loading loading(kinds, purpose, missing, report);
  if (tree.root.kind == YamlNode::Kind::map) {
    loading.root(tree.root, loaded.config);
  } else if (tree.root.kind != YamlNode::Kind::nothing) {
    refuse_kind("a configuration", "a map of keys such as `sources:`", tree.root, tree.root.at,
                report);
  } else if (tree.whole) {
    if (purpose == Purpose::run && report.count() == 0) {
      report.add({1, 1}, "the configuration is empty: `sources` is missing");
    }
    loading.output_by_default(loaded.config);
  }
  loaded.problems = std::move(report).take(yaml);
  return loaded;
}

}  // namespace netweir::config
