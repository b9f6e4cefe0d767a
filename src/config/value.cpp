// SPDX-License-Identifier: GPL-2.0-or-later
#include "config/value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "config/quantity.h"

namespace netweir::config {

namespace {

constexpr auto no_limit = std::numeric_limits<std::int64_t>::max();
constexpr std::string_view later_text = " is not in this version of netweir";

std::string ticked(std::string_view word) { return "`" + std::string(word) + "`"; }

std::string joined(std::string_view list) {
  std::string out;
  for (const auto word : words(list)) {
    if (!out.empty()) out += ", ";
    out += word;
  }
  return out;
}

std::string limit_text(const Option& option, std::int64_t limit) {
  if (option.type == OptionType::size) return size_text(limit);
  if (option.type == OptionType::duration) return duration_text(std::chrono::nanoseconds{limit});
  return std::to_string(limit);
}

std::string range(const Option& option) {
  if (option.max == no_limit) {
    return option.min == 0 && option.type != OptionType::integer
               ? std::string{}
               : " of at least " + limit_text(option, option.min);
  }
  return " between " + limit_text(option, option.min) + " and " + limit_text(option, option.max);
}

/// What stands there, for "must be ..., not THIS".
std::string found(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::list:
      return "a list";
    case YamlNode::Kind::map:
      return "a map";
    case YamlNode::Kind::scalar:
      return (node.quoted ? "the text " : "") + quoted(node.text);
    case YamlNode::Kind::nothing:
    case YamlNode::Kind::refused:
      break;
  }
  return "nothing";
}

class Reader {
 public:
  Reader(const Option& option, Report& report) : Reader(option, report, ticked(option.key)) {}
  /// `subject` is what messages call the value.
  Reader(const Option& option, Report& report, std::string subject)
      : option_(option), report_(report), subject_(std::move(subject)) {}

  std::optional<OptionValue> read(const YamlNode& node, Place key) {
    if (node.kind == YamlNode::Kind::refused || !node.whole) return items_of(node);
    if (node.kind == YamlNode::Kind::nothing) {
      report_.add(key, subject_ + " has no value" +
                           (option_.standard.empty() ? "" : "; leave the key out for its default"));
      return std::nullopt;
    }
    switch (option_.type) {
      case OptionType::choices:
      case OptionType::integers:
      case OptionType::texts:
        return list(node);
      case OptionType::map:
        return map(node);
      case OptionType::group:  // read_options() reads a map
        if (node.kind == YamlNode::Kind::scalar && contains(words(option_.choices), node.text))
          return node.text;
        return wrong(node);
      case OptionType::source:  // check_source() reads it
        return OptionValue{};
      case OptionType::text:
        return text(node);
      case OptionType::boolean:
        return boolean(node);
      case OptionType::choice:
        return choice(node);
      case OptionType::duration:
        if (node.kind == YamlNode::Kind::scalar && contains(words(option_.choices), node.text))
          return node.text;
        if (const auto value = number(node)) return std::chrono::nanoseconds{*value};
        return std::nullopt;
      case OptionType::integer:
      case OptionType::size:
        if (const auto value = number(node)) return *value;
        return std::nullopt;
    }
    return std::nullopt;
  }

 private:
  /// Of a list or map that the file could not be read to the end of: only what is inside.
  std::nullopt_t items_of(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::list && !node.items.empty() && is_list(option_.type)) {
      list(node);
    } else if (node.kind == YamlNode::Kind::map && option_.type == OptionType::map) {
      map(node);
    }
    return std::nullopt;
  }

  std::nullopt_t wrong(const YamlNode& node, std::string_view hint = {}) {
    if (report_.full()) {
      report_.add(node.at, {});
      return std::nullopt;
    }
    std::string text = subject_ + " must be " + expected(option_) + ", not " + found(node);
    if (!hint.empty()) text += ": " + std::string(hint);
    report_.add(node.at, std::move(text));
    return std::nullopt;
  }

