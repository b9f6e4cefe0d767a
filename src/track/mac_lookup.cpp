// SPDX-License-Identifier: GPL-2.0-or-later
// What any thread may ask.
#include <cstddef>
#include <optional>

#include "netweir/mac_table.h"
#include "track/mac_state.h"

namespace netweir {

using track::PackedMac;
using track::Place;

std::optional<LinkId> MacTable::lookup(AgeTime now, const MacKey& key) const noexcept {
  const auto* t = table_.get();
  const auto packed = track::pack(key);
  auto copy = t->slots.glance(packed);
  if (copy.place == 0) [[unlikely]]
    copy = t->slots.read(packed, [](const auto&) {});
  if (copy.place == 0 || t->overdue(now, copy)) return std::nullopt;
  return copy.port;
}

std::optional<MacEntry> MacTable::lookup_entry(AgeTime now, const MacKey& key) const noexcept {
  const auto& t = *table_;
  const auto packed = track::pack(key);
  MacCopy copy;
  if (!t.read(packed, copy) || t.overdue(now, copy.slot)) return std::nullopt;
  MacEntry entry;
  copy.describe(packed, entry);
  return entry;
}

std::optional<MacEntry> MacTable::lookup_ip(AgeTime now, const BindingKey& key) const noexcept {
  const auto& t = *table_;
  const auto ip = track::pack(key);
  for (PackedMac packed; t.nodes.read(ip, packed);) {
    MacCopy copy;
    if (!t.read(packed, copy) || !(copy.ip == ip)) continue;  // it changed hands just now
    if (t.overdue(now, copy.slot)) break;
    MacEntry entry;
    copy.describe(packed, entry);
    return entry;
  }
  return std::nullopt;
}

bool MacTable::next(AgeTime now, std::size_t& at, MacEntry& entry) const noexcept {
  const auto& t = *table_;
  for (const std::size_t end = t.nodes.touched(); at < end;) {
    const auto place = static_cast<Place>(++at);
    // The key says in which bucket to look: it is no more than a hint until that has this place.
    for (auto key = t.nodes[place].key(); key.address != 0;) {
      MacCopy copy;
      if (t.read(key, copy) && (copy.slot.place & ~track::MacBucket::bits) == place) {
        if (t.overdue(now, copy.slot)) break;
        copy.describe(key, entry);
        return true;
      }
      const auto again = t.nodes[place].key();
      if (again == key) break;
      key = again;
    }
  }
  return false;
}

std::size_t MacTable::count() const noexcept { return table_->size.read(); }

}  // namespace netweir
