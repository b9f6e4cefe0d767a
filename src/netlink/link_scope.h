// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "netlink/link_table.h"

namespace netweir::netlink {

/// What makes a VLAN device. It does not change while the device lives, save for `elsewhere`.
struct VlanDevice {
  bool is = false;
  std::uint16_t vid = 0;
  std::uint32_t parent = 0;  ///< interface index
  bool elsewhere = false;    ///< the parent is in another namespace
};

/// What a link message says.
struct LinkTable::Change {
  std::string_view name{};   ///< empty = it does not say
  bool has_info = false;     ///< it says whether this is a VLAN device
  bool partial = false;      ///< it does not speak of a master
  std::uint32_t master = 0;  ///< interface index of the bridge or bond; 0 = none
  VlanDevice vlan{};
};

struct LinkTable::Entry {
  std::string name;
  LinkId id = 0;  ///< 0 = never used
  bool alive = false;
  std::uint32_t ifindex = 0;
  std::uint32_t master = 0;  ///< interface index
  std::uint32_t waits_for = 0;
  const Scope* scope = nullptr;
  std::uint32_t dump = 0;  ///< the last dump of its scope that named it
  VlanDevice vlan{};
  std::array<std::uint16_t, 2> vid{};  ///< the result, outermost first
  struct Address {
    IpPrefix network{};
    std::uint32_t dump = 0;  ///< the last dump of addresses of its scope that named it
  };
  std::vector<Address> addresses;
};

/// Interfaces of lower index are found by one subscript.
inline constexpr std::size_t direct_indexes = 65536;

struct LinkTable::Scope final : Links {
  explicit Scope(LinkTable& t) : table(t) {}

  LinkId by_index(std::uint32_t ifindex) override { return find(ifindex); }

  LinkId find(std::uint32_t ifindex) const {
    if (ifindex < low.size()) return low[ifindex];
    if (ifindex < direct_indexes) return 0;
    const auto it = high.find(ifindex);
    return it == high.end() ? 0 : it->second;
  }

  LinkId by_low_index(std::uint16_t bits, bool& ambiguous) override {
    LinkId found = by_index(bits);
    ambiguous = false;
    if (folded.empty()) return found;
    for (auto [it, end] = folded.equal_range(bits); it != end; ++it) {
      ambiguous = ambiguous || found != 0;
      found = it->second;
    }
    return ambiguous ? 0 : found;
  }

  LinkId by_name(std::string_view name) override {
    if (const auto it = names.find(std::string(name)); it != names.end()) return it->second;
    if (fed || name.empty()) return 0;
    return table.enter(*this, 0, name);
  }

  void put(std::uint32_t ifindex, LinkId id) {
    if (ifindex == 0) return;
    if (ifindex >= direct_indexes) {
      fold(ifindex, id);
      if (id == 0)
        high.erase(ifindex);
      else
        high[ifindex] = id;
      return;
    }
    if (ifindex >= low.size()) low.resize(std::size_t{ifindex} + 1);
    low[ifindex] = id;
  }

  void fold(std::uint32_t ifindex, LinkId id) {
    const auto bits = static_cast<std::uint16_t>(ifindex & 0xffffU);
    const auto known = high.find(ifindex);
    if (known != high.end()) {
      const auto [begin, end] = folded.equal_range(bits);
      folded.erase(
          std::find_if(begin, end, [&](const auto& e) { return e.second == known->second; }));
    }
    if (id != 0) folded.emplace(bits, id);
  }

  LinkTable& table;
  bool fed = false;  ///< by messages: a namespace, not a file
  std::uint32_t dump = 0, address_dump = 0;
  std::vector<LinkId> low;  ///< by ifindex
  std::unordered_map<std::uint32_t, LinkId> high;
  std::unordered_multimap<std::uint16_t, LinkId> folded;  ///< high, by the low 16 bits
  std::unordered_map<std::string, LinkId> names;
  using ByParent = std::set<std::pair<std::uint32_t, LinkId>>;
  ByParent vlan_devices;  ///< by the index of the parent
  ByParent waiting;       ///< VLAN devices, by the index of the missing ancestor
};

}  // namespace netweir::netlink
