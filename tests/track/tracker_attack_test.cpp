// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>

#include "netweir/tracker.h"
#include "track/hosts.h"

namespace netweir::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

BindingClaim claim(unsigned host, unsigned of, LinkId port = 1, std::uint16_t vid = 0) {
  return {.key = {.ip = ip(host), .vid = {vid, 0}}, .mac = mac(of), .port = port};
}

struct Table {
  explicit Table(const TrackerLimits& limits) : tracker(limits) {}

  // What is told, a word each: NEW, REFRESHED, MOVED, EXPIRED, and begins or goes_on of a flap.
  std::string see(nanoseconds at, const BindingClaim& c) {
    now = std::max(now, at);
    tracker.observe(AgeTime{now}, WallTime{at}, c, changes);
    constexpr std::array words{"NEW", "REFRESHED", "MOVED", "EXPIRED"};
    std::string s;
    for (const auto& change : changes) {
      const auto* word = words.at(static_cast<std::size_t>(change.action));
      s += (s.empty() ? "" : " ") + std::string(word);
      ++told[word];
      if (change.action == BindingAction::created) last_mac[change.key.ip] = change.mac;
      if (change.action != BindingAction::moved) continue;
      // What a reader was told before.
      EXPECT_EQ(last_mac.at(change.key.ip), change.previous_mac);
      last_mac[change.key.ip] = change.mac;
    }
    if (changes.flap.what != BindingFlap::What::none) {
      const auto* word = changes.flap.what == BindingFlap::What::begins ? "begins" : "goes_on";
      s += (s.empty() ? "" : " ") + std::string(word);
      ++told[word];
    }
    return s;
  }

  Tracker tracker;
  BindingChanges changes;
  nanoseconds now{};
  std::map<std::string, std::uint64_t> told;
  std::map<Ip, Mac> last_mac;
};

bool has(Table& t, nanoseconds at, const BindingClaim& c) {
  const auto before = t.tracker.size();
  return t.see(at, c).find("NEW") == std::string::npos && t.tracker.size() == before;
}

TrackerLimits damped() {
  TrackerLimits limits;
  limits.flap_moves = 5;
  return limits;
}

TEST(TrackerDamping, FiveMovesThenSilenceWithASummaryAMinute) {
  Table t{damped()};
  (void)t.see(0s, claim(1, 0));
  // A thousand a second for ten minutes.
  for (unsigned n = 1; n <= 600000; ++n) (void)t.see(n * 1ms, claim(1, n % 2));
  EXPECT_EQ(t.told["MOVED"], 5U);
  EXPECT_EQ(t.told["begins"], 1U);
  EXPECT_EQ(t.told["goes_on"], 9U);
  EXPECT_EQ(t.tracker.counts().damped, 600000U - 5);
  // Quiet for three minutes: it is told where the address is now, if that is not what was said.
  EXPECT_EQ(t.see(600s + 179s, claim(1, 0)), "");
  EXPECT_EQ(t.see(600s + 180s, claim(1, 0)), "MOVED");
  EXPECT_EQ(t.last_mac.at(ip(1)), mac(0));
  EXPECT_EQ(t.see(781s, claim(1, 1)), "MOVED");
  EXPECT_EQ(t.told["begins"], 1U);
}

TEST(TrackerDamping, SaysBetweenWhom) {
  Table t{damped()};
  (void)t.see(0s, claim(1, 0));
  for (unsigned n = 1; n < 5; ++n) EXPECT_EQ(t.see(n * 1s, claim(1, n % 2)), "MOVED");
  EXPECT_EQ(t.see(5s, claim(1, 1)), "MOVED begins");
  const auto& flap = t.changes.flap;
  EXPECT_EQ(flap.mac, mac(1));
  EXPECT_EQ(flap.previous_mac, mac(0));
  EXPECT_EQ(flap.moves, 5U);
  EXPECT_FALSE(flap.expected);
}

