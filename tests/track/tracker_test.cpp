// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/tracker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <random>
#include <string>
#include <tuple>
#include <utility>

#include "track/hosts.h"

namespace netweir::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

BindingKey key(unsigned n, DomainId domain = 0, std::uint16_t outer = 0, std::uint16_t inner = 0) {
  return {ip(n), domain, {outer, inner}};
}
WallTime wall(nanoseconds since) { return WallTime{since}; }
AgeTime age(nanoseconds since) { return AgeTime{since}; }

const char* text(BindingAction action) {
  constexpr std::array words{"NEW", "REFRESHED", "MOVED", "EXPIRED"};
  return words.at(static_cast<std::size_t>(action));
}
std::string text(const BindingChanges& changes) {
  std::string s;
  for (const auto& c : changes) s += (s.empty() ? "" : " ") + std::string(text(c.action));
  return s;
}

// A tracker whose two times run together.
struct Together {
  explicit Together(TrackerLimits limits = {}) : tracker(limits) {}
  std::string see(nanoseconds at, const BindingKey& k, const Mac& m) {
    now = std::max(now, at);
    tracker.observe(age(now), wall(at), {k, m}, changes);
    return text(changes);
  }
  Tracker tracker;
  BindingChanges changes;
  nanoseconds now{};
};

TEST(Tracker, NewMovedRefreshed) {
  Together t;
  EXPECT_EQ(t.see(1000s, key(1), mac(1)), "NEW");
  const auto& c = t.changes.items[0];
  EXPECT_EQ(c.key, key(1));
  EXPECT_EQ(c.mac, mac(1));
  EXPECT_EQ(c.previous_mac, Mac{});
  EXPECT_EQ(c.first_seen, wall(1000s));
  EXPECT_EQ(c.last_seen, wall(1000s));
  EXPECT_EQ(c.count, 1U);
  EXPECT_EQ(t.see(1001s, key(1), mac(1)), "");
  EXPECT_EQ(t.see(1002s, key(1), mac(2)), "MOVED");
  EXPECT_EQ(c.mac, mac(2));
  EXPECT_EQ(c.previous_mac, mac(1));
  EXPECT_EQ(c.first_seen, wall(1000s));  // the key's, not the MAC's
  EXPECT_EQ(c.last_seen, wall(1002s));
  EXPECT_EQ(c.count, 3U);
  EXPECT_EQ(t.see(1602s, key(1), mac(2)), "REFRESHED");
  EXPECT_EQ(c.previous_mac, Mac{});
  EXPECT_EQ(c.count, 4U);
  EXPECT_EQ(t.tracker.size(), 1U);
}

TEST(Tracker, RefreshedExactlyAtSixHundredSeconds) {
  Together t;
  EXPECT_EQ(t.see(100s, key(1), mac(1)), "NEW");
  EXPECT_EQ(t.see(700s - 1ns, key(1), mac(1)), "");
  EXPECT_EQ(t.see(700s, key(1), mac(1)), "REFRESHED");
  EXPECT_EQ(t.see(1300s - 1ns, key(1), mac(1)), "");  // counted from the last event
  EXPECT_EQ(t.see(1300s, key(1), mac(1)), "REFRESHED");
}

TEST(Tracker, AMoveIsAnEventToo) {
  Together t;
  EXPECT_EQ(t.see(0s, key(1), mac(1)), "NEW");
  EXPECT_EQ(t.see(599s, key(1), mac(2)), "MOVED");
  EXPECT_EQ(t.see(601s, key(1), mac(2)), "");
  EXPECT_EQ(t.see(1199s, key(1), mac(2)), "REFRESHED");
}

