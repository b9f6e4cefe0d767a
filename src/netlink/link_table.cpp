// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/link_table.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "netlink/attributes.h"
#include "netlink/link_scope.h"

namespace netweir::netlink {
namespace {

constexpr std::size_t places = 65536;  // of entries, the unused first included
constexpr int parents_at_most = 8;     // how deep VLAN devices may lie on one another

std::string_view text(Bytes octets) noexcept {
  const auto* begin = reinterpret_cast<const char*>(octets.data());
  return {begin, octets.empty() ? 0 : ::strnlen(begin, octets.size())};
}

/// IFLA_LINKINFO. False where it is malformed.
bool read_link_info(Bytes octets, VlanDevice& vlan) noexcept {
  Attributes info(octets);
  std::string_view kind;
  Bytes data;
  while (info.next()) {
    if (info.type() == IFLA_INFO_KIND) kind = text(info.data());
    if (info.type() == IFLA_INFO_DATA) data = info.data();
  }
  if (!info.ok()) return false;
  if (kind != "vlan") return true;
  Attributes fields(data);
  while (fields.next()) {
    if (fields.type() != IFLA_VLAN_ID) continue;
    const auto vid = fields.scalar<std::uint16_t>();
    if (!vid) return false;
    vlan.is = true;
    vlan.vid = *vid & 0x0fffU;
  }
  return fields.ok();
}

}  // namespace

LinkTable::LinkTable() : entries_(1) {}
LinkTable::~LinkTable() = default;

LinkTable::Scope& LinkTable::at(std::string_view key) {
  auto it = scopes_.find(key);
  if (it == scopes_.end())
    it = scopes_.emplace(std::string(key), std::make_unique<Scope>(*this)).first;
  return *it->second;
}

Links& LinkTable::scope(std::string_view key) { return at(key); }

LinkTable::Entry& LinkTable::entry(LinkId id) noexcept { return entries_[id & 0xffffU]; }

/// Null where it is forgotten, or was never given.
const LinkTable::Entry* LinkTable::known(LinkId id) const noexcept {
  const auto place = id & 0xffffU;
  return id == 0 || place >= entries_.size() || entries_[place].id != id ? nullptr
                                                                         : &entries_[place];
}

LinkView LinkTable::view(LinkId id) const noexcept {
  const auto* e = known(id);
  return e == nullptr ? LinkView{} : LinkView{e->name, e->vid};
}

std::uint64_t LinkTable::version() const noexcept { return version_; }

/// A new generation; 0 where there is no room.
LinkId LinkTable::enter(Scope& scope, std::uint32_t ifindex, std::string_view name) {
  LinkId id = 0;
  if (entries_.size() < places) {
    id = static_cast<LinkId>(entries_.size());
    entries_.emplace_back();
  } else if (!gone_.empty()) {
    id = entries_[gone_.front()].id + 0x10000U;  // another life of the place: another id
    gone_.pop_front();
  } else {
    return 0;
  }
  auto& e = entry(id);
  e = Entry{};
  e.name = std::string(name);
  e.id = id;
  e.alive = true;
  e.scope = &scope;
  e.ifindex = ifindex;
  scope.put(ifindex, id);
  scope.names[e.name] = id;
  ++version_;
  return id;
}

void LinkTable::end(Scope& scope, std::uint32_t ifindex) {
  const auto id = scope.by_index(ifindex);
  if (id == 0) return;
  auto& e = entry(id);
  e.alive = false;
  e.addresses = {};
  scope.put(ifindex, 0);
  if (const auto it = scope.names.find(e.name); it != scope.names.end() && it->second == id)
    scope.names.erase(it);
  scope.waiting.erase({e.waits_for, id});
  scope.vlan_devices.erase({e.vlan.parent, id});
  gone_.push_back(static_cast<std::uint16_t>(id & 0xffffU));
  ++version_;
}

/// Finds the VIDs of a VLAN device by going up its parents; where one is not known yet, waits.
void LinkTable::resolve(Scope& scope, LinkId id) {
  std::array<std::uint16_t, parents_at_most> up{};  // innermost first
  std::size_t count = 0;
  LinkId at = id;
  for (std::size_t step = 0; step < up.size(); ++step) {
    const auto& e = entry(at);
    if (!e.vlan.is) break;
    if (e.vlan.vid != 0) up[count++] = e.vlan.vid;
    if (e.vlan.elsewhere) break;
    const auto parent = scope.by_index(e.vlan.parent);
    if (parent == 0) {
      entry(id).waits_for = e.vlan.parent;
      scope.waiting.emplace(e.vlan.parent, id);
      break;
    }
    at = parent;
  }
  auto& e = entry(id);
  const auto before = std::exchange(e.vid, {});
  for (std::size_t i = 0; i < e.vid.size() && i < count; ++i) e.vid[i] = up[count - 1 - i];
  if (e.vid != before) ++version_;
}

bool LinkTable::apply(Scope& scope, std::uint32_t ifindex, const Change& change) {
  auto id = scope.by_index(ifindex);
  const bool fresh = id == 0;
  if (fresh) {
    if (change.name.empty()) return false;
    id = enter(scope, ifindex, change.name);
    if (id == 0) return true;
  }
  auto& e = entry(id);
  e.dump = scope.dump;
  if (!change.name.empty() && e.name != change.name) {
    if (const auto it = scope.names.find(e.name); it != scope.names.end() && it->second == id)
      scope.names.erase(it);
    e.name = std::string(change.name);
    scope.names[e.name] = id;
    ++version_;
  }
  if (!change.partial && e.master != change.master) {
    e.master = change.master;
    ++version_;
  }
  if (change.has_info) {
    scope.waiting.erase({e.waits_for, id});
    scope.vlan_devices.erase({e.vlan.parent, id});
    e.vlan = change.vlan;
    if (e.vlan.is && e.vlan.vid != 0 && !e.vlan.elsewhere)
      scope.vlan_devices.emplace(e.vlan.parent, id);
    resolve(scope, id);
  }
  if (fresh && !scope.waiting.empty()) {
    const auto first = scope.waiting.lower_bound({ifindex, 0});
    auto last = first;
    std::vector<LinkId> children;
    for (; last != scope.waiting.end() && last->first == ifindex; ++last)
      children.push_back(last->second);
    scope.waiting.erase(first, last);
    for (const auto child : children) resolve(scope, child);
  }
  return true;
}

bool LinkTable::message(std::string_view key, std::uint16_t type, Bytes payload) {
  if (type == RTM_NEWADDR || type == RTM_DELADDR) return address(key, type, payload);
  if (type != RTM_NEWLINK && type != RTM_DELLINK) return false;
  ifinfomsg head{};
  if (payload.size() < sizeof head) return false;
  std::memcpy(&head, payload.data(), sizeof head);
  if (head.ifi_family != AF_UNSPEC || head.ifi_index <= 0) return false;
  const auto ifindex = static_cast<std::uint32_t>(head.ifi_index);

  Change change;
  Attributes a(payload.subspan(sizeof head));
  bool right = true;
  while (a.next()) {
    switch (a.type()) {
      case IFLA_IFNAME:
        change.name = text(a.data());
        if (change.name.empty() || change.name.size() >= IFNAMSIZ) right = false;
        break;
      case IFLA_LINK:
        change.vlan.parent = a.scalar<std::uint32_t>().value_or(0);
        break;
      case IFLA_LINK_NETNSID:
        change.vlan.elsewhere = true;
        break;
      case IFLA_MASTER:
        change.master = a.scalar<std::uint32_t>().value_or(0);
        break;
      case IFLA_WIRELESS:  // an event of a driver, that repeats the name only
        change.partial = true;
        break;
      case IFLA_LINKINFO:
        change.has_info = true;
        if (!read_link_info(a.data(), change.vlan)) right = false;
        break;
      default:
        break;
    }
  }
  if (!a.ok() || !right) return false;

  auto& s = at(key);
  s.fed = true;
  if (type == RTM_NEWLINK) return apply(s, ifindex, change);
  end(s, ifindex);
  return true;
}

void LinkTable::begin_dump(std::string_view key) {
  auto& s = at(key);
  s.fed = true;
  ++s.dump;
}

void LinkTable::end_dump(std::string_view key) {
  auto& s = at(key);
  const auto stale = [&](LinkId id) { return id != 0 && entry(id).dump != s.dump; };
  for (std::uint32_t i = 0; i < s.low.size(); ++i) {
    if (stale(s.low[i])) end(s, i);
  }
  std::vector<std::uint32_t> old;
  for (const auto& [ifindex, id] : s.high) {
    if (stale(id)) old.push_back(ifindex);
  }
  for (const auto ifindex : old) end(s, ifindex);
}

}  // namespace netweir::netlink
