// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/check.h"

#include <algorithm>

#include "config/table.h"
#include "config/tables.h"
#include "config/value.h"

namespace netweir::config {

namespace {

constexpr std::size_t max_netns = 255;     // NetnsName holds 256 octets
constexpr std::size_t max_interface = 15;  // IFNAMSIZ - 1

/// The kind that `type` names, by the table; why there is none is reported.
template <class Kind>
const Kind* kind_of(const Keys& keys, std::string_view what, std::span<const Kind* const> kinds,
                    const std::vector<std::string_view>& later, Missing missing, Report& report) {
  std::vector<std::string_view> names;
  for (const auto* kind : kinds) names.push_back(kind->name);
  const auto* entry = keys.find("type");
  if (entry == nullptr) {
    if (missing == Missing::reported) {
      report.add(keys.place("type"), "`type` is missing: which kind of " + std::string(what) +
                                         " is this" + instead("", names));
    }
    return nullptr;
  }
  const auto& node = entry->value;
  if (node.kind != YamlNode::Kind::scalar) {
    refuse_kind("`type`", "a word", node,
                node.kind == YamlNode::Kind::nothing ? entry->key.at : node.at, report);
    return nullptr;
  }
  const auto it = std::find_if(kinds.begin(), kinds.end(),
                               [&](const Kind* kind) { return kind->name == node.text; });
  if (it != kinds.end()) {
    if ((*it)->absent.empty()) return *it;
    report.add(node.at, "the " + std::string(what) + " type " + quoted(node.text) +
                            " is not in this build of netweir: " + std::string((*it)->absent));
  } else if (contains(later, node.text)) {
    report.add(node.at, "the " + std::string(what) + " type " + quoted(node.text) +
                            " is not in this version of netweir");
  } else {
    report.add(node.at, "unknown " + std::string(what) + " type " + quoted(node.text) +
                            instead(node.text, names));
  }
  return nullptr;
}

/// What the tables cannot say of the keys that every source takes.
void check_common(const Keys& keys, const Values& values, Missing missing, Report& report) {
  if (const auto* domain = keys.find("domain"); domain != nullptr && values.has("domain")) {
    check_name("domain", domain->value, max_name, report);
  }
  if (const auto* entry = keys.find("netns"); entry != nullptr && values.has("netns")) {
    const auto& netns = entry->value;
    if (check_name("netns", netns, max_netns, report) &&
        (netns.text == "." || netns.text == ".." ||
         (netns.text.find('/') != std::string::npos && netns.text[0] != '/'))) {
      report.add(netns.at, "`netns` must be a name of `ip netns` or an absolute path, not " +
                               quoted(netns.text));
    }
  }
  if (missing == Missing::reported && values.has("receive_buffer") &&
      values.has("receive_buffer_max") &&
      values.integer("receive_buffer") > values.integer("receive_buffer_max")) {
    const auto* given =
        keys.find("receive_buffer") != nullptr ? "receive_buffer" : "receive_buffer_max";
    report.add(keys.value_place(given), "`receive_buffer` (" +
                                            size_text(values.integer("receive_buffer")) +
                                            ") is larger than `receive_buffer_max` (" +
                                            size_text(values.integer("receive_buffer_max")) + ")");
  }
  if (const auto* vlans = keys.find("interface_vlan"); vlans != nullptr) {
    for (const auto& [key, value] : vlans->value.entries) {
      if (key.text.empty() || value.kind == YamlNode::Kind::nothing) continue;  // has been reported
      const bool good = key.text.size() <= max_interface && key.text != "." && key.text != ".." &&
                        harmless(key.text) == key.text &&
                        key.text.find_first_of("/: \t\n") == std::string::npos;
      if (!good) {
        report.add(key.at, quoted(key.text) + " cannot be the name of an interface (1 to " +
                               std::to_string(max_interface) + " octets, no blank, / or :)");
      }
    }
  }
}

template <class Kind>
void validate(const Kind& kind, const Keys& keys, const Values& values, Place at, Report& report) {
  if (kind.validate == nullptr) return;
  if (const auto problem = kind.validate(values)) {
    report.add(problem->key.empty() ? at : keys.place(problem->key), problem->text);
  }
}

}  // namespace

void refuse_kind(std::string_view subject, std::string_view wanted, const YamlNode& node, Place at,
                 Report& report) {
  std::string_view is = "nothing";
  if (node.kind == YamlNode::Kind::refused || !node.whole) return;
  if (node.kind == YamlNode::Kind::list) is = "a list";
  if (node.kind == YamlNode::Kind::map) is = "a map";
  std::string text(subject);
  text += " must be ";
  text += wanted;
  text += ", not ";
  text += node.kind == YamlNode::Kind::scalar ? quoted(node.text) : std::string(is);
  report.add(at, std::move(text));
}

bool check_name(std::string_view key, const YamlNode& node, std::size_t most, Report& report) {
  const auto subject = "`" + std::string(key) + "`";
  if (node.text.size() > most) {
    report.add(node.at, subject + " must have at most " + std::to_string(most) + " octets, not " +
                            std::to_string(node.text.size()));
    return false;
  }
  if (harmless(node.text) != node.text) {
    report.add(node.at, subject + " must be printable: it has a control character in it");
    return false;
  }
  return true;
}

bool is_of_the_source(std::string_view key) noexcept {
  return key == "name" || key == "domain" || key == "netns" || key == "fallback";
}

namespace {

enum class Role : std::uint8_t { source, fallback };

std::optional<SourceConfig> check_one(const YamlNode& node, const Kinds& kinds, Role role,
                                      bool name_needed, Missing missing, Report& report);

/// `fallback` of a source that holds so far.
void check_fallback(SourceConfig& source, const Keys& keys, const Kinds& kinds, Missing missing,
                    Report& report) {
  const auto* entry = keys.find("fallback");
  if (entry == nullptr || entry->value.kind == YamlNode::Kind::nothing) return;
  const auto before = report.count();
  auto fallback = check_one(entry->value, kinds, Role::fallback, false, missing, report);
  if (!fallback || report.count() != before || source.kind == nullptr) return;
  if (fallback->kind == source.kind) {
    report.add(entry->value.at, "`fallback` must be of another type than its source, not " +
                                    quoted(source.kind->name));
    return;
  }
  if (fallback->kind->finite != nullptr && fallback->kind->finite(fallback->values)) {
    report.add(entry->value.at, "`fallback` must be a live source, not a file");
    return;
  }
  if (source.kind->finite != nullptr && source.kind->finite(source.values)) {
    report.add(entry->key.at, "a file has no `fallback`");
    return;
  }
  fallback->name = source.name;
  for (const auto* key : {"domain", "netns"})
    if (const auto* value = source.values.find(key)) fallback->values.set(key, *value);
  source.fallback.push_back(*std::move(fallback));
}

std::optional<SourceConfig> check_one(const YamlNode& node, const Kinds& kinds, Role role,
                                      bool name_needed, Missing missing, Report& report) {
  if (node.kind != YamlNode::Kind::map) {
    refuse_kind(role == Role::fallback ? "`fallback`" : "a source",
                "a map of keys such as `name:` and `type:`", node, node.at, report);
    return std::nullopt;
  }
  const auto before = report.count();
  const Keys keys(node, report);
  SourceConfig source;
  if (role == Role::fallback) {
    for (const auto* key : {"name", "domain", "netns", "fallback"}) {
      if (const auto* entry = keys.find(key))
        report.add(entry->key.at,
                   "`" + std::string(key) + "` cannot stand in a `fallback`" +
                       (std::string_view(key) == "fallback" ? "" : ": it is that of the source"));
    }
  }
  static constexpr Option name{.key = "name", .type = OptionType::text};
  if (const auto* entry = keys.find("name"); entry != nullptr && role == Role::source) {
    if (read_value(name, entry->value, entry->key.at, report) &&
        check_name("name", entry->value, max_name, report)) {
      source.name = entry->value.text;
    }
  } else if (name_needed && missing == Missing::reported) {
    report.add(node.at, "`name` is missing: it stands in every event of this source");
  }
  source.kind = kind_of(keys, "source", kinds.sources, {}, missing, report);
  const auto options =
      combined(source.kind == nullptr ? std::span<const Option>{} : source.kind->options,
               common_source_options());
  if (source.kind != nullptr) {
    auto known = keys_of(options);
    known.insert(known.begin(), {"name", "type"});
    keys.refuse_others(known, keys_of(options, true), report);
  }
  source.values = read_options(keys, options, report);
  check_common(keys, source.values, missing, report);
  if (role == Role::source) check_fallback(source, keys, kinds, missing, report);
  if (source.kind == nullptr) return std::nullopt;
  if (report.count() == before && missing == Missing::reported) {
    validate(*source.kind, keys, source.values, node.at, report);
  }
  return source;
}

}  // namespace

std::optional<SourceConfig> check_source(const YamlNode& node, const Kinds& kinds, bool name_needed,
                                         Missing missing, Report& report) {
  return check_one(node, kinds, Role::source, name_needed, missing, report);
}

std::optional<SinkConfig> check_output(const YamlNode& node, const Kinds& kinds, Missing missing,
                                       Report& report) {
  if (node.kind != YamlNode::Kind::map) {
    refuse_kind("an output", "a map of keys such as `type:` and `path:`", node, node.at, report);
    return std::nullopt;
  }
  const auto before = report.count();
  const Keys keys(node, report);
  SinkConfig sink;
  sink.kind = kind_of(keys, "output", kinds.sinks, later_sinks(), missing, report);
  const auto options = combined(
      sink.kind == nullptr ? std::span<const Option>{} : sink.kind->options, common_sink_options());
  if (sink.kind != nullptr) {
    auto known = keys_of(options);
    known.insert(known.begin(), "type");
    keys.refuse_others(known, keys_of(options, true), report);
  }
  sink.values = read_options(keys, options, report);
  if (sink.kind == nullptr) return std::nullopt;
  if (report.count() == before && missing == Missing::reported) {
    validate(*sink.kind, keys, sink.values, node.at, report);
  }
  return sink;
}

}  // namespace netweir::config