  std::optional<OptionValue> text(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::scalar) return wrong(node);
    if (node.text.find('\0') != std::string::npos) {
      report_.add(node.at, ticked(option_.key) + " must not contain a NUL character");
      return std::nullopt;
    }
    if (node.text.empty()) {
      report_.add(node.at, ticked(option_.key) + " must not be empty");
      return std::nullopt;
    }
    return node.text;
  }

  std::optional<OptionValue> boolean(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::scalar && !node.quoted) {
      if (node.text == "true") return true;
      if (node.text == "false") return false;
      static constexpr std::array<std::string_view, 14> yes_no{"yes", "Yes",  "YES", "on",   "On",
                                                               "ON",  "True", "no",  "No",   "NO",
                                                               "off", "Off",  "OFF", "False"};
      const auto* at = std::find(yes_no.begin(), yes_no.end(), node.text);
      if (at != yes_no.end()) return wrong(node, at < &yes_no[7] ? "write true" : "write false");
    }
    return wrong(node);
  }

  /// An integer, size or duration within its range.
  std::optional<std::int64_t> number(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::scalar) return wrong(node);
    const bool plain = option_.type != OptionType::size && option_.type != OptionType::duration;
    if (plain && node.quoted) return wrong(node, "write it without quotes");
    const Quantity q = option_.type == OptionType::size       ? read_size(node.text)
                       : option_.type == OptionType::duration ? read_duration(node.text)
                                                              : read_integer(node.text);
    if (q.state == Quantity::State::good && q.value >= option_.min && q.value <= option_.max) {
      return q.value;
    }
    return wrong(node, q.hint.empty() ? std::string{} : "write " + q.hint);
  }

  bool word(const YamlNode& node) {
    const auto known = words(option_.choices);
    if (contains(known, node.text)) return true;
    if (contains(words(option_.later), node.text)) {
      report_.add(node.at,
                  ticked(node.text) + " of " + ticked(option_.key) + std::string(later_text));
    } else if (const auto near = report_.full() ? std::string_view{} : nearest(node.text, known);
               !near.empty()) {
      wrong(node, "did you mean " + ticked(near) + "?");
    } else {
      wrong(node);
    }
    return false;
  }

  std::optional<OptionValue> choice(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::scalar) return wrong(node);
    if (!word(node)) return std::nullopt;
    return node.text;
  }

  std::optional<OptionValue> list(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::scalar) return wrong(node, "write [" + node_text(node) + "]");
    if (node.kind != YamlNode::Kind::list) return wrong(node);
    if (node.items.empty()) {
      report_.add(node.at, ticked(option_.key) + " must not be an empty list");
      return std::nullopt;
    }
    std::vector<std::string> strings;
    std::vector<std::int64_t> integers;
    bool good = true;
    Option each = option_;
    each.type = option_.type == OptionType::integers ? OptionType::integer
                : option_.type == OptionType::texts  ? OptionType::text
                                                     : OptionType::choice;
    Reader reader(each, report_, "each item of " + ticked(option_.key));
    for (const auto& item : node.items) {
      auto value = reader.item(item);
      if (!value) {
        good = false;
      } else if (auto* number = std::get_if<std::int64_t>(&*value)) {
        integers.push_back(*number);
      } else if (auto* text = std::get_if<std::string>(&*value)) {
        strings.push_back(std::move(*text));
      }
    }
    good = unique(node, strings) && unique(node, integers) && good;
    if (!good) return std::nullopt;
    if (option_.type == OptionType::integers) return integers;
    return strings;
  }

  std::optional<OptionValue> item(const YamlNode& node) {
    if (node.kind == YamlNode::Kind::nothing) return wrong(node);
    return read(node, node.at);
  }

  template <class T>
  bool unique(const YamlNode& node, std::vector<T> values) {
    std::sort(values.begin(), values.end());
    const auto twice = std::adjacent_find(values.begin(), values.end());
    if (twice == values.end()) return true;
    std::string text;
    if constexpr (std::is_same_v<T, std::string>) {
      text = *twice;
    } else {
      text = std::to_string(*twice);
    }
    report_.add(node.at, quoted(text) + " stands twice in " + ticked(option_.key));
    return false;
  }

  std::optional<OptionValue> map(const YamlNode& node) {
    if (node.kind != YamlNode::Kind::map) return wrong(node);
    std::map<std::string, std::int64_t, std::less<>> out;
    bool good = true;
    Option each = option_;
    each.type = option_.choices.empty() ? OptionType::integer : OptionType::choice;
    for (const auto& [key, value] : node.entries) {
      const std::string subject = quoted(key.text) + " in " + ticked(option_.key);
      const auto name = key_name(key.text);
      if (!name) {
        report_.add(key.at, subject + (option_.key_max > 0 ? " is not an integer from 0 to " +
                                                                 std::to_string(option_.key_max)
                                                           : " is not a name"));
        good = false;
      } else if (value.kind == YamlNode::Kind::nothing) {
        report_.add(key.at, subject + " has no value (a `:` needs a blank after it)");
        good = false;
      } else if (const auto read = Reader(each, report_, subject).read(value, key.at); !read) {
        good = false;
      } else if (!out.emplace(*name, place_of(*read)).second) {
        report_.add(key.at, subject + " stands twice");
        good = false;
      }
    }
    if (!good) return std::nullopt;
    return out;
  }

  /// The key of a map as it is kept: integers without leading zeros.
  std::optional<std::string> key_name(const std::string& text) const {
    if (text.empty() || text.find('\0') != std::string::npos) return std::nullopt;
    if (option_.key_max == 0) return text;
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, number);
    if (code != std::errc{} || stop != end || number < 0 || number > option_.key_max)
      return std::nullopt;
    return std::to_string(number);
  }

  /// A map's value: the integer, or the place of the word.
  std::int64_t place_of(const OptionValue& value) const {
    if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
    const auto all = words(option_.choices);
    const auto it = std::find(all.begin(), all.end(), std::get<std::string>(value));
    return it - all.begin();
  }

  static std::string node_text(const YamlNode& node) {
    const auto text = quoted(node.text);
    return text.substr(1, text.size() - 2);
  }

  const Option& option_;
  Report& report_;
  std::string subject_;
};

}  // namespace

