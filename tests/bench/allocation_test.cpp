// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/counting_new.h"
#include "conntrack/decoder.h"
#include "conntrack/recorded.h"
#include "kit/collect.h"
#include "kit/hex.h"
#include "netweir/observation.h"
#include "netweir/packet.h"
#include "netweir/tracker.h"
#include "psample/decoder.h"
#include "psample/messages.h"
#include "track/key.h"
#include "wire/frames.h"

namespace netweir::test {
namespace {

TEST(Allocation, TheCounterCounts) {
  const auto before = allocation_count();
  // A call of the function itself: a compiler may leave out a new expression.
  void* one = ::operator new(5);
  void* other = ::operator new(7);
  const auto after = allocation_count();
  ::operator delete(one);
  ::operator delete(other);
  EXPECT_EQ(after - before, 2U);
}

TEST(Allocation, NoneInDecodeObserveAndTracker) {
  std::vector<std::vector<std::uint8_t>> packets;
  packets.reserve(made.size());
  for (const auto& m : made) packets.push_back(hex(m.hex));
  Tracker tracker{{.expire_after = std::chrono::seconds{1}, .max = 64}};
  BindingChanges changes;
  BindingChange gone;
  std::size_t seen = 0, changed = 0, expired = 0;

  const auto before = allocation_count();
  for (unsigned round = 0; round < 200; ++round) {
    for (std::size_t i = 0; i < packets.size(); ++i) {
      Frame f;
      f.link = made[i].link;
      f.protocol = made[i].protocol;
      f.data = packets[i];
      f.wire_len = static_cast<std::uint32_t>(packets[i].size() + round % 2);
      if (round % 3 == 0 && f.data.size() > 14) {
        f.link_header = f.data.first(14);
        f.data = f.data.subspan(14);
      }
      const auto packet = decode(f);
      const auto found = vids(packet);
      const std::chrono::nanoseconds time{
          std::chrono::milliseconds{round * 20U + round / 10U * 2000U}};
      while (tracker.expire(AgeTime{time}, gone)) ++expired;
      for (const auto& o : observe(packet)) {
        // Every round brings strangers, so that the table is full and entries come and go.
        BindingKey key{o.ip, 0, {found.items[0], static_cast<std::uint16_t>(round)}};
        tracker.observe(AgeTime{time}, WallTime{time}, {key, o.mac}, changes);
        ++seen;
        changed += changes.count;
      }
    }
  }
  const auto after = allocation_count();
  EXPECT_EQ(after - before, 0U);
  EXPECT_GT(seen, 5000U);
  EXPECT_GT(changed, 500U);
  EXPECT_GT(tracker.counts().evicted, 100U);
  EXPECT_GT(expired, 0U);
}

// Strangers who know the seed and choose keys that all share one bucket: slow, but nothing grows.
TEST(Allocation, NoneWhereStrangersChooseTheKeys) {
  constexpr std::size_t max = 1024, chosen = 3000;
  std::vector<BindingKey> keys;
  for (std::uint32_t n = 0; keys.size() < chosen; ++n) {
    BindingKey key;
    key.ip = Ip::v4(static_cast<std::uint8_t>(n >> 24U), static_cast<std::uint8_t>(n >> 16U),
                    static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n));
    if (track::hash(track::pack(key), 0) % (4 * max) == 0) keys.push_back(key);
  }
  Tracker tracker{{.max = max}};
  BindingChanges changes;
  const auto before = allocation_count();
  for (const auto& key : keys) {
    tracker.observe(AgeTime{}, WallTime{}, {key, Mac{{2, 0, 0, 0, 0, 1}}}, changes);
  }
  EXPECT_EQ(allocation_count() - before, 0U);
  EXPECT_EQ(tracker.size(), max);
  EXPECT_EQ(tracker.counts().evicted, chosen - max);
}

/// Takes frames and asks nothing.
class Take final : public Intake {
 public:
  void frames(std::span<const Frame> batch) override { count_ += batch.size(); }
  void flows(std::span<const FlowRecord> batch) override { count_ += batch.size(); }
  bool listing(const FlowListing&) override { return false; }
  void loss(const Loss&) override {}
  void note(const Note&) override {}
  void count(const Counts&) override {}
  std::size_t count_ = 0;
};

TEST(Allocation, NoneForAnEventOfConntrack) {
  const auto& event = conntrack::recorded("tcp_new");
  conntrack::Decoder decoder(0, {});
  Take take;
  const auto before = allocation_count();
  for (int i = 0; i < 10000; ++i)
    decoder.message({event.type, event.flags, event.payload, WallTime{}}, take);
  decoder.flush(take);
  EXPECT_EQ(allocation_count() - before, 0U);
  EXPECT_EQ(take.count_, 10000U);
}

TEST(Allocation, NoneForASampleOfAGroupThatIsKnown) {
  const auto octets = message("driver");
  FixedLinks links;
  Take take;
  psample::Decoder decoder(0, links, {});
  decoder.message({0, 0, octets, WallTime{}}, take);
  const auto before = allocation_count();
  for (int i = 0; i < 10000; ++i) decoder.message({0, 0, octets, WallTime{}}, take);
  decoder.flush(take);
  EXPECT_EQ(allocation_count() - before, 0U);
  EXPECT_EQ(take.count_, 10001U);
}

}  // namespace
}  // namespace netweir::test