TEST(Tracker, TimeGoesBack) {
  Together t;
  EXPECT_EQ(t.see(10000s, key(1), mac(1)), "NEW");
  EXPECT_EQ(t.see(5000s, key(1), mac(1)), "");
  EXPECT_EQ(t.see(5600s, key(1), mac(1)), "");
  EXPECT_EQ(t.see(10599s, key(1), mac(1)), "");
  EXPECT_EQ(t.see(4000s, key(1), mac(2)), "MOVED");
  const auto& c = t.changes.items[0];
  EXPECT_EQ(c.first_seen, wall(10000s));
  EXPECT_EQ(c.last_seen, wall(4000s));
  EXPECT_EQ(t.see(4600s, key(1), mac(2)), "REFRESHED");  // 600 s after the last event, the move
}

TEST(Tracker, TimesAtTheirEnds) {
  constexpr auto least = nanoseconds::min(), most = nanoseconds::max();
  Tracker t{{.refresh_after = 600s, .expire_after = most}};
  BindingChanges changes;
  t.observe(age(least), wall(most), {key(1), mac(1)}, changes);
  EXPECT_EQ(text(changes), "NEW");
  t.observe(age(most), wall(least), {key(1), mac(1)}, changes);
  EXPECT_EQ(text(changes), "");
  t.observe(age(most), wall(least), {key(2), mac(1)}, changes);
  t.observe(age(most), wall(most), {key(2), mac(1)}, changes);
  EXPECT_EQ(text(changes), "REFRESHED");
  BindingChange change;
  EXPECT_FALSE(t.expire(age(most), change));
  EXPECT_EQ(t.next_expiry(), AgeTime::max());
}

TEST(Tracker, RefreshAfterZeroRefreshesAlways) {
  Together t{{.refresh_after = 0s}};
  EXPECT_EQ(t.see(5s, key(1), mac(1)), "NEW");
  EXPECT_EQ(t.see(5s, key(1), mac(1)), "REFRESHED");
  EXPECT_EQ(t.see(4s, key(1), mac(1)), "");
}

TEST(Tracker, KeysApart) {
  Together t;
  auto v6 = key(1);
  v6.ip.version = IpVersion::v6;  // ::-like octets, another address
  for (const auto& k : {key(1), key(2), key(1, 1), key(1, 0, 5), key(1, 0, 6), key(1, 0, 5, 6),
                        key(1, 0, 6, 5), key(1, 0, 0, 5), v6}) {
    EXPECT_EQ(t.see(1s, k, mac(1)), "NEW");
    EXPECT_EQ(t.changes.items[0].key, k);
    EXPECT_EQ(t.see(1s, k, mac(1)), "");
  }
  EXPECT_EQ(t.tracker.size(), 9U);
}

// Two sources of one domain have one table: the key knows no source.
TEST(Tracker, OneHostSeenByTwoSources) {
  Together t;
  EXPECT_EQ(t.see(1s, key(1), mac(1)), "NEW");
  EXPECT_EQ(t.see(1s + 2us, key(1), mac(1)), "");
  EXPECT_EQ(t.see(1s, key(1, 1), mac(1)), "NEW");  // another domain
}

TEST(Tracker, Expires) {
  Together t{{.expire_after = 60s}};
  BindingChange c;
  EXPECT_EQ(t.tracker.next_expiry(), AgeTime::max());
  EXPECT_FALSE(t.tracker.expire(age(0s), c));
  (void)t.see(10s, key(1), mac(1));
  (void)t.see(20s, key(2), mac(2));
  (void)t.see(30s, key(1), mac(3));
  EXPECT_EQ(t.tracker.next_expiry(), age(80s));
  EXPECT_FALSE(t.tracker.expire(age(80s - 1ns), c));
  ASSERT_TRUE(t.tracker.expire(age(200s), c));
  EXPECT_EQ(c.action, BindingAction::expired);
  EXPECT_EQ(c.reason, ExpiredReason::age);
  EXPECT_EQ(c.key, key(2));
  EXPECT_EQ(c.mac, mac(2));
  ASSERT_TRUE(t.tracker.expire(age(200s), c));
  EXPECT_EQ(c.key, key(1));
  EXPECT_EQ(c.mac, mac(3));
  EXPECT_EQ(c.previous_mac, Mac{});
  EXPECT_EQ(c.first_seen, wall(10s));
  EXPECT_EQ(c.last_seen, wall(30s));
  EXPECT_EQ(c.count, 2U);
  EXPECT_FALSE(t.tracker.expire(age(200s), c));
  EXPECT_EQ(t.tracker.size(), 0U);
  EXPECT_EQ(t.see(201s, key(1), mac(3)), "NEW");  // what is gone is forgotten
  EXPECT_EQ(t.changes.items[0].count, 1U);
}