std::optional<OptionValue> read_value(const Option& option, const YamlNode& node, Place key,
                                      Report& report) {
  return Reader(option, report).read(node, key);
}

OptionValue standard_value(const Option& option) {
  if (option.standard.empty()) return {};
  if (option.type == OptionType::group) return std::string(option.standard);  // see read_options()
  Report unheard;  // a table with a wrong default: a test of the tables finds it
  YamlNode node;
  node.kind = YamlNode::Kind::scalar;
  node.text = option.standard;
  const bool structured = is_list(option.type) || option.type == OptionType::map;
  if (structured || option.standard.front() == '"')
    node = parse_yaml(option.standard, unheard).root;
  auto value = read_value(option, node, {}, unheard);
  if (value) return *std::move(value);
  return {};
}

namespace {

std::string map_expected(const Option& option) {
  const bool numbered = option.key_max > 0;
  std::string text = numbered ? "a map of integers to " : "a map of names to ";
  const std::string key = numbered ? "10" : "eth7";
  if (!option.choices.empty()) {
    const auto first = std::string(words(option.choices).front());
    return text + "one of " + joined(option.choices) + ", such as {" + key + ": " + first + "}";
  }
  return text + "integers" + range(option) + ", such as {" + key + ": " +
         std::to_string(std::clamp<std::int64_t>(300, option.min, option.max)) + "}";
}

}  // namespace

namespace {

std::string group_expected(const Option& option) {
  std::string out = "a map of ";
  for (const auto& field : option.fields) {
    if (&field != option.fields.data()) out += ", ";
    const auto takes = expected(field);
    out += ticked(field.key) + " (" + takes.substr(0, takes.find(", such as")) + ")";
  }
  return out + (option.choices.empty() ? "" : ", or " + joined(option.choices));
}

}  // namespace

std::string expected(const Option& option) {
  switch (option.type) {
    case OptionType::text:
      return "text";
    case OptionType::boolean:
      return "true or false";
    case OptionType::integer:
      return "an integer" + range(option);
    case OptionType::size:
      return "a size" + range(option) + ", such as 4096, 64KiB or 8MiB";
    case OptionType::duration:
      return "a duration" + range(option) +
             (option.choices.empty() ? "" : ", or " + joined(option.choices)) +
             ", such as 100ms, 5s, 10m or 24h";
    case OptionType::choice:
      if (words(option.choices).size() == 1) {
        return "`" + std::string(option.choices) +
               "` (other values are not in this version of netweir)";
      }
      return "one of " + joined(option.choices);
    case OptionType::choices:
      return "a list of words among " + joined(option.choices);
    case OptionType::integers:
      return "a list of integers" + range(option);
    case OptionType::texts:
      return "a list of texts";
    case OptionType::map:
      return map_expected(option);
    case OptionType::group:
      return group_expected(option);
    case OptionType::source:
      return "a map: `type:` and the keys of that type";
  }
  return {};
}

}  // namespace netweir::config
