// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/mac_table.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "track/stations.h"

namespace netweir::test {
namespace {

using namespace std::chrono_literals;

TEST(MacTable, LearnsRefreshesMoves) {
  MacTable t{{}};
  EXPECT_EQ(t.lookup(at(0s), station(1)), std::nullopt);
  EXPECT_EQ(text(t.learn(at(10s), station(1), 7)), "added");
  EXPECT_EQ(t.lookup(at(10s), station(1)), 7U);
  EXPECT_EQ(text(t.learn(at(20s), station(1), 7)), "refreshed");
  const MacEntry before{station(1), 7, {}, false, at(10s), at(20s)};
  EXPECT_EQ(t.lookup_entry(at(20s), station(1)), before);
  EXPECT_EQ(text(t.learn(at(30s), station(1), 8)), "moved from 7");
  const MacEntry after{station(1), 8, {}, false, at(10s), at(30s)};
  EXPECT_EQ(t.lookup_entry(at(30s), station(1)), after);
  EXPECT_EQ(t.lookup(at(30s), station(1)), 8U);
  EXPECT_EQ(text(t.learn(at(30s), station(1), 0)), "moved from 8");
  EXPECT_EQ(t.count(), 1U);
}

// Each part of the key tells entries apart.
TEST(MacTable, TheKey) {
  MacTable t{{}};
  const std::array keys{station(1),        station(2),          station(1, 1),
                        station(1, 0, 1),  station(1, 0, 0, 1), station(1, 0, 4095, 4095),
                        station(1, 0xffff)};
  LinkId port = 100;
  for (const auto& key : keys) EXPECT_EQ(text(t.learn(at(0s), key, port++)), "added");
  port = 100;
  for (const auto& key : keys) {
    EXPECT_EQ(t.lookup(at(0s), key), port++);
    EXPECT_EQ(t.lookup_entry(at(0s), key)->key, key);
  }
  EXPECT_EQ(t.count(), keys.size());
}

TEST(MacTable, WhatIsRefused) {
  struct Case {
    const char* name;
    Mac mac;
    const char* said;
  };
  const std::array cases{
      Case{"broadcast", {{255, 255, 255, 255, 255, 255}}, "refused group_address"},
      Case{"IPv4 multicast", {{1, 0, 0x5e, 0, 0, 1}}, "refused group_address"},
      Case{"only the I/G bit", {{1, 0, 0, 0, 0, 0}}, "refused group_address"},
      Case{"zero", {}, "refused zero_address"},
      Case{"locally administered", {{2, 0, 0, 0, 0, 0}}, "added"},
      Case{"the last octet alone", {{0, 0, 0, 0, 0, 1}}, "added"},
  };
  for (const auto& c : cases) {
    for (const DomainId domain : {DomainId{0}, DomainId{1}}) {
      MacTable t{{}};
      const MacKey key{c.mac, domain};
      EXPECT_EQ(text(t.learn(at(0s), key, 1)), c.said) << c.name;
      const bool added = std::string("added") == c.said;
      EXPECT_EQ(t.lookup(at(0s), key).has_value(), added) << c.name;
      EXPECT_EQ(t.lookup_entry(at(0s), key).has_value(), added) << c.name;
      EXPECT_EQ(t.count(), added ? 1U : 0U) << c.name;
      EXPECT_EQ(t.remove(key).has_value(), added) << c.name;
      EXPECT_EQ(text(t.learn_static(at(0s), key, 1)), c.said) << c.name;
      const auto with_ip = text(t.learn(at(0s), key, 1, ip(1)));
      EXPECT_EQ(with_ip, added ? "refreshed ip refused" : std::string(c.said) + " ip refused");
    }
  }
}

TEST(MacTable, Ages) {
  MacTable t{{}};
  t.learn(at(100s), station(1), 1);
  EXPECT_EQ(t.lookup(at(400s - 1ns), station(1)), 1U);
  EXPECT_EQ(t.lookup(at(400s), station(1)), std::nullopt);
  EXPECT_EQ(t.lookup_entry(at(400s), station(1)), std::nullopt);
  EXPECT_EQ(all(t, at(400s)).size(), 0U);
  EXPECT_EQ(t.count(), 1U);                      // it was not swept
  EXPECT_EQ(t.lookup(at(50s), station(1)), 1U);  // a reader that is behind
  t.learn(at(399s), station(1), 1);
  EXPECT_EQ(t.lookup(at(699s - 1ns), station(1)), 1U);
  EXPECT_EQ(t.lookup(at(699s), station(1)), std::nullopt);
}

TEST(MacTable, AnOverdueEntryIsLearnedAnew) {
  MacTable t{{}};
  t.learn(at(0s), station(1), 7, ip(1));
  const auto learned = t.learn(at(300s), station(1), 7);
  EXPECT_EQ(text(learned), "age 1 added");
  const MacEntry old{station(1), 7, ip(1), false, at(0s), at(0s)};
  EXPECT_EQ(*learned.gone, old);
  const MacEntry fresh{station(1), 7, {}, false, at(300s), at(300s)};
  EXPECT_EQ(t.lookup_entry(at(300s), station(1)), fresh);
  EXPECT_EQ(t.lookup_ip(at(300s), address(1)), std::nullopt);
  EXPECT_EQ(t.count(), 1U);
  EXPECT_EQ(text(t.learn(at(600s), station(1), 8)), "age 1 added");  // not moved
}

TEST(MacTable, MaxAge) {
  struct Case {
    const char* name;
    std::chrono::nanoseconds max_age, after;
    bool there;
  };
  constexpr auto ever = std::chrono::nanoseconds::max();
  for (const auto& c : {Case{"never", 0s, ever, true}, Case{"less than never", -1s, ever, true},
                        Case{"the least", 1ns, 1ns, false}, Case{"all there is", ever, ever, false},
                        Case{"all but one", ever, ever - 1ns, true}}) {
    MacTable t{{.max_age = c.max_age}};
    t.learn(at(0s), station(1), 1);
    EXPECT_EQ(t.lookup(at(c.after), station(1)).has_value(), c.there) << c.name;
    EXPECT_EQ(t.expire(at(c.after)).count, c.there ? 0U : 1U) << c.name;
  }
}

TEST(MacTable, Resolution) {
  struct Case {
    std::chrono::nanoseconds max_age, resolution, refreshed, recorded;
  };
  for (const auto& c :
       {Case{300s, 1s, 1s - 1ns, 0s}, Case{300s, 1s, 1s, 1s}, Case{300s, 0s, 1ns, 1ns},
        Case{64s, 10s, 1s, 1s}, Case{64s, 10s, 1s - 1ns, 0s}, Case{0s, 10s, 9s, 0s}}) {
    MacTable t{{.max_age = c.max_age, .resolution = c.resolution}};
    t.learn(at(0s), station(1), 1);
    EXPECT_EQ(text(t.learn(at(c.refreshed), station(1), 1)), "refreshed");
    EXPECT_EQ(t.lookup_entry(at(c.refreshed), station(1))->last_seen, at(c.recorded));
    EXPECT_EQ(text(t.learn(at(c.refreshed), station(1), 2)), "moved from 1");
    EXPECT_EQ(t.lookup_entry(at(c.refreshed), station(1))->last_seen, at(c.refreshed));
  }
}

TEST(MacTable, Expires) {
  MacTable t{{}};
  for (unsigned n = 1; n <= 5; ++n) t.learn(at(n * 10s), station(n), n);
  t.learn(at(60s), station(1), 1);
  std::array<MacEntry, 2> gone{};
  EXPECT_TRUE(t.expire(at(319s), gone).done);
  auto swept = t.expire(at(345s), gone);
  EXPECT_EQ(swept.count, 2U);
  EXPECT_FALSE(swept.done);
  EXPECT_EQ(gone[0].key, station(2));
  EXPECT_EQ(gone[1].key, station(3));
  EXPECT_EQ(gone[1].last_seen, at(30s));
  swept = t.expire(at(345s), gone);
  EXPECT_EQ(swept.count, 1U);
  EXPECT_TRUE(swept.done);
  EXPECT_EQ(gone[0].key, station(4));
  EXPECT_EQ(t.count(), 2U);
  swept = t.expire(at(1000s));
  EXPECT_EQ(swept.count, 2U);
  EXPECT_TRUE(swept.done);
  EXPECT_EQ(t.count(), 0U);
  EXPECT_TRUE(t.expire(at(1000s)).done);
}

TEST(MacTable, ACallOfExpireIsBounded) {
  constexpr unsigned stations = 10000;
  MacTable t{{}};
  for (unsigned n = 0; n < stations; ++n) t.learn(at(0s), station(n), 1);
  unsigned calls = 0;
  std::size_t count = 0;
  for (bool done = false; !done; ++calls) {
    const auto swept = t.expire(at(300s));
    EXPECT_LE(swept.count, 4096U);
    count += swept.count;
    done = swept.done;
  }
  EXPECT_EQ(count, stations);
  EXPECT_EQ(calls, 3U);
}

TEST(MacTable, Static) {
  MacTable t{{}};
  EXPECT_EQ(text(t.learn_static(at(0s), station(1), 7, ip(1))), "added ip set");
  EXPECT_EQ(text(t.learn(at(1s), station(1), 8)), "refused static_entry at 7");
  EXPECT_EQ(text(t.learn(at(1s), station(1), 8, ip(9))), "refused static_entry at 7 ip refused");
  EXPECT_EQ(text(t.learn(at(2s), station(1), 7)), "refreshed");
  EXPECT_EQ(text(t.learn(at(2s), station(1), 7, ip(2))), "refreshed ip refused");
  EXPECT_EQ(text(t.learn(at(2s), station(1), 7, ip(1))), "refreshed ip same");
  EXPECT_EQ(text(t.learn(at(2s), station(2), 7, ip(1))), "added ip refused");
  const MacEntry entry{station(1), 7, ip(1), true, at(0s), at(2s)};
  EXPECT_EQ(t.lookup_entry(at(10000h), station(1)), entry);
  EXPECT_EQ(t.lookup_ip(at(10000h), address(1)), entry);
  EXPECT_EQ(t.expire(at(10000h)).count, 1U);  // the other
  EXPECT_EQ(t.lookup(at(10000h), station(1)), 7U);
  EXPECT_EQ(text(t.learn_static(at(10000h), station(1), 8)), "moved from 7");
  EXPECT_EQ(t.lookup_ip(at(10000h), address(1))->port, 8U);
  EXPECT_EQ(t.remove(station(1))->port, 8U);
  EXPECT_EQ(t.count(), 0U);
}

TEST(MacTable, AnEntryBecomesStatic) {
  MacTable t{{}};
  t.learn(at(0s), station(1), 7);
  EXPECT_EQ(text(t.learn_static(at(1s), station(1), 7)), "refreshed");
  EXPECT_EQ(t.lookup_entry(at(10000h), station(1)),
            (MacEntry{station(1), 7, {}, true, at(0s), at(1s)}));
  t.learn(at(2s), station(2), 7);
  EXPECT_EQ(text(t.learn_static(at(3s), station(2), 9, ip(2))), "moved from 7 ip set");
  EXPECT_EQ(text(t.learn_static(at(3s), station(1), 7, ip(2))), "refreshed ip taken");
  EXPECT_EQ(t.lookup_ip(at(3s), address(2))->key, station(1));
  EXPECT_EQ(t.expire(at(10000h)).count, 0U);
}

TEST(MacTable, ByIp) {
  MacTable t{{}};
  EXPECT_EQ(text(t.learn(at(0s), station(1), 7, ip(1))), "added ip set");
  EXPECT_EQ(text(t.learn(at(1s), station(1), 7, ip(1))), "refreshed ip same");
  EXPECT_EQ(text(t.learn(at(2s), station(1), 7)), "refreshed");  // it keeps it
  EXPECT_EQ(t.lookup_ip(at(2s), address(1)),
            (MacEntry{station(1), 7, ip(1), false, at(0s), at(2s)}));
  t.learn(at(3s), station(1), 8);  // and takes it along
  EXPECT_EQ(t.lookup_ip(at(3s), address(1))->port, 8U);
  EXPECT_EQ(text(t.learn(at(4s), station(1), 8, ip(2))), "refreshed ip set");
  EXPECT_EQ(t.lookup_ip(at(4s), address(1)), std::nullopt);
  EXPECT_EQ(t.lookup_ip(at(4s), address(2))->key, station(1));
  EXPECT_EQ(text(t.learn(at(5s), station(2), 9, ip(2))), "added ip taken");
  EXPECT_EQ(t.lookup_ip(at(5s), address(2))->key, station(2));
  EXPECT_EQ(t.lookup_entry(at(5s), station(1))->ip, Ip{});
  // The segment is part of the key.
  EXPECT_EQ(text(t.learn(at(5s), station(1, 1), 1, ip(2))), "added ip set");
  EXPECT_EQ(text(t.learn(at(5s), station(1, 0, 5), 2, ip(2))), "added ip set");
  EXPECT_EQ(text(t.learn(at(5s), station(1, 0, 0, 5), 3, ip(2))), "added ip set");
  EXPECT_EQ(t.lookup_ip(at(5s), address(2))->port, 9U);
  EXPECT_EQ(t.lookup_ip(at(5s), address(2, 1))->port, 1U);
  EXPECT_EQ(t.lookup_ip(at(5s), address(2, 0, 5))->port, 2U);
  EXPECT_EQ(t.lookup_ip(at(5s), address(2, 0, 0, 5))->port, 3U);
  EXPECT_EQ(t.lookup_ip(at(5s), address(2, 2)), std::nullopt);
  // And it goes with its entry.
  EXPECT_EQ(t.lookup_ip(at(305s), address(2)), std::nullopt);
  t.remove(station(2));
  EXPECT_EQ(t.lookup_ip(at(5s), address(2)), std::nullopt);
}

TEST(MacTable, WhichIps) {
  struct Case {
    const char* name;
    Ip ip;
    bool taken;
  };
  Ip link_local{{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, IpVersion::v6};
  Ip all_nodes{{0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, IpVersion::v6};
  const std::array cases{Case{"none", {}, false},
                         Case{"0.0.0.0", Ip::v4(0, 0, 0, 0), false},
                         Case{"multicast", Ip::v4(224, 0, 0, 1), false},
                         Case{"broadcast", Ip::v4(255, 255, 255, 255), false},
                         Case{"the last before them", Ip::v4(223, 255, 255, 255), true},
                         Case{"::", {{}, IpVersion::v6}, false},
                         Case{"link-local", link_local, true},
                         Case{"all nodes", all_nodes, false}};
  for (const auto& c : cases) {
    MacTable t{{}};
    EXPECT_EQ(text(t.learn(at(0s), station(1), 1, c.ip)),
              c.taken ? "added ip set" : "added ip refused")
        << c.name;
    EXPECT_EQ(t.lookup_ip(at(0s), {c.ip, 0, {}}).has_value(), c.taken) << c.name;
  }
}

TEST(MacTable, Removes) {
  MacTable t{{}};
  EXPECT_EQ(t.remove(station(1)), std::nullopt);
  t.learn(at(0s), station(1), 7, ip(1));
  EXPECT_EQ(t.remove(station(1, 1)), std::nullopt);
  EXPECT_EQ(t.remove(station(1)), (MacEntry{station(1), 7, ip(1), false, at(0s), at(0s)}));
  EXPECT_EQ(t.remove(station(1)), std::nullopt);
  EXPECT_EQ(t.lookup(at(0s), station(1)), std::nullopt);
  EXPECT_EQ(text(t.learn(at(1s), station(1), 8)), "added");
  EXPECT_EQ(t.lookup_entry(at(1s), station(1))->ip, Ip{});
}

// Ports 1 and 65 are of one class.
TEST(MacTable, RemovesAPort) {
  const auto fill = [](MacTable& t) {
    for (unsigned n = 0; n < 30; ++n)
      t.learn(at(0s), station(n, 0, n % 7 & 0xfffU), n % 3 * 64 + 1);
    t.learn_static(at(0s), station(100), 65);
  };
  MacTable t{{}};
  fill(t);
  EXPECT_EQ(t.remove_port(2), 0U);
  EXPECT_EQ(t.remove_port(65, MacScope::dynamic), 10U);
  EXPECT_EQ(t.remove_port(65, MacScope::dynamic), 0U);
  EXPECT_EQ(t.lookup(at(0s), station(100)), 65U);
  EXPECT_EQ(t.remove_port(65), 1U);
  EXPECT_EQ(t.count(), 20U);
  EXPECT_EQ(t.clear(), 20U);
  fill(t);
  std::array<MacEntry, 4> gone{};
  std::vector<std::size_t> counts;
  do {
    counts.push_back(t.remove_port(65, MacScope::all, gone));
    for (std::size_t i = 0; i < counts.back(); ++i) EXPECT_EQ(gone[i].port, 65U);
  } while (counts.back() == gone.size());
  EXPECT_EQ(counts, (std::vector<std::size_t>{4, 4, 3}));
  for (const auto& entry : all(t, at(0s))) EXPECT_NE(entry.port, 65U);
}

TEST(MacTable, FindsAndLists) {
  MacTable t{{}};
  for (unsigned n = 0; n < 100; ++n) t.learn(at(n * 1s), station(n), n % 10, ip(n));
  const auto now = at(100s);
  std::array<MacEntry, 8> some{};
  const IpPrefix few{ip(0), 29};
  EXPECT_EQ(t.find(
                now, [&](const MacEntry& e) { return few.contains(e.ip); }, some),
            8U);
  for (const auto& entry : some) EXPECT_TRUE(few.contains(entry.ip));
  EXPECT_EQ(t.of_port(now, 3, some), 10U);  // two did not fit
  for (const auto& entry : some) EXPECT_EQ(entry.port, 3U);
  EXPECT_EQ(t.of_port(now, 11, some), 0U);
  EXPECT_EQ(t.find(now, [&](const MacEntry& e) { return now - e.last_seen < 10s; }, {}), 9U);
  std::vector<MacEntry> everything(100);
  EXPECT_EQ(t.snapshot(now, everything), 100U);
  everything = sorted(everything);
  for (unsigned n = 0; n < 100; ++n)
    EXPECT_EQ(everything[n], (MacEntry{station(n), n % 10, n == 0 ? ip(0) : ip(n), false,
                                       at(n * 1s), at(n * 1s)}));
  EXPECT_EQ(t.snapshot(at(350s), everything), 49U);  // without the overdue
}

TEST(MacTable, Clears) {
  MacTable t{{.max = 100}};
  EXPECT_EQ(t.clear(), 0U);
  for (int round = 0; round < 3; ++round) {
    for (unsigned n = 0; n < 100; ++n) t.learn(at(0s), station(n), n, ip(n));
    t.learn_static(at(0s), station(5), 5);
    EXPECT_EQ(t.count(), 100U);
    EXPECT_EQ(t.clear(), 100U);
    EXPECT_EQ(t.count(), 0U);
    EXPECT_EQ(all(t, at(0s)).size(), 0U);
    for (unsigned n = 0; n < 100; ++n) {
      EXPECT_EQ(t.lookup(at(0s), station(n)), std::nullopt);
      EXPECT_EQ(t.lookup_ip(at(0s), address(n)), std::nullopt);
    }
  }
}

}  // namespace
}  // namespace netweir::test
