// SPDX-License-Identifier: GPL-2.0-or-later
// Random operations on a MacTable and on the plainest table of the same meaning.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <tuple>
#include <vector>

#include "netweir/mac_table.h"
#include "track/stations.h"

namespace netweir::test {
namespace {

using namespace std::chrono_literals;

constexpr auto max_age = 200s;

struct Order {
  bool operator()(const MacKey& a, const MacKey& b) const { return order(a) < order(b); }
};

// Knows all but whom a full table evicts: of that it believes what it is told.
struct Model {
  std::map<MacKey, MacEntry, Order> entries;

  static bool overdue(AgeTime now, const MacEntry& e) {
    return !e.is_static && now - e.last_seen >= max_age;
  }
  MacEntry* owner(const MacKey& key, const Ip& ip) {
    for (auto& [k, e] : entries)
      if (k.domain == key.domain && k.vid == key.vid && e.ip == ip) return &e;
    return nullptr;
  }
  MacIp give(MacEntry& e, const Ip& ip, bool fixed) {
    if (e.ip == ip) return MacIp::same;
    auto* before = owner(e.key, ip);
    if (!fixed && (e.is_static || (before != nullptr && before->is_static))) return MacIp::refused;
    e.ip = ip;
    if (before == nullptr) return MacIp::set;
    before->ip = {};
    return MacIp::taken;
  }
  MacLearned learn(AgeTime now, const MacKey& key, LinkId port, const Ip& ip, bool fixed) {
    MacLearned l;
    if (const auto old = entries.find(key); old != entries.end() && overdue(now, old->second))
      entries.erase(old);
    auto [at, added] = entries.try_emplace(key, MacEntry{key, port, {}, fixed, now, now});
    auto& e = at->second;
    if (added) {
      l.action = MacAction::added;
    } else if (e.port != port && e.is_static && !fixed) {
      l.refusal = MacRefusal::static_entry;
      l.previous_port = e.port;
      if (ip != Ip{}) l.ip = MacIp::refused;
      return l;
    } else {
      l.action = e.port == port ? MacAction::refreshed : MacAction::moved;
      if (e.port != port) l.previous_port = e.port;
      e.port = port;
      e.last_seen = now;
      e.is_static |= fixed;
    }
    if (ip != Ip{}) l.ip = give(e, ip, fixed);
    return l;
  }
  std::vector<MacEntry> list(AgeTime now) const {
    std::vector<MacEntry> list;
    for (const auto& [key, e] : entries)
      if (!overdue(now, e)) list.push_back(e);
    return sorted(list);
  }
};

class MacTableModel : public testing::TestWithParam<std::tuple<std::size_t, unsigned>> {
 protected:
  unsigned one_of(unsigned n) { return static_cast<unsigned>(random() % n); }

  std::mt19937 random;
};

TEST_P(MacTableModel, SameAsAPlainMap) {
  const auto [max, seed] = GetParam();
  random.seed(seed);
  MacTable table{{.max = max, .hash_seed = seed, .max_age = max_age, .resolution = 0s}};
  Model model;
  auto now = at(0s);
  const auto key = [this] {
    return station(one_of(30), static_cast<DomainId>(one_of(2)),
                   static_cast<std::uint16_t>(one_of(2)));
  };
  std::array<MacEntry, 3> gone{};
  for (int step = 0; step < 20000; ++step) {
    now += std::chrono::milliseconds{one_of(4000)};
    const auto what = one_of(100);
    if (what < 75) {
      const auto k = key();
      const auto port = one_of(3) * 64 + one_of(2);
      const auto with = one_of(3) == 0 ? ip(one_of(15)) : Ip{};
      const bool fixed = one_of(20) == 0;
      const auto learned = fixed          ? table.learn_static(now, k, port, with)
                           : with == Ip{} ? table.learn(now, k, port)
                                          : table.learn(now, k, port, with);
      if (learned.gone != nullptr) {
        const auto old = model.entries.find(learned.gone->key);
        ASSERT_NE(old, model.entries.end());
        ASSERT_EQ(old->second, *learned.gone);
        ASSERT_EQ(learned.reason == ExpiredReason::age, Model::overdue(now, old->second));
        ASSERT_FALSE(old->second.is_static);
        model.entries.erase(old);
      }
      if (learned.refusal == MacRefusal::table_full) {
        ASSERT_EQ(model.entries.size(), max);
        for (const auto& [of, e] : model.entries) ASSERT_TRUE(e.is_static);
        continue;
      }
      const auto expected = model.learn(now, k, port, with, fixed);
      ASSERT_EQ(learned.action, expected.action);
      ASSERT_EQ(learned.refusal, expected.refusal);
      ASSERT_EQ(learned.previous_port, expected.previous_port);
      ASSERT_EQ(learned.ip, expected.ip);
    } else if (what < 85) {
      const auto k = key();
      const auto removed = table.remove(k);
      const auto old = model.entries.find(k);
      ASSERT_EQ(removed.has_value(), old != model.entries.end());
      if (removed) {
        ASSERT_EQ(*removed, old->second);
        model.entries.erase(old);
      }
    } else if (what < 90) {
      for (bool done = false; !done;) {
        const auto swept = table.expire(now, gone);
        for (std::size_t i = 0; i < swept.count; ++i) {
          const auto old = model.entries.find(gone[i].key);
          ASSERT_NE(old, model.entries.end());
          ASSERT_EQ(old->second, gone[i]);
          ASSERT_TRUE(Model::overdue(now, old->second));
          model.entries.erase(old);
        }
        done = swept.done;
      }
      for (const auto& [of, e] : model.entries) ASSERT_FALSE(Model::overdue(now, e));
    } else if (what < 92) {
      const auto port = one_of(3) * 64 + one_of(2);
      const auto scope = one_of(2) == 0 ? MacScope::all : MacScope::dynamic;
      const auto expected = std::erase_if(model.entries, [&](const auto& item) {
        return item.second.port == port && (scope == MacScope::all || !item.second.is_static);
      });
      ASSERT_EQ(table.remove_port(port, scope), expected);
    } else if (one_of(200) == 0) {
      ASSERT_EQ(table.clear(), model.entries.size());
      model.entries.clear();
    }
    ASSERT_EQ(table.count(), model.entries.size());
    const auto k = key();
    const auto found = model.entries.find(k);
    const bool there = found != model.entries.end() && !Model::overdue(now, found->second);
    ASSERT_EQ(table.lookup_entry(now, k), there ? std::optional(found->second) : std::nullopt);
    ASSERT_EQ(table.lookup(now, k), there ? std::optional(found->second.port) : std::nullopt);
    const BindingKey of{ip(one_of(15)), k.domain, k.vid};
    const auto* owner = model.owner(k, of.ip);
    ASSERT_EQ(table.lookup_ip(now, of), owner != nullptr && !Model::overdue(now, *owner)
                                            ? std::optional(*owner)
                                            : std::nullopt);
    if (step % 50 == 0) {
      ASSERT_EQ(all(table, now), model.list(now));
    }
  }
}

// 120 keys: in a table for all, in one for most of them, and in small ones that are always full.
INSTANTIATE_TEST_SUITE_P(Sizes, MacTableModel,
                         testing::Combine(testing::Values(120, 64, 8, 1),
                                          testing::Values(1, 2, 3, 4, 5)));

}  // namespace
}  // namespace netweir::test
