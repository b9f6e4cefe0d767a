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
  static const std::vector<std::string_view> keys{
      "host", "sources", "receive_buffers", "stats", "bindings", "stations", "traffic", "outputs"};
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
    receive_buffers(keys, config);
    stats(keys, config);
    bindings(keys, config);
    stations(keys, config);
    traffic(keys, config);
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
  using Lines = std::map<std::string, std::size_t, std::less<>>;  // where names stand

  void host(const Keys& keys, Config& config) {
    static constexpr Option option{.key = "host", .type = OptionType::text, .standard = "auto"};
    const auto* entry = keys.find("host");
    if (entry != nullptr && read_value(option, entry->value, entry->key.at, report_) &&
        check_name("host", entry->value, max_host, report_)) {
      config.host = entry->value.text;
    }
  }

  void receive_buffers(const Keys& keys, Config& config) {
    static constexpr Option option{.key = "receive_buffers",
                                   .type = OptionType::size,
                                   .standard = "64MiB",
                                   .min = 2304,
                                   .max = std::int64_t{1} << 40};
    const auto* entry = keys.find("receive_buffers");
    if (entry == nullptr) return;
    const auto value = read_value(option, entry->value, entry->key.at, report_);
    if (value) config.receive_buffers = static_cast<std::uint64_t>(std::get<std::int64_t>(*value));
  }

  void stats(const Keys& keys, Config& config) {
    static constexpr Option option{.key = "stats",
                                   .type = OptionType::duration,
                                   .standard = "60s",
                                   .min = std::int64_t{1'000'000'000},
                                   .max = std::int64_t{24} * 3600 * 1'000'000'000};
    const auto* entry = keys.find("stats");
    if (entry == nullptr) return;
    const auto value = read_value(option, entry->value, entry->key.at, report_);
    if (value) config.stats = std::get<std::chrono::nanoseconds>(*value);
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
    Lines lines;  // of the names
    for (const auto& item : *items) {
      auto source = check_source(item, kinds_, true, missing_, report_);
      unique_name("source", item, lines);
      if (source) config.sources.push_back(std::move(*source));
    }
    source_names_ = std::move(lines);
  }

  void unique_name(const char* what, const YamlNode& item, Lines& lines) {
    for (const auto& [key, value] : item.entries) {
      if (key.text != "name" || value.kind != YamlNode::Kind::scalar || value.text.empty())
        continue;
      const auto [first, added] = lines.emplace(value.text, value.at.line);
      if (!added) {
        report_.add(value.at, "the name " + quoted(value.text) + " is taken by the " + what +
                                  " in line " + std::to_string(first->second));
      }
      return;
    }
  }

  /// The map `section`; null where there is none.
  const YamlNode* map(const Keys& keys, std::string_view section, std::string_view such_as) {
    const auto* entry = keys.find(section);
    if (entry == nullptr) return nullptr;
    const auto& [key, node] = *entry;
    const auto subject = "`" + std::string(section) + "`";
    if (node.kind == YamlNode::Kind::nothing) {
      report_.add(key.at, subject + " has no value; leave the key out for the defaults");
      return nullptr;
    }
    if (node.kind != YamlNode::Kind::map) {
      refuse_kind(subject, "a map of keys such as `" + std::string(such_as) + ":`", node, node.at,
                  report_);
      return nullptr;
    }
    return &node;
  }

  void bindings(const Keys& keys, Config& config) {
    const auto* node = map(keys, "bindings", "refresh_after");
    if (node == nullptr) return;
    config.bindings = check_bindings(*node, report_);
    config.has_bindings = true;
  }

  void stations(const Keys& keys, Config& config) {
    const auto* node = map(keys, "stations", "max_age");
    if (node == nullptr) return;
    config.stations = check_stations(*node, report_);
    config.has_stations = true;
  }

  void traffic(const Keys& keys, Config& config) {
    const auto* entry = keys.find("traffic");
    if (entry == nullptr) return;
    const auto* items = list(*entry, max_totals);
    if (items == nullptr) return;
    if (items->empty() && entry->value.whole)
      report_.add(entry->value.at, "`traffic` is empty; leave the key out for no totals");
    SourcesByName known;
    if (purpose_ == Purpose::run && missing_ == Missing::reported) {
      for (const auto& [name, line] : source_names_) known.emplace(name, nullptr);
      for (const auto& source : config.sources) known[source.name] = &source;
    }
    Lines lines;  // of the names
    for (const auto& item : *items) {
      auto total = check_traffic(item, known, missing_, report_);
      unique_name("total", item, lines);
      if (total) config.traffic.push_back(std::move(*total));
    }
    if (const auto keys_of_all = room(config.traffic, config.sources);
        purpose_ == Purpose::run && keys_of_all > most_traffic_keys) {
      report_.add(entry->value.at,
                  "these totals take memory for " + std::to_string(keys_of_all) +
                      " keys of all sources (one with `latency` counts for five); at most " +
                      std::to_string(most_traffic_keys) + ": lower `max`, or name fewer `sources`");
    }
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
    Lines lines;  // of the paths
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
  Lines source_names_;
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
  traffic_by_default(loaded.config.outputs, loaded.config.traffic);
  loaded.problems = std::move(report).take(yaml);
  return loaded;
}

}  // namespace netweir::config