TEST(TrackerDamping, WhereTheLastWordWasTheTruthNothingIsToldAfterwards) {
  Table t{damped()};
  (void)t.see(0s, claim(1, 0));
  for (unsigned n = 1; n <= 5; ++n) (void)t.see(n * 1s, claim(1, n % 2));
  EXPECT_EQ(t.see(6s, claim(1, 0)), "");
  EXPECT_EQ(t.see(7s, claim(1, 1)), "");
  EXPECT_EQ(t.see(1000s, claim(1, 1)), "REFRESHED");
}

TEST(TrackerDamping, SlowMovesAreNoFlap) {
  Table t{damped()};
  (void)t.see(0s, claim(1, 0));
  for (unsigned n = 1; n <= 100; ++n) EXPECT_EQ(t.see(n * 46s, claim(1, n % 2)), "MOVED") << n;
}

TEST(TrackerDamping, CountsByKey) {
  Table t{damped()};
  for (unsigned host = 0; host < 100; ++host) (void)t.see(0s, claim(host, 1));
  // One MAC takes over a hundred addresses: each moves once.
  for (unsigned host = 0; host < 100; ++host) EXPECT_EQ(t.see(1s, claim(host, 2)), "MOVED");
}

TEST(TrackerDamping, ATimeThatGoesBackForDecadesSilencesNobodyForDecades) {
  constexpr auto late = std::chrono::hours{24 * 365 * 50};
  Table t{damped()};
  t.now = late;
  (void)t.see(late, claim(1, 0));
  for (unsigned n = 1; n <= 9; ++n) (void)t.see(late + n * 1s, claim(1, n % 2));
  EXPECT_EQ(t.told["MOVED"], 5U);
  EXPECT_EQ(t.see(1s, claim(1, 0)), "MOVED");
}

