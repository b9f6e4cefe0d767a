// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>

#include "kit/collect.h"
#include "netweir/source.h"

namespace netweir::test {

/// What every Source must keep, whatever its kind. `make` gives a fresh source that has delivered
/// nothing yet, and something that makes exactly `n` packets arrive at it.
struct Rig {
  std::unique_ptr<Source> source;
  std::function<void(std::size_t n)> feed;
  std::size_t burst = 1;  ///< the most packets that one read of it can bring beyond the budget
  std::shared_ptr<void> keep{};  ///< what must live as long as the source
};

inline std::uint64_t all(const Collect& c) {
  const auto events = std::count_if(c.flow.begin(), c.flow.end(), [](const auto& f) {
    return f.record.what != FlowRecord::What::listed;
  });
  return c.kept.size() + static_cast<std::uint64_t>(events) + c.counts.filtered +
         c.counts.rejected + c.counts.malformed;
}

/// Drains until idle or finished, with a step limit against a source that spins.
inline Drained drain_all(Source& source, Collect& into, std::size_t budget = 8) {
  for (int step = 0; step < 100000; ++step) {
    auto drained = source.drain(Now{}, budget, into);
    EXPECT_TRUE(drained) << (drained ? "" : drained.error().what);
    if (!drained || *drained != Drained::more) return drained ? *drained : Drained::finished;
  }
  ADD_FAILURE() << "the source always has more";
  return Drained::more;
}

inline void check_source_contract(const std::function<Rig()>& make) {
  {  // nothing there: drain returns at once, with nothing
    Rig r = make();
    Collect c;
    drain_all(*r.source, c);
    EXPECT_EQ(all(c), 0U);
    r.source->stop(Now{}, c);
    EXPECT_EQ(all(c), 0U);
    EXPECT_EQ(c.lost, 0U);
  }
  {  // all arrive, in batches about as large as asked; the descriptor stays the same
    Rig r = make();
    const int fd = r.source->fd();
    r.feed(20);
    Collect c;
    std::uint64_t before = 0;
    for (int step = 0; step < 1000; ++step) {
      auto drained = r.source->drain(Now{}, 8, c);
      ASSERT_TRUE(drained);
      EXPECT_LE(all(c) - before, 8 + r.burst);
      before = all(c);
      if (*drained != Drained::more) break;
    }
    EXPECT_EQ(all(c) + c.lost, 20U);
    EXPECT_EQ(r.source->fd(), fd);
  }
  {  // what is left at stop() is handed over there: received + lost = offered
    Rig r = make();
    r.feed(5);
    Collect c;
    r.source->stop(Now{}, c);
    EXPECT_EQ(all(c) + c.lost, 5U);
  }
  { (void)make(); }  // made and dropped: nothing leaks (the sanitizers tell)
}

}  // namespace netweir::test
