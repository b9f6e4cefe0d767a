// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>

#include "netweir/flow_table.h"
#include "track/flow_story.h"

namespace netweir::test {
namespace {

using What = FlowRecord::What;

struct Model {
  const char* name;
  unsigned seed;
  unsigned keys;  // so few that they are used again and again
  unsigned loss;  // of a thousand events
  bool starts;    // the kernel stamps its flows (nf_conntrack_timestamp)
  bool late;      // a `created` may come after a listing saw the flow
  bool filter;    // flows of an odd mark do not match
  std::size_t max = 256;
};
std::ostream& operator<<(std::ostream& out, const Model& m) {
  return out << m.name << ", seed " << m.seed;
}

// A kernel's table, the queue of its events with loss, and listings that copy entries at any moment
// and are read late. Labels say which instance of a key a record is of.
class Kernel {
 public:
  struct Flow {
    std::uint64_t instance = 0;
    WallTime start{};
    std::uint32_t mark = 0;
    std::uint64_t packets = 0;
    bool created_told = false;
  };

  Kernel(const Model& m, std::mt19937& random) : model_(m), random_(random) {}

  bool matches(const Flow& f) const { return !model_.filter || f.mark % 2 == 0; }
  const std::map<unsigned, Flow>& flows() const { return flows_; }
  std::uint64_t instances() const { return instances_; }

  void step(WallTime at) {
    const auto key = pick(model_.keys);
    const auto it = flows_.find(key);
    if (it == flows_.end()) {
      auto& f = flows_[key];
      f.instance = ++instances_;
      f.start = at;
      f.mark = pick(4);
      // A listing may see it before its event is sent.
      if (!model_.late || pick(4) != 0) tell_created(key, at);
      return;
    }
    auto& f = it->second;
    f.packets += pick(3);
    switch (pick(4)) {
      case 0:
      case 1:
        if (!f.created_told) tell_created(key, at);
        tell(record(What::destroyed, key, f, at));
        flows_.erase(it);
        return;
      case 2:
        // Where a listing is read, a mark that changes may make it say what was.
        if (!copying && pending.empty()) f.mark = pick(4);
        tell(record(What::updated, key, f, at));
        return;
      default:
        if (!f.created_told) tell_created(key, at);
    }
  }

  // Copies some more entries, in the order of keys; false when all are copied.
  bool copy(WallTime at) {
    for (unsigned n = 1 + pick(8); n > 0 && next_ < model_.keys; --n, ++next_) {
      const auto it = flows_.find(next_);
      if (it == flows_.end()) continue;
      auto r = record(What::listed, next_, it->second, at);
      r.has |= FlowRecord::has_counters;
      r.to_server.packets = it->second.packets;
      pending.push_back(r);
      if (pick(50) == 0) pending.push_back(r);  // the kernel's table was resized
    }
    return next_ < model_.keys;
  }
  // However late a `created` is: it is sent before the next listing.
  void tell_late(WallTime at) {
    for (const auto& [key, f] : flows_) {
      if (!f.created_told) tell_created(key, at);
    }
  }
  void begin_copy() {
    pending.clear();
    next_ = 0;
    copying = true;
  }

  std::deque<FlowRecord> events, pending;
  bool copying = false;
  bool lost = false;

  unsigned pick(unsigned of) { return static_cast<unsigned>(random_() % of); }

 private:
  FlowRecord record(What what, unsigned key, const Flow& f, WallTime at) const {
    auto r = flow(what, key, at);
    r.has |= FlowRecord::has_labels | FlowRecord::has_mark;
    for (std::size_t i = 0; i < 8; ++i)
      r.labels.at(i) = static_cast<std::uint8_t>(f.instance >> 8U * i);
    r.mark = f.mark;
    r.left = !matches(f);
    if (model_.starts) {
      r.has |= FlowRecord::has_start;
      r.start = f.start;
    }
    return r;
  }
  void tell_created(unsigned key, WallTime at) {
    auto& f = flows_[key];
    f.created_told = true;
    tell(record(What::created, key, f, at));
  }
  void tell(const FlowRecord& r) {
    if (pick(1000) < model_.loss) {
      lost = true;
    } else {
      events.push_back(r);
    }
  }

  const Model& model_;
  std::mt19937& random_;
  std::map<unsigned, Flow> flows_;
  std::uint64_t instances_ = 0;
  unsigned next_ = 0;
};

// What a reader of the changes knows.
class Reader {
 public:
  explicit Reader(bool by_instance) : by_instance_(by_instance) {}

  void take(const FlowChange& c) {
    const auto key = c.flow.id;
    const auto instance = instance_of(c.flow);
    switch (c.action) {
      case FlowAction::created:
        ASSERT_EQ(open.count(key), 0U) << text(c);
        open[key] = instance;
        ++created;
        if (by_instance_) {
          ASSERT_TRUE(seen_created_.insert(instance).second) << text(c);
        }
        break;
      case FlowAction::updated:
        ASSERT_EQ(open.count(key), 1U) << text(c);
        // A listing may be ahead of the events that are not read yet.
        if (by_instance_ && c.reason == FlowReason::kernel) {
          ASSERT_EQ(open[key], instance) << text(c);
        }
        break;
      case FlowAction::ended:
        if (c.inferred) {
          ASSERT_EQ(open.count(key), 1U) << text(c);
          ++inferred;
        }
        // An end that was told of a flow that nothing told of stands alone.
        if (open.erase(key) == 1) ++ended;
        if (by_instance_) {
          ASSERT_TRUE(seen_ended_.insert(instance).second) << text(c);
        }
    }
  }