TEST(Tracker, ExpiresExactlyAtItsAge) {
  Together t{{.expire_after = 60s}};
  BindingChange c;
  (void)t.see(10s, key(1), mac(1));
  EXPECT_FALSE(t.tracker.expire(age(70s - 1ns), c));
  EXPECT_TRUE(t.tracker.expire(age(70s), c));
}

// The age counts, not the packet's time.
TEST(Tracker, AgesByTheAgeingTime) {
  Tracker t{{.expire_after = 60s}};
  BindingChanges changes;
  BindingChange c;
  t.observe(age(1000s), wall(5s), {key(1), mac(1)}, changes);
  EXPECT_FALSE(t.expire(age(1059s), c));
  t.observe(age(1059s), wall(1s), {key(1), mac(1)}, changes);
  EXPECT_FALSE(t.expire(age(1118s), c));
  ASSERT_TRUE(t.expire(age(1119s), c));
  EXPECT_EQ(c.last_seen, wall(1s));
}

TEST(Tracker, ZeroNeverExpires) {
  Together t{{.expire_after = 0s}};
  BindingChange c;
  (void)t.see(1s, key(1), mac(1));
  EXPECT_FALSE(t.tracker.expire(AgeTime::max(), c));
  EXPECT_EQ(t.tracker.next_expiry(), AgeTime::max());
}

TEST(Tracker, FullTableGivesUpTheLongestUnseen) {
  Together t{{.max = 3}};
  (void)t.see(1s, key(1), mac(1));
  (void)t.see(2s, key(2), mac(2));
  (void)t.see(3s, key(3), mac(3));
  (void)t.see(4s, key(1), mac(1));
  EXPECT_EQ(t.see(5s, key(4), mac(4)), "EXPIRED NEW");
  const auto& gone = t.changes.items[0];
  EXPECT_EQ(gone.reason, ExpiredReason::table_full);
  EXPECT_EQ(gone.key, key(2));
  EXPECT_EQ(gone.mac, mac(2));
  EXPECT_EQ(gone.last_seen, wall(2s));
  EXPECT_EQ(t.changes.items[1].key, key(4));
  EXPECT_EQ(t.tracker.size(), 3U);
  EXPECT_EQ(t.tracker.counts().evicted, 1U);
  EXPECT_EQ(t.see(6s, key(1), mac(1)), "");
  EXPECT_EQ(t.see(7s, key(2), mac(2)), "EXPIRED NEW");
  EXPECT_EQ(t.changes.items[0].key, key(3));
}

TEST(Tracker, ATableOfOne) {
  for (const std::size_t max : {0U, 1U}) {  // at least one
    Together t{{.max = max}};
    EXPECT_EQ(t.see(1s, key(1), mac(1)), "NEW");
    EXPECT_EQ(t.see(2s, key(2), mac(2)), "EXPIRED NEW");
    EXPECT_EQ(t.see(3s, key(2), mac(3)), "MOVED");
    EXPECT_EQ(t.tracker.size(), 1U);
  }
}

TEST(Tracker, MovesWithItsTable) {
  Together a;
  (void)a.see(1s, key(1), mac(1));
  Tracker b = std::move(a.tracker);
  EXPECT_EQ(b.size(), 1U);
  Tracker c{{}};
  c = std::move(b);
  BindingChanges changes;
  c.observe(age(2s), wall(2s), {key(1), mac(2)}, changes);
  EXPECT_EQ(text(changes), "MOVED");
}

// The contract once more, as slowly and plainly as it can be written.
class Plain {
 public:
  Plain(nanoseconds refresh_after, nanoseconds expire_after, std::size_t max)
      : refresh_after_(refresh_after), expire_after_(expire_after), max_(max) {}

