// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/address.h"
#include "config/check.h"
#include "config/config.h"
#include "config/table.h"
#include "config/tables.h"

namespace netweir::config {
namespace {

constexpr std::string_view own_networks = "interface";  // in on_link

/// The items of the list `key`, as `read` reads each; but for those that are a `word`.
template <class T>
std::vector<T> addresses(const Keys& keys, std::string_view key, std::string_view wanted,
                         const std::function<std::optional<T>(std::string_view)>& read,
                         Report& report, const std::function<bool(std::string_view)>& word = {}) {
  std::vector<T> all;
  const auto* entry = keys.find(key);
  if (entry == nullptr || entry->value.kind != YamlNode::Kind::list) return all;
  for (const auto& node : entry->value.items) {
    if (node.kind != YamlNode::Kind::scalar || node.text.empty()) continue;  // has been reported
    if (word && word(node.text)) continue;
    if (const auto value = read(node.text)) {
      all.push_back(*value);
    } else {
      report.add(node.at, report.full() ? std::string{}
                                        : "an item of `" + std::string(key) + "` must be " +
                                              std::string(wanted) + ", not " + quoted(node.text));
    }
  }
  return all;
}

constexpr std::array<std::pair<std::string_view, std::uint8_t>, 4> learned{
    {{"arp", learn_arp}, {"nd", learn_nd}, {"ip", learn_ip}, {"dhcp", learn_dhcp}}};

std::uint32_t number(const Values& values, std::string_view key) {
  return static_cast<std::uint32_t>(values.integer(key));
}

struct Limit {
  std::uint32_t& rate;
  std::uint32_t& burst;
};

void read_limit(const Values& values, const Limit& limit) {
  if (values.has("limit")) limit.rate = limit.burst = 0;
  if (values.has("limit.rate")) limit.rate = number(values, "limit.rate");
  if (values.has("limit.burst")) limit.burst = number(values, "limit.burst");
}

void set_limit(Values& values, std::uint32_t rate, std::uint32_t burst) {
  if (rate == 0) {
    values.set("limit", std::string("off"));
  } else {
    values.set("limit.rate", std::int64_t{rate});
    values.set("limit.burst", std::int64_t{burst});
  }
}

Values read(std::span<const Option> table, const Keys& keys, Report& report) {
  const auto options = combined(table, {});
  keys.refuse_others(keys_of(options), keys_of(options, true), report);
  return read_options(keys, options, report);
}

}  // namespace

// What the file says wrongly is absent from the values, and stays as it is.
Bindings check_bindings(const YamlNode& node, Report& report) {
  Bindings b;
  const Keys keys(node, report);
  const Values values = read(binding_options(), keys, report);
  if (values.has("learn")) {
    b.learn = 0;
    for (const auto& word : values.get<std::vector<std::string>>("learn")) {
      for (const auto& [name, bit] : learned) b.learn |= name == word ? bit : std::uint8_t{0};
    }
  }
  if (values.has("refresh_after")) b.refresh_after = values.duration("refresh_after");
  if (values.has("expire_after")) b.expire_after = values.duration("expire_after");
  if (values.has("max")) b.max = static_cast<std::size_t>(values.integer("max"));
  if (values.has("damping")) b.flap_moves = 0;
  if (values.has("damping.moves")) b.flap_moves = number(values, "damping.moves");
  if (values.has("damping.window")) b.flap_window = values.duration("damping.window");
  read_limit(values, {b.rate, b.burst});
  if (values.has("proxy")) b.proxy = number(values, "proxy");
  if (values.has("arp_flood")) b.arp_flood = number(values, "arp_flood");
  b.on_link = addresses<IpPrefix>(keys, "on_link", "a network such as 192.0.2.0/24, or `interface`",
                                  read_prefix, report, [&b](std::string_view item) {
                                    if (item != own_networks) return false;
                                    return b.on_link_interfaces = true;
                                  });
  b.virtual_ips =
      addresses<Ip>(keys, "virtual_ips", "an address such as 192.0.2.1", read_address, report);
  if ((b.learn & learn_ip) != 0 && keys.find("on_link") == nullptr) b.on_link_interfaces = true;
  return b;
}

Values values_of(const Bindings& b) {
  Values values;
  std::vector<std::string> learn;
  for (const auto& [name, bit] : learned) {
    if ((b.learn & bit) != 0) learn.emplace_back(name);
  }
  values.set("learn", std::move(learn));
  values.set("refresh_after", b.refresh_after);
  values.set("expire_after", b.expire_after);
  values.set("max", static_cast<std::int64_t>(b.max));
  if (b.flap_moves == 0) {
    values.set("damping", std::string("off"));
  } else {
    values.set("damping.moves", std::int64_t{b.flap_moves});
    values.set("damping.window", b.flap_window);
  }
  set_limit(values, b.rate, b.burst);
  values.set("proxy", std::int64_t{b.proxy});
  values.set("arp_flood", std::int64_t{b.arp_flood});
  std::vector<std::string> texts;
  if (b.on_link_interfaces) texts.emplace_back(own_networks);
  for (const auto& prefix : b.on_link) texts.push_back(text(prefix));
  if (!texts.empty()) values.set("on_link", std::move(texts));
  texts.clear();
  for (const auto& ip : b.virtual_ips) texts.push_back(text(ip));
  if (!texts.empty()) values.set("virtual_ips", std::move(texts));
  return values;
}

Stations check_stations(const YamlNode& node, Report& report) {
  Stations s;
  const Keys keys(node, report);
  const Values values = read(station_options(), keys, report);
  if (values.has("max")) s.max = static_cast<std::size_t>(values.integer("max"));
  if (values.has("max_age")) s.max_age = values.duration("max_age");
  read_limit(values, {s.rate, s.burst});
  return s;
}

Values values_of(const Stations& s) {
  Values values;
  values.set("max", static_cast<std::int64_t>(s.max));
  values.set("max_age", s.max_age);
  set_limit(values, s.rate, s.burst);
  return values;
}

}  // namespace netweir::config
