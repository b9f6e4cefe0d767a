// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>

#include "netweir/text.h"
#include "run/later.h"
#include "run/pipeline.h"
#include "run/pipeline_entry.h"

namespace netweir::run {

/// A replay: one packet on. Where it is guarded, a jump adds nothing to the ageing time.
void Pipeline::advance(const Frame& frame) {
  using Step = PacketTime::Step;
  const auto age = [this](std::chrono::nanoseconds by) { now_.age = later(now_.age, by); };
  if (!guarded_) return age(packet_time_.follow(frame.at));
  const auto before = packet_time_.now();
  const auto [step, by] = packet_time_.take(frame.at);
  if (step == Step::on) {
    age(by);
  } else if (step == Step::departs) {
    departs(frame, packet_time_, time_jumps_);
  } else if (step == Step::jumps) {
    traffic_.jump(before, traffic_time());
  }
}

void Pipeline::departs(const Frame& frame, const PacketTime& time, OnceAMinute& said) {
  const auto times = said.due(time.departures(), now_.age);
  if (times != 0) time_jump(&entries_[frame.source].name, frame.at, {time.now(), frame.at}, times);
}

void Pipeline::time_jump(const SourceName* source, WallTime at, const TimeJump& jump,
                         std::uint64_t count) {
  if (!guarded_) return;
  const std::string_view text = source == nullptr ? "the system's clock was set"
                                                  : "the packets' time is more than an hour off";
  AlertEvent body;
  body.kind = "time_jump";
  body.text = text;
  body.count = count;
  body.from = jump.from;
  body.to = jump.to;
  Event event = alert_event(body, at, source);
  emit(event);
  report_(Note::Level::warning,
          (source == nullptr ? std::string() : "source " + source->name + ": ") +
              std::string(text) + ", from " + to_string(jump.from) + " to " + to_string(jump.to) +
              "; nothing ages by that");
}

}  // namespace netweir::run