  std::string see(nanoseconds now, nanoseconds at, const BindingKey& k, const Mac& m) {
    const auto name = std::tuple(k.ip, k.domain, k.vid);
    const auto it =
        std::find_if(list_.begin(), list_.end(), [&](const Row& r) { return r.name == name; });
    if (it == list_.end()) {
      std::string s;
      if (list_.size() == max_) {
        s = "EXPIRED " + std::to_string(list_.front().count) + " ";
        list_.pop_front();
      }
      list_.push_back({name, m, now, at, 1});
      return s + "NEW 1";
    }
    Row r = *it;
    list_.erase(it);
    r.seen = now;
    ++r.count;
    std::string s;
    if (r.mac != m) {
      s = "MOVED " + std::to_string(r.count);
      r.mac = m;
      r.event = at;
    } else if (at - r.event >= refresh_after_) {
      s = "REFRESHED " + std::to_string(r.count);
      r.event = at;
    }
    list_.push_back(r);
    return s;
  }
  std::string expire(nanoseconds now) {
    std::string s;
    while (!list_.empty() && list_.front().seen + expire_after_ <= now) {
      s += "EXPIRED " + std::to_string(list_.front().count) + " ";
      list_.pop_front();
    }
    return s;
  }
  std::size_t size() const { return list_.size(); }

 private:
  struct Row {
    std::tuple<Ip, DomainId, std::array<std::uint16_t, 2>> name;
    Mac mac;
    nanoseconds seen, event;
    std::uint64_t count;
  };
  nanoseconds refresh_after_, expire_after_;
  std::size_t max_;
  std::list<Row> list_;
};

TEST(Tracker, AgreesWithThePlainOne) {
  for (const std::size_t max : {1U, 7U, 64U}) {
    for (const unsigned hosts : {3U, 40U, 300U}) {
      std::mt19937 random{hosts};
      Tracker tracker{{.refresh_after = 50s, .expire_after = 90s, .max = max, .hash_seed = max}};
      Plain plain{50s, 90s, max};
      nanoseconds now = 1000s;
      BindingChanges changes;
      BindingChange gone;
      for (int step = 0; step < 20000; ++step) {
        now += std::chrono::seconds{random() % 3};
        std::string s;
        while (tracker.expire(age(now), gone)) s += "EXPIRED " + std::to_string(gone.count) + " ";
        ASSERT_EQ(s, plain.expire(now)) << step;
        const auto at = now - std::chrono::seconds{random() % 100};
        const auto k = key(static_cast<unsigned>(random() % hosts), 0,
                           static_cast<std::uint16_t>(random() % 2));
        const auto m = mac(random() % 8 == 0 ? 1 : 0);
        tracker.observe(age(now), wall(at), {k, m}, changes);
        s.clear();
        for (const auto& c : changes) {
          s += (s.empty() ? "" : " ") + std::string(text(c.action)) + " " + std::to_string(c.count);
        }
        ASSERT_EQ(s, plain.see(now, at, k, m)) << step;
        ASSERT_EQ(tracker.size(), plain.size());
      }
    }
  }
}

// The table never holds more than it may, and what it says of coming and going adds up.
TEST(Tracker, AFloodOfStrangers) {
  constexpr std::size_t max = 1000;
  Together t{{.max = max}};
  std::size_t created = 0, expired = 0;
  for (unsigned n = 0; n < 100000; ++n) {
    (void)t.see(std::chrono::milliseconds{n}, key(n * 7919U), mac(n));
    for (const auto& c : t.changes) {
      created += c.action == BindingAction::created ? 1U : 0U;
      expired += c.action == BindingAction::expired ? 1U : 0U;
    }
    ASSERT_LE(t.tracker.size(), max);
  }
  EXPECT_EQ(created, 100000U);
  EXPECT_EQ(created - expired, t.tracker.size());
  EXPECT_EQ(t.tracker.counts().evicted, expired);
}

}  // namespace
}  // namespace netweir::test
