// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>
#include <vector>

#include "run/later.h"
#include "run/pipeline.h"
#include "run/pipeline_entry.h"

namespace netweir::run {

void Pipeline::set_stats(std::chrono::nanoseconds every) {
  stats_every_ = every;
  next_stats_ = AgeTime::max();
}

void Pipeline::tell_stats() {
  if (stats_every_.count() <= 0) return;
  const bool first = next_stats_ == AgeTime::max();
  next_stats_ = later(now_.age, stats_every_);
  if (first || !outputs_.wants(EventType::stats)) return;
  const auto all = ledgers();
  std::vector<std::string> paths;
  paths.reserve(outputs_.all().size());
  std::vector<OutputStats> stats;
  for (const auto& one : outputs_.all()) {
    const auto ledger = one->box->ledger();
    paths.push_back(one->config.values.text("path"));
    stats.push_back(
        {one->config.kind->name, paths.back(), ledger.written, ledger.queued, ledger.dropped});
  }
  StatsEvent body;
  body.sources = all;
  body.outputs = stats;
  body.bindings = tracker_.size();
  body.max = settings_.max;
  body.tracker = tracker_.counts();
  if (stations_) body.stations = stations_->counts();
  Event event;
  event.at = now_.wall;
  event.body = body;
  emit(event);
}

}  // namespace netweir::run
