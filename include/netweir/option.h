// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace netweir {

enum class OptionType : std::uint8_t {
  text,
  boolean,  ///< true, false
  integer,
  size,      ///< octets: 64KiB, 8MiB, 4096
  duration,  ///< 100ms, 5s, 10m, 24h; or one word of `choices`, kept as text
  choice,    ///< one word of `choices`
  choices,   ///< a list of words of `choices`
  integers,  ///< a list of integers
  texts,     ///< a list of texts
  map,       ///< text -> integer, or to the place of a word in `choices`
  group,     ///< a map of `fields`, or one word of `choices`; a field's value has the key KEY.FIELD
  source     ///< another source; read into SourceConfig::fallback
};

/// One key that a kind of source or sink understands. The loader, `check --effective`, the
/// quick-start form, the sample, the man page and docs/configuration.md come from these tables.
struct Option {
  std::string_view key;
  OptionType type = OptionType::text;
  std::string_view
      standard{};  ///< the default as a user would write it; empty = none, the key is optional
  std::int64_t min = 0;  ///< integer, integers, size (octets), duration (nanoseconds), map values
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view choices{};  ///< "arp nd": words apart by spaces
  std::int64_t key_max = 0;    ///< map: its keys are integers from 0 to this; 0 = they are names
  std::string_view
      later{};  ///< "ip dhcp": words (or, with `refused`, the whole key) that later versions bring
  std::span<const Option> fields{};
  bool refused = false;     ///< an error: the key is not built yet, or what `help` says of it
  std::string_view help{};  ///< one line
};

using OptionValue = std::variant<std::monostate, bool, std::int64_t, std::chrono::nanoseconds,
                                 std::string, std::vector<std::int64_t>, std::vector<std::string>,
                                 std::map<std::string, std::int64_t, std::less<>>>;

constexpr bool is_list(OptionType type) noexcept {
  return type == OptionType::choices || type == OptionType::integers || type == OptionType::texts;
}

/// The checked values of one source or sink, defaults filled in, by key. Comparable, so that a
/// reload sees what changed. An absent optional key holds std::monostate and reads as empty.
class Values {
 public:
  void set(std::string_view key, OptionValue value) {
    values_.insert_or_assign(std::string(key), std::move(value));
  }
  bool has(std::string_view key) const {
    const auto it = values_.find(key);
    return it != values_.end() && !std::holds_alternative<std::monostate>(it->second);
  }
  const OptionValue* find(std::string_view key) const {
    const auto it = values_.find(key);
    return it == values_.end() ? nullptr : &it->second;
  }
  /// The value, or a T{} where the key is absent. size and integer read as std::int64_t.
  template <class T>
  T get(std::string_view key) const {
    const auto* value = find(key);
    const auto* typed = value == nullptr ? nullptr : std::get_if<T>(value);
    return typed == nullptr ? T{} : *typed;
  }
  std::int64_t integer(std::string_view key) const { return get<std::int64_t>(key); }
  /// A size for a call of the kernel, whose type is int.
  std::uint32_t octets(std::string_view key) const {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(integer(key), 0, 0x7fffffff));
  }
  std::string text(std::string_view key) const { return get<std::string>(key); }
  bool boolean(std::string_view key) const { return get<bool>(key); }
  std::chrono::nanoseconds duration(std::string_view key) const {
    return get<std::chrono::nanoseconds>(key);
  }
  friend bool operator==(const Values&, const Values&) = default;

 private:
  std::map<std::string, OptionValue, std::less<>> values_;
};

/// A finding across several keys of one table, put at `key` of the file.
struct OptionProblem {
  std::string_view key{};
  std::string text;
};

}  // namespace netweir