  std::map<std::uint32_t, std::uint64_t> open;
  std::size_t created = 0, ended = 0, inferred = 0;

 private:
  static std::uint64_t instance_of(const FlowRecord& r) {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < 8; ++i) n |= std::uint64_t{r.labels.at(i)} << 8U * i;
    return n;
  }
  bool by_instance_;
  std::set<std::uint64_t> seen_created_, seen_ended_;
};

class FlowTableModel : public testing::TestWithParam<Model> {};

TEST_P(FlowTableModel, AddsUp) {
  const auto& m = GetParam();
  std::mt19937 random{m.seed};
  Kernel kernel(m, random);
  FlowTable table{{.max = m.max, .interim = std::chrono::seconds{20}, .hash_seed = m.seed}};
  const bool all_fit = m.max >= 2 * m.keys;
  // Without stamps two lives of a key between which all events were lost are one.
  Reader reader(all_fit && !m.filter && (m.starts || m.loss == 0));
  FlowChanges changes;
  FlowChange gone;
  std::chrono::nanoseconds now{};
  enum class Phase { none, open, closing } phase = Phase::none;
  std::size_t settled = 0, completed = 0;

  const auto read = [&](std::deque<FlowRecord>& from, std::size_t count) {
    for (; count > 0 && !from.empty(); --count) {
      table.record(from.front(), changes);
      from.pop_front();
      ASSERT_LE(table.size(), m.max);
      if (!all_fit) continue;
      for (const auto& c : changes) reader.take(c);
      ASSERT_EQ(table.size(), reader.open.size());
    }
  };
  const auto expect_equal = [&] {
    std::set<unsigned> theirs, ours;
    for (const auto& [key, f] : kernel.flows())
      if (kernel.matches(f)) theirs.insert(key);
    for (const auto& [key, instance] : reader.open) ours.insert(key);
    ASSERT_EQ(ours, theirs);
    ++settled;
  };

  for (int step = 0; step < 30000 && !HasFatalFailure(); ++step) {
    now += std::chrono::milliseconds{100};
    for (auto n = kernel.pick(3); n > 0; --n) kernel.step(wall(now));
    if (kernel.pick(2) == 0) read(kernel.events, kernel.pick(6));
    switch (phase) {
      case Phase::none:
        if (kernel.pick(60) != 0) break;
        kernel.tell_late(wall(now));
        // Without stamps nothing tells an event from before the loss from a younger one.
        if (!m.starts || m.filter) read(kernel.events, kernel.events.size());
        kernel.lost = false;
        table.begin_listing(kernel.pick(2) == 0 ? FlowReason::resync : FlowReason::reconcile,
                            age(now));
        kernel.begin_copy();
        phase = Phase::open;
        break;
      case Phase::open:
        if (kernel.copying && kernel.pick(2) == 0) kernel.copying = kernel.copy(wall(now));
        if (kernel.pick(2) == 0) read(kernel.pending, kernel.pick(12));
        if (kernel.pick(400) == 0) {
          table.abandon_listing();
          kernel.copying = false;
          kernel.pending.clear();
          phase = Phase::none;
        } else if (!kernel.copying && kernel.pending.empty()) {
          read(kernel.events, kernel.events.size());
          phase = Phase::closing;
        }
        break;
      case Phase::closing:
        for (auto n = kernel.pick(4); n > 0; --n) {
          if (table.close(wall(now), gone)) {
            if (all_fit) reader.take(gone);
            continue;
          }
          phase = Phase::none;
          ++completed;
          kernel.tell_late(wall(now));
          read(kernel.events, kernel.events.size());
          if (!kernel.lost && all_fit) expect_equal();
          break;
        }
    }
  }
  ASSERT_FALSE(HasFatalFailure());
  EXPECT_GT(completed, 50U);
  if (!all_fit) {
    EXPECT_GT(table.untracked(), 100U);
    return;
  }
  EXPECT_GT(settled, 10U);
  if (!m.starts) {
    EXPECT_EQ(m.loss > 0, reader.inferred > 0);
  }

  // A last listing without anything in it ends what is still there.
  kernel.tell_late(wall(now));
  read(kernel.events, kernel.events.size());
  table.begin_listing(FlowReason::resync, age(now));
  while (table.close(wall(now), gone)) reader.take(gone);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_TRUE(reader.open.empty());
  EXPECT_EQ(reader.created, reader.ended);
  // With stamps a listing that is ahead of the events goes past lives between two it knows.
  if (m.loss == 0 && !m.starts) {
    EXPECT_EQ(reader.created, kernel.instances());
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, FlowTableModel,
                         testing::Values(Model{"nothing lost", 1, 40, 0, false, false, false},
                                         Model{"nothing lost, late", 2, 40, 0, false, true, false},
                                         Model{"loss", 3, 40, 30, false, false, false},
                                         Model{"loss, late", 4, 100, 5, false, true, false},
                                         Model{"heavy loss", 5, 20, 300, false, true, false},
                                         Model{"stamps", 6, 40, 30, true, false, false},
                                         Model{"stamps, late", 7, 100, 5, true, true, false},
                                         Model{"stamps, heavy loss", 8, 20, 300, true, true, false},
                                         Model{"stamps, nothing lost", 13, 40, 0, true, true,
                                               false},
                                         Model{"filter", 9, 40, 5, false, true, true},
                                         Model{"filter, stamps", 10, 40, 30, true, false, true},
                                         Model{"room for one", 11, 40, 30, false, true, false, 1},
                                         Model{"room for ten", 12, 40, 30, true, true, true, 10}),
                         [](const auto& of) { return "Seed" + std::to_string(of.param.seed); });

}  // namespace
}  // namespace netweir::test