TEST(TrackerDamping, VirtualRoutersAndSharedAddressesAreExpectedToMove) {
  struct Case {
    const char* name;
    Mac mac;
    bool shared, expected;
  };
  const Case cases[] = {
      {"VRRP", {{0x00, 0x00, 0x5e, 0x00, 0x01, 0x07}}, false, true},
      {"VRRP for IPv6", {{0x00, 0x00, 0x5e, 0x00, 0x02, 0x07}}, false, true},
      {"IANA, no VRRP", {{0x00, 0x00, 0x5e, 0x00, 0x03, 0x07}}, false, false},
      {"HSRP", {{0x00, 0x00, 0x0c, 0x07, 0xac, 0x0a}}, false, true},
      {"HSRP version 2", {{0x00, 0x00, 0x0c, 0x9f, 0xf1, 0x23}}, false, true},
      {"Cisco, no HSRP", {{0x00, 0x00, 0x0c, 0x9f, 0xe1, 0x23}}, false, false},
      {"HSRP for IPv6", {{0x00, 0x05, 0x73, 0xa0, 0x01, 0x23}}, false, true},
      {"GLBP", {{0x00, 0x07, 0xb4, 0x00, 0x01, 0x02}}, false, true},
      {"a host", mac(2), false, false},
      {"a host with a shared address", mac(2), true, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    Table t{damped()};
    (void)t.see(0s, claim(1, 1));
    for (unsigned n = 1; n <= 5; ++n) {
      auto seen = claim(1, 1);
      if (n % 2 == 1) seen.mac = c.mac;
      seen.shared = c.shared;
      (void)t.see(n * 1s, seen);
    }
    ASSERT_EQ(t.changes.flap.what, BindingFlap::What::begins);
    EXPECT_EQ(t.changes.flap.expected, c.expected);
  }
}

TrackerLimits fair(std::size_t max) {
  TrackerLimits limits;
  limits.max = max;
  limits.fair = true;
  limits.hash_seed = 7;
  return limits;
}

// Each host speaks every ten seconds, on the attacker's port and VLAN.
TEST(TrackerUnderAttack, ConfirmedHostsStayThroughAFloodOfTheirOwnPort) {
  constexpr unsigned hosts = 200;
  Table t{fair(4096)};
  for (unsigned n = 0; n < hosts; ++n) (void)t.see(0s, claim(n, n));
  for (unsigned n = 0; n < hosts; ++n) (void)t.see(2s, claim(n, n));
  std::mt19937 random{1};
  for (unsigned n = 0; n < 200000; ++n) {
    const auto at = 2s + n * 100us;
    (void)t.see(at, claim(0x10000 + static_cast<unsigned>(random() % 0x800000), n));
    if (n % 100000 == 99999) {
      for (unsigned host = 0; host < hosts; ++host)
        EXPECT_TRUE(has(t, at, claim(host, host))) << host;
    }
  }
  EXPECT_EQ(t.tracker.size(), 4096U);
  EXPECT_EQ(t.told["NEW"] - t.told["EXPIRED"], t.tracker.size());
}

// The attacker confirms each of its own claims; then who holds most gives way.
TEST(TrackerUnderAttack, AnotherPortStaysThroughAFloodOfConfirmedClaims) {
  constexpr unsigned hosts = 200;
  for (const unsigned vids : {1U, 4000U}) {
    SCOPED_TRACE(vids);
    Table t{fair(4096)};
    for (unsigned n = 0; n < hosts; ++n) (void)t.see(0s, claim(n, n, 2));
    unsigned next = 0x10000;
    for (unsigned second = 1; second < 20; ++second) {
      for (unsigned n = 0; n < 3000; ++n) {
        const auto of = next + n;
        const auto vid = static_cast<std::uint16_t>(of % vids);
        (void)t.see(second * 1s + n * 1us, claim(of, of, 1, vid));
        if (second > 1) {
          const auto again = of - 3000;
          (void)t.see(second * 1s + n * 1us + 500ns,
                      claim(again, again, 1, static_cast<std::uint16_t>(again % vids)));
        }
      }
      next += 3000;
      for (unsigned n = 0; n < hosts; n += 10)
        EXPECT_TRUE(has(t, second * 1s + 900ms, claim(n, n, 2))) << second << " " << n;
    }
    for (unsigned n = 0; n < hosts; ++n) EXPECT_TRUE(has(t, 20s, claim(n, n, 2))) << n;
  }
}

TEST(TrackerUnderAttack, NoPortHoldsMoreThanItsShareWhileAnotherNeedsRoom) {
  Table t{fair(1000)};
  for (unsigned n = 0; n < 1000; ++n) (void)t.see(0s, claim(n, n, 1));
  for (unsigned n = 0; n < 500; ++n) {
    (void)t.see(1s, claim(0x10000 + n, n, 2));
    ASSERT_EQ(t.tracker.size(), 1000U);
  }
  for (unsigned n = 0; n < 500; ++n) EXPECT_TRUE(has(t, 2s, claim(0x10000 + n, n, 2))) << n;
}

TEST(TrackerUnderAttack, TheLongestUnseenOfItsPortGoesFirst) {
  Table t{fair(4)};
  for (unsigned n = 0; n < 4; ++n) (void)t.see(n * 1ms, claim(n, n));
  (void)t.see(10ms, claim(0, 0));
  EXPECT_EQ(t.see(11ms, claim(9, 9)), "EXPIRED NEW");
  EXPECT_EQ(t.changes.items[0].key.ip, ip(1));
}

TrackerLimits limited(std::uint32_t rate, std::uint32_t burst) {
  TrackerLimits limits;
  limits.rate = rate;
  limits.burst = burst;
  return limits;
}

TEST(TrackerLimit, WhatIsOverTheRateIsToldLater) {
  Table t{limited(10, 20)};
  for (unsigned n = 0; n < 100; ++n) (void)t.see(0s, claim(n, n));
  EXPECT_EQ(t.told["NEW"], 20U);
  EXPECT_EQ(t.tracker.counts().suppressed, 80U);
  EXPECT_EQ(t.tracker.size(), 100U);
  for (unsigned second = 1; second <= 8; ++second) {
    for (unsigned n = 0; n < 100; ++n) (void)t.see(second * 1s, claim(n, n));
    EXPECT_EQ(t.told["NEW"], 20U + second * 10U);
  }
  EXPECT_EQ(t.tracker.counts().suppressed, 80U) << "each is counted once";
}

TEST(TrackerLimit, EachKindVlanAndPortHasItsOwn) {
  Table t{limited(1, 5)};
  for (unsigned n = 0; n < 10; ++n) (void)t.see(0s, claim(n, n, 1, 1));
  EXPECT_EQ(t.told["NEW"], 5U);
  for (unsigned n = 0; n < 10; ++n) (void)t.see(0s, claim(100 + n, n, 1, 2));
  EXPECT_EQ(t.told["NEW"], 10U) << "another VLAN";
  for (unsigned n = 0; n < 5; ++n) (void)t.see(0s, claim(n, 50 + n, 1, 1));
  EXPECT_EQ(t.told["MOVED"], 5U);
  // A port has four times what a VLAN has.
  for (std::uint16_t vid = 10; vid < 2000; ++vid) (void)t.see(0s, claim(vid, 1, 1, vid));
  EXPECT_EQ(t.told["NEW"], 20U);
  for (unsigned n = 0; n < 10; ++n) (void)t.see(0s, claim(n, n, 2, 1));
  EXPECT_EQ(t.told["NEW"], 20U) << "the same keys";
  for (unsigned n = 0; n < 10; ++n) (void)t.see(0s, claim(5000 + n, n, 2, 1));
  EXPECT_EQ(t.told["NEW"], 25U) << "another port";
}

TEST(TrackerLimit, AMoveThatWasNotToldIsToldLaterFromWhatWasKnown) {
  Table t{limited(1, 1)};
  (void)t.see(0s, claim(1, 1));
  EXPECT_EQ(t.see(1s, claim(1, 2)), "MOVED");
  EXPECT_EQ(t.see(1s + 1ms, claim(1, 3)), "");
  EXPECT_EQ(t.see(1s + 2ms, claim(1, 4)), "");
  EXPECT_EQ(t.see(2s, claim(1, 4)), "MOVED");
  EXPECT_EQ(t.changes.items[0].previous_mac, mac(2));
  // Back to what was known: nothing is left to tell.
  EXPECT_EQ(t.see(2s + 1ms, claim(1, 5)), "");
  EXPECT_EQ(t.see(2s + 2ms, claim(1, 4)), "");
  EXPECT_EQ(t.see(9s, claim(1, 4)), "");
}

TEST(TrackerLimit, WhatWasNeverToldOfDoesNotExpire) {
  auto limits = limited(1, 3);
  limits.expire_after = 10s;
  Table t{limits};
  for (unsigned n = 0; n < 10; ++n) (void)t.see(0s, claim(n, n));
  BindingChange gone;
  unsigned expired = 0;
  while (t.tracker.expire(AgeTime{20s}, gone)) ++expired;
  EXPECT_EQ(expired, 3U);
  EXPECT_EQ(t.tracker.size(), 0U);
}

TEST(TrackerEvidence, WeakerNeverOverridesStrongerWithinItsLifetime) {
  TrackerLimits limits;
  limits.expire_after = 1h;
  limits.refresh_after = 24h;
  Table t{limits};
  auto by_ip = claim(1, 2);
  by_ip.evidence = Evidence::ip;
  auto by_dhcp = claim(1, 3);
  by_dhcp.evidence = Evidence::dhcp;
  EXPECT_EQ(t.see(0s, by_ip), "NEW");
  EXPECT_EQ(t.see(1s, by_dhcp), "MOVED");
  EXPECT_EQ(t.see(2s, by_ip), "");
  EXPECT_EQ(t.see(3s, claim(1, 1)), "MOVED");
  EXPECT_EQ(t.see(4s, by_dhcp), "");
  EXPECT_EQ(t.see(5s, by_ip), "");
  EXPECT_EQ(t.tracker.counts().overruled, 3U);
  // The same MAC keeps the binding alive, but not the stronger word.
  by_ip.mac = mac(1);
  EXPECT_EQ(t.see(30min, by_ip), "");
  by_ip.mac = mac(2);
  EXPECT_EQ(t.see(3s + 59min, by_ip), "");
  EXPECT_EQ(t.see(3s + 60min, by_ip), "MOVED");
}

TEST(TrackerProxy, OneMacWithManyAddressesIsSaidOnce) {
  TrackerLimits limits;
  limits.proxy = 10;
  Table t{limits};
  unsigned said = 0;
  for (unsigned n = 0; n < 30; ++n) {
    (void)t.see(0s, claim(n, 1));
    said += t.changes.proxied != 0 ? 1 : 0;
    EXPECT_EQ(t.changes.proxied, n == 10 ? 11U : 0U);
  }
  EXPECT_EQ(said, 1U);
  // Another takes most of them, and passes the bound itself.
  said = 0;
  for (unsigned n = 0; n < 25; ++n) {
    (void)t.see(1s, claim(n, 2));
    said += t.changes.proxied != 0 ? 1 : 0;
  }
  EXPECT_EQ(said, 1U);
  for (unsigned n = 0; n < 30; ++n) {
    auto vrrp = claim(100 + n, 0);
    vrrp.mac = {{0x00, 0x00, 0x5e, 0x00, 0x01, 0x01}};
    (void)t.see(2s, vrrp);
    EXPECT_EQ(t.changes.proxied, 0U);
  }
}

// Anything at all, with all limits small: the table keeps its bound, and what is told adds up.
TEST(TrackerUnderAttack, WhateverComesWhatIsToldAddsUp) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    std::mt19937 random{seed};
    TrackerLimits limits = fair(1 + seed * 7 % 100);
    limits.expire_after = 30s;
    limits.refresh_after = 5s;
    limits.flap_moves = 2 + seed % 4;
    limits.flap_window = 20s;
    limits.rate = seed % 3 == 0 ? 0 : 5;
    limits.burst = 10;
    limits.proxy = 1 + seed % 5;
    Table t{limits};
    for (unsigned step = 0; step < 20000; ++step) {
      const auto pick = [&random](unsigned of) { return static_cast<unsigned>(random() % of); };
      auto c = claim(0, pick(4), pick(3), static_cast<std::uint16_t>(pick(2)));
      c.evidence = std::array{Evidence::arp_request, Evidence::ip, Evidence::dhcp}.at(pick(3));
      t.now += std::chrono::milliseconds{pick(500)};
      BindingChange gone;
      while (t.tracker.expire(AgeTime{t.now}, gone)) ++t.told["EXPIRED"];
      // Two VLANs share addresses here: what a reader was told is told apart by them in `see`.
      c.key.ip = ip(pick(200) * 2 + c.key.vid[0]);
      (void)t.see(t.now - std::chrono::milliseconds{pick(9000)}, c);
      ASSERT_LE(t.tracker.size(), limits.max);
      ASSERT_LE(t.told["EXPIRED"], t.told["NEW"]);
    }
    BindingChange gone;
    while (t.tracker.expire(AgeTime{t.now + 1h}, gone)) ++t.told["EXPIRED"];
    EXPECT_EQ(t.told["EXPIRED"], t.told["NEW"]);
    EXPECT_EQ(t.tracker.size(), 0U);
  }
}

}  // namespace
}  // namespace netweir::test
