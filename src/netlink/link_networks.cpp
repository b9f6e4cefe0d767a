// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <utility>

#include "netlink/link_address.h"
#include "netlink/link_scope.h"
#include "netlink/link_table.h"

namespace netweir::netlink {
namespace {

constexpr std::size_t addresses_at_most = 256;  // of one interface
constexpr std::size_t networks_at_most = 256;
constexpr unsigned looks_at_most = 1024;  // at interfaces and addresses: recordings are hostile
constexpr int up_at_most = 6;             // masters and VLAN devices on one another

}  // namespace

bool LinkTable::address(std::string_view key, std::uint16_t type, Bytes payload) {
  const auto read = read_link_address(payload);
  if (!read) return false;
  auto& s = at(key);
  s.fed = true;
  const auto id = s.find(read->ifindex);
  if (id == 0) return true;
  auto& known = entry(id).addresses;
  const auto it = std::find_if(known.begin(), known.end(),
                               [&](const auto& a) { return a.network == read->network; });
  if (type == RTM_DELADDR) {
    if (it == known.end()) return true;
    known.erase(it);
    ++version_;
  } else if (it != known.end()) {
    it->dump = s.address_dump;
  } else if (known.size() < addresses_at_most) {
    known.push_back({read->network, s.address_dump});
    ++version_;
  }
  return true;
}

void LinkTable::begin_address_dump(std::string_view key) {
  auto& s = at(key);
  s.fed = true;
  ++s.address_dump;
}

void LinkTable::end_address_dump(std::string_view key) {
  const auto& s = at(key);
  for (auto& e : entries_) {
    if (!e.alive || e.scope != &s) continue;
    const auto gone =
        std::erase_if(e.addresses, [&](const auto& a) { return a.dump != s.address_dump; });
    if (gone > 0) ++version_;
  }
}

/// The networks behind one interface, and from there on up.
class LinkTable::Collection {
 public:
  explicit Collection(const LinkTable& table) : table_(table) {}

  /// `vid`: the VLAN in which the frames of `e` are.
  void add(const Entry& e, std::array<std::uint16_t, 2> vid, int depth = 0) {
    if (left_ == 0) return;
    --left_;
    for (const auto& address : e.addresses) add({address.network, vid});
    if (depth == up_at_most) return;
    if (const auto* master = table_.known(e.scope->find(e.master)); master != nullptr)
      add(*master, vid, depth + 1);
    if (vid[1] != 0) return;  // a third tag is no part of a binding's key
    const auto& devices = e.scope->vlan_devices;
    for (auto it = devices.lower_bound({e.ifindex, 0});
         it != devices.end() && it->first == e.ifindex; ++it) {
      const auto& device = *table_.known(it->second);
      auto tagged = vid;
      tagged[vid[0] == 0 ? 0 : 1] = device.vlan.vid;
      add(device, tagged, depth + 1);
    }
  }

  std::vector<OnLink> found;

 private:
  void add(const OnLink& network) {
    if (left_ == 0 || found.size() == networks_at_most) return;
    --left_;
    const auto same = [&network](const OnLink& other) {
      return other.vid == network.vid && other.network.bits == network.network.bits &&
             other.network.contains(network.network.ip);
    };
    if (std::none_of(found.begin(), found.end(), same)) found.push_back(network);
  }

  const LinkTable& table_;
  unsigned left_ = looks_at_most;
};

std::vector<OnLink> LinkTable::networks(LinkId id) const {
  const auto* e = known(id);
  if (e == nullptr || !e->alive) return {};
  Collection collection(*this);
  collection.add(*e, e->vid);
  return std::move(collection.found);
}

}  // namespace netweir::netlink
