// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "netweir/mac_table.h"
#include "track/hosts.h"

namespace netweir::test {

/// The n-th station.
inline MacKey station(unsigned n, DomainId domain = 0, std::uint16_t outer = 0,
                      std::uint16_t inner = 0) {
  return {mac(n), domain, {outer, inner}};
}
inline BindingKey address(unsigned n, DomainId domain = 0, std::uint16_t outer = 0,
                          std::uint16_t inner = 0) {
  return {ip(n), domain, {outer, inner}};
}
inline AgeTime at(std::chrono::nanoseconds since) { return AgeTime{since}; }

/// The order of keys has no meaning.
inline auto order(const MacKey& key) { return std::tuple(key.domain, key.vid, key.mac); }
inline std::vector<MacEntry> sorted(std::vector<MacEntry> entries) {
  std::sort(entries.begin(), entries.end(),
            [](const MacEntry& a, const MacEntry& b) { return order(a.key) < order(b.key); });
  return entries;
}
inline std::vector<MacEntry> all(const MacTable& table, AgeTime now) {
  std::vector<MacEntry> entries(table.count());
  entries.resize(table.snapshot(now, entries));
  return sorted(std::move(entries));
}

/// "added", "moved from 3", "refused static_entry at 3", with " ip set" and "table_full 2 " of who
/// went.
inline std::string text(const MacLearned& l) {
  constexpr std::array actions{"refused", "added", "refreshed", "moved"};
  constexpr std::array refusals{"", " group_address", " zero_address", " static_entry",
                                " table_full"};
  constexpr std::array ips{"", " ip same", " ip set", " ip taken", " ip refused"};
  std::string s;
  if (l.gone != nullptr) {
    s = l.reason == ExpiredReason::age ? "age " : "table_full ";
    s += std::to_string(l.gone->key.mac.octets[5]) + " ";
  }
  s += actions.at(static_cast<std::size_t>(l.action));
  s += refusals.at(static_cast<std::size_t>(l.refusal));
  if (l.action == MacAction::moved) s += " from " + std::to_string(l.previous_port);
  if (l.refusal == MacRefusal::static_entry) s += " at " + std::to_string(l.previous_port);
  return s + ips.at(static_cast<std::size_t>(l.ip));
}

}  // namespace netweir::test
