// SPDX-License-Identifier: GPL-2.0-or-later
// One writer and several readers of a MacTable. What an entry holds follows from its key and its
// port, so that a reader knows one that never was.
#include "netweir/mac_table.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include "track/stations.h"

namespace netweir::test {
namespace {

using namespace std::chrono_literals;

// Keepers are static: readers must never miss one. Guests come, move and go, each time with another
// IP. Rivals fight for one IP.
constexpr unsigned keepers = 24, guests = 200, rivals = 8, stations = keepers + guests + rivals;
constexpr std::size_t most = 160;
const Ip prize = ip(900);

AgeTime since(LinkId port) { return at(std::chrono::hours{port}); }
unsigned ip_of(unsigned guest, LinkId port) { return 1000 + guest * 8 + port % 8; }
unsigned number(const MacKey& key) { return key.mac.octets[5] + 256U * key.mac.octets[4]; }

bool right(const MacEntry& e) {
  const auto n = number(e.key);
  if (e.key != station(n) || e.last_seen < e.learned || n >= stations) return false;
  if (n < keepers) return e.is_static && e.port == n && e.ip == ip(n) && e.learned == at(0s);
  if (n < keepers + guests)
    return !e.is_static && e.ip == ip(ip_of(n, e.port)) && e.last_seen == since(e.port);
  return !e.is_static && e.port < 4 && (e.ip == Ip{} || e.ip == prize);
}

// Places and buckets are few, so that they change hands all the time.
class MacTableThreads : public testing::Test {
 protected:
  MacTableThreads() {
    for (unsigned n = 0; n < keepers; ++n) table.learn_static(at(0s), station(n), n, ip(n));
  }

  void write_for(std::chrono::milliseconds time) {
    std::mt19937 random{1};
    const auto end = std::chrono::steady_clock::now() + time;
    for (LinkId port = 1; std::chrono::steady_clock::now() < end; ++port) {
      const auto now = since(port);
      for (int i = 0; i < 20; ++i) {
        const auto n = keepers + static_cast<unsigned>(random() % guests);
        const auto what = random() % 8;
        if (what == 0) {
          table.remove(station(n));
        } else if (what == 1) {
          table.learn(now, station(keepers + guests + n % rivals), n % 4, prize);
        } else {
          table.learn(now, station(n), port, ip(ip_of(n, port)));
        }
      }
      for (unsigned n = 0; n < keepers; ++n) table.learn(now, station(n), n);
      if (port % 64 == 0) table.remove_port(port - 1);
    }
    over = true;
  }

  void read(unsigned which) {
    std::mt19937 random{which};
    const auto now = at(0s);
    do {
      for (int i = 0; i < 50; ++i) {
        const auto key = station(static_cast<unsigned>(random() % stations));
        if (const auto e = table.lookup_entry(now, key)) count(*e, e->key == key);
        const auto keeper = static_cast<unsigned>(random() % keepers);
        if (table.lookup(now, station(keeper)) != keeper) ++missing;
        const auto by_ip = table.lookup_ip(now, address(keeper));
        if (!by_ip || by_ip->key != station(keeper)) ++missing;
        const auto guest = keepers + static_cast<unsigned>(random() % guests);
        const auto address_of = ip_of(guest, static_cast<LinkId>(random() % 8));
        if (const auto e = table.lookup_ip(now, address(address_of)))
          count(*e, e->ip == ip(address_of) && e->key == station(guest));
        if (const auto e = table.lookup_ip(now, address(900))) count(*e, e->ip == prize);
      }
      std::vector<unsigned> seen(keepers);
      MacEntry entry;
      for (std::size_t place = 0; table.next(now, place, entry);) {
        count(entry, true);
        if (number(entry.key) < keepers) ++seen[number(entry.key)];
      }
      for (const auto times : seen)
        if (times != 1) ++missing;
      if (table.count() > most) ++wrong;
    } while (!over);
  }
  void count(const MacEntry& e, bool asked_for) {
    if (!asked_for || !right(e)) ++wrong;
    ++found;
  }

  MacTable table{{.max = most, .hash_seed = 3, .max_age = 0s}};
  std::atomic<bool> over = false;
  std::atomic<std::uint64_t> wrong = 0, found = 0, missing = 0;
};

TEST_F(MacTableThreads, EntriesAreReadAsAWhole) {
  std::vector<std::thread> readers;
  for (unsigned n = 0; n < 3; ++n) readers.emplace_back([this, n] { read(n); });
  write_for(1500ms);
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0U);
  EXPECT_EQ(missing, 0U);
  EXPECT_GT(found, 0U);
}

// A reader that stops in the middle of a walk, and the writer empties the table meanwhile.
TEST_F(MacTableThreads, AReaderThatStopsHoldsUpNobody) {
  std::atomic<bool> within = false;
  std::thread reader([&] {
    table.find(at(0s),
               [&](const MacEntry&) {
                 within = true;
                 while (!over) std::this_thread::yield();
                 return true;
               },
               {});
  });
  while (!within) std::this_thread::yield();
  EXPECT_EQ(table.clear(), keepers);
  for (unsigned n = 0; n < 1000; ++n) table.learn(at(1s), station(n), n, ip(n));
  EXPECT_EQ(table.count(), most);
  over = true;
  reader.join();
}

}  // namespace
}  // namespace netweir::test
