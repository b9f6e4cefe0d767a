// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <string>
#include <vector>

#include "config/check.h"
#include "config/config.h"
#include "config/table.h"
#include "config/tables.h"
#include "config/value.h"

namespace netweir::config {

namespace {

const Option& traffic_option(std::string_view key) {
  const auto options = traffic_options();
  return *std::find_if(options.begin(), options.end(),
                       [&](const Option& option) { return option.key == key; });
}

/// The words of `key` in the order of Dimension.
std::vector<std::string_view> dimension_words() { return words(traffic_option("key").choices); }

/// What the file says wrongly is absent from `values`, and stays as it is.
Traffic traffic_of(const Values& values) {
  Traffic t;
  t.name = values.text("name");
  if (values.has("key")) {
    t.totals.key = 0;
    const auto known = dimension_words();
    for (const auto& word : values.get<std::vector<std::string>>("key")) {
      const auto at = std::find(known.begin(), known.end(), word) - known.begin();
      t.totals.key |= bit(static_cast<Dimension>(at));
    }
  }
  if (values.has("interval")) t.interval = values.duration("interval");
  if (values.has("top")) t.top = static_cast<std::size_t>(values.integer("top"));
  t.totals.by_packets = values.text("by") == "packets";
  if (values.has("max")) t.totals.max = static_cast<std::size_t>(values.integer("max"));
  if (values.has("prefix_v4"))
    t.totals.prefix_v4 = static_cast<std::uint8_t>(values.integer("prefix_v4"));
  if (values.has("prefix_v6"))
    t.totals.prefix_v6 = static_cast<std::uint8_t>(values.integer("prefix_v6"));
  t.totals.latency = values.boolean("latency");
  t.sources = values.get<std::vector<std::string>>("sources");
  return t;
}

bool has_packets(const SourceConfig& source) {
  return source.kind->unit == "packets" ||
         std::any_of(source.fallback.begin(), source.fallback.end(), has_packets);
}

/// Which of the known names was meant. Bounded: a hostile file has a thousand of them.
std::string meant(std::string_view name, const SourcesByName& known) {
  constexpr std::size_t most = 32;
  if (known.size() > most) return {};
  std::vector<std::string_view> names;
  for (const auto& [each, source] : known) {
    if (each.size() <= max_name) names.push_back(each);
  }
  return instead(name, names);
}

/// Whether each of `sources` is one of the file, and has packets.
void check_sources(const Keys& keys, const SourcesByName& known, Report& report) {
  const auto* entry = keys.find("sources");
  if (entry == nullptr || entry->value.kind != YamlNode::Kind::list) return;
  for (const auto& node : entry->value.items) {
    if (node.kind != YamlNode::Kind::scalar || node.text.empty()) continue;  // has been reported
    const auto source = known.find(node.text);
    if (source == known.end()) {
      report.add(node.at, report.full() ? std::string{}
                                        : "no source has the name " + quoted(node.text) +
                                              meant(node.text, known));
    } else if (source->second != nullptr && !has_packets(*source->second)) {
      report.add(node.at, "the source " + quoted(node.text) + " has no packets: its type is " +
                              quoted(source->second->kind->name));
    }
  }
}

}  // namespace

std::size_t room(const Traffic& traffic) noexcept {
  return traffic.totals.max * (traffic.totals.latency ? 5 : 1);
}

std::size_t room(std::span<const Traffic> all, std::span<const SourceConfig> sources) {
  std::size_t keys = 0;
  for (const auto& total : all) {
    const auto& names = total.sources;
    for (const auto& source : sources) {
      if (has_packets(source) &&
          (names.empty() || std::find(names.begin(), names.end(), source.name) != names.end()))
        keys += room(total);
    }
  }
  return keys;
}

Values values_of(const Traffic& traffic) {
  const auto& t = traffic.totals;
  Values values;
  values.set("name", traffic.name);
  std::vector<std::string> key;
  const auto known = dimension_words();
  for (std::size_t i = 0; i < known.size(); ++i) {
    if ((t.key & bit(static_cast<Dimension>(i))) != 0) key.emplace_back(known[i]);
  }
  values.set("key", std::move(key));
  values.set("interval", traffic.interval);
  values.set("top", static_cast<std::int64_t>(traffic.top));
  values.set("by", std::string(t.by_packets ? "packets" : "bytes"));
  values.set("max", static_cast<std::int64_t>(t.max));
  values.set("prefix_v4", std::int64_t{t.prefix_v4});
  values.set("prefix_v6", std::int64_t{t.prefix_v6});
  values.set("latency", t.latency);
  if (!traffic.sources.empty()) values.set("sources", traffic.sources);
  return values;
}

std::optional<Traffic> check_traffic(const YamlNode& node, const SourcesByName& known,
                                     Missing missing, Report& report) {
  if (node.kind != YamlNode::Kind::map) {
    refuse_kind("a total", "a map of keys such as `name:` and `key:`", node, node.at, report);
    return std::nullopt;
  }
  const Keys keys(node, report);
  const auto options = combined(traffic_options(), {});
  keys.refuse_others(keys_of(options), keys_of(options, true), report);
  const Values values = read_options(keys, options, report);
  if (const auto* name = keys.find("name"); name != nullptr) {
    if (values.has("name")) check_name("name", name->value, max_name, report);
  } else if (missing == Missing::reported) {
    report.add(node.at, "`name` is missing: it stands in every event of this total");
  }
  if (!known.empty()) check_sources(keys, known, report);
  if (missing == Missing::reported && values.has("top") && values.has("max") &&
      values.integer("top") > values.integer("max")) {
    report.add(keys.value_place(keys.find("top") != nullptr ? "top" : "max"),
               "`top` (" + std::to_string(values.integer("top")) + ") is larger than `max` (" +
                   std::to_string(values.integer("max")) + ")");
  }
  return traffic_of(values);
}

void traffic_by_default(std::span<const SinkConfig> outputs, std::vector<Traffic>& traffic) {
  const bool wanted = std::any_of(outputs.begin(), outputs.end(), [](const SinkConfig& output) {
    const auto events = output.values.get<std::vector<std::string>>("events");
    return std::find(events.begin(), events.end(), "traffic") != events.end();
  });
  if (wanted && traffic.empty()) traffic.push_back({.name = "talkers"});
}

}  // namespace netweir::config
