// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/table.h"

#include <algorithm>

#include "config/value.h"

namespace netweir::config {

Keys::Keys(const YamlNode& map, Report& report) : map_(map) {
  for (const auto& entry : map.entries) {
    const auto [first, added] = entries_.emplace(entry.key.text, &entry);
    if (!added) {
      const auto line = first->second->key.at.line;
      report.add(entry.key.at, quoted(entry.key.text) + " stands twice" +
                                   (line == 0 ? "" : "; first in line " + std::to_string(line)));
    }
  }
}

const Entry* Keys::find(std::string_view key) const {
  const auto it = entries_.find(key);
  return it == entries_.end() ? nullptr : it->second;
}

Place Keys::place(std::string_view key) const {
  const auto* entry = find(key);
  return entry == nullptr ? map_.at : entry->key.at;
}

Place Keys::value_place(std::string_view key) const {
  const auto* entry = find(key);
  return entry == nullptr ? map_.at : entry->value.at;
}

void Keys::refuse_others(const std::vector<std::string_view>& known,
                         const std::vector<std::string_view>& refused, Report& report) const {
  for (const auto& [key, entry] : entries_) {
    if (contains(known, key) || contains(refused, key)) continue;
    report.add(entry->key.at,
               report.full() ? std::string{} : "unknown key " + quoted(key) + instead(key, known));
  }
}

std::vector<const Option*> combined(std::span<const Option> own, std::span<const Option> common) {
  std::vector<const Option*> out;
  out.reserve(own.size() + common.size());
  for (const auto& option : own) out.push_back(&option);
  for (const auto& option : common) {
    const bool hidden =
        std::any_of(own.begin(), own.end(), [&](const Option& o) { return o.key == option.key; });
    if (!hidden) out.push_back(&option);
  }
  return out;
}

std::vector<std::string_view> keys_of(std::span<const Option* const> options, bool refused) {
  std::vector<std::string_view> out;
  for (const auto* option : options) {
    if (option->refused == refused) out.push_back(option->key);
  }
  return out;
}

namespace {

std::string field_key(const Option& group, const Option& field) {
  return std::string(group.key) + "." + std::string(field.key);
}

void read_group(const Option& option, const Entry* entry, Values& values, Report& report) {
  if (entry == nullptr || entry->value.kind != YamlNode::Kind::map) {
    const bool by_default = entry == nullptr && option.standard.starts_with("{");
    for (const auto& field : option.fields) {
      if (by_default) values.set(field_key(option, field), standard_value(field));
    }
    if (by_default) return;
    Option word = option;  // what is no map is a word, or wrong
    if (entry == nullptr)
      values.set(option.key, std::string(option.standard));
    else if (auto value = read_value(word, entry->value, entry->key.at, report))
      values.set(option.key, std::move(*value));
    return;
  }
  const Keys keys(entry->value, report);
  const auto fields = combined(option.fields, {});
  keys.refuse_others(keys_of(fields), keys_of(fields, true), report);
  const auto inner = read_options(keys, fields, report);
  for (const auto& field : option.fields) {
    if (const auto* value = inner.find(field.key)) values.set(field_key(option, field), *value);
  }
}

}  // namespace

Values read_options(const Keys& keys, std::span<const Option* const> options, Report& report) {
  Values values;
  for (const auto* option : options) {
    const auto* entry = keys.find(option->key);
    if (option->refused) {
      if (entry != nullptr) {
        const auto why = option->help.empty() ? "is not in this version of netweir" : option->help;
        report.add(entry->key.at, "`" + std::string(option->key) + "` " + std::string(why));
      }
    } else if (option->type == OptionType::group) {
      read_group(*option, entry, values, report);
    } else if (entry == nullptr) {
      values.set(option->key, standard_value(*option));
    } else if (auto value = read_value(*option, entry->value, entry->key.at, report)) {
      values.set(option->key, std::move(*value));
    }
  }
  return values;
}

}  // namespace netweir::config
