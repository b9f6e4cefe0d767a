// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <vector>

#include "netweir/bytes.h"

namespace netweir::conntrack {

/// The attributes of a message as a tree that can be changed and written again, lengths mended. For
/// tests; reads what the kernel wrote, so it checks nothing.
struct Attribute {
  std::uint16_t type = 0;  ///< with NLA_F_NESTED
  std::vector<std::uint8_t> value{};
  std::vector<Attribute> nest{};

  bool nested() const noexcept { return (type & 0x8000U) != 0; }
  std::uint16_t number() const noexcept { return type & 0x3fffU; }
};

inline std::vector<Attribute> read_tree(Bytes octets) {
  std::vector<Attribute> out;
  while (octets.size() >= 4) {
    std::uint16_t head[2] = {};
    std::memcpy(head, octets.data(), sizeof head);
    auto& a = out.emplace_back();
    a.type = head[1];
    const auto value = octets.subspan(4, head[0] - 4U);
    if (a.nested())
      a.nest = read_tree(value);
    else
      a.value.assign(value.begin(), value.end());
    octets = octets.subspan(std::min<std::size_t>((head[0] + 3U) & ~3U, octets.size()));
  }
  return out;
}

inline void write_tree(const std::vector<Attribute>& tree, std::vector<std::uint8_t>& out) {
  for (const auto& a : tree) {
    const auto at = out.size();
    out.resize(at + 4);
    if (a.nested())
      write_tree(a.nest, out);
    else
      out.insert(out.end(), a.value.begin(), a.value.end());
    const std::uint16_t head[2] = {static_cast<std::uint16_t>(out.size() - at), a.type};
    std::memcpy(out.data() + at, head, sizeof head);
    out.resize((out.size() + 3) & ~std::size_t{3});
  }
}

/// A message with this tree behind the nfgenmsg of another.
inline std::vector<std::uint8_t> with_tree(Bytes message, const std::vector<Attribute>& tree) {
  std::vector<std::uint8_t> out(message.begin(), message.begin() + 4);
  write_tree(tree, out);
  out.shrink_to_fit();
  return out;
}

/// The attribute at a path of numbers; null where there is none.
inline Attribute* find(std::vector<Attribute>& tree, std::initializer_list<std::uint16_t> path) {
  auto* level = &tree;
  Attribute* found = nullptr;
  for (const auto number : path) {
    found = nullptr;
    for (auto& a : *level) {
      if (a.number() == number) found = &a;
    }
    if (found == nullptr) return nullptr;
    level = &found->nest;
  }
  return found;
}

}  // namespace netweir::conntrack
