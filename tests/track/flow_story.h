// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "netweir/flow_table.h"

namespace netweir::test {

inline WallTime wall(std::chrono::nanoseconds since) { return WallTime{since}; }
inline AgeTime age(std::chrono::nanoseconds since) { return AgeTime{since}; }

/// Of the nth host to a name server.
inline FlowTuple tuple(unsigned n) {
  FlowTuple t;
  t.src = Ip::v4(10, static_cast<std::uint8_t>(n >> 16U), static_cast<std::uint8_t>(n >> 8U),
                 static_cast<std::uint8_t>(n));
  t.dst = Ip::v4(192, 0, 2, 1);
  t.protocol = 17;
  t.has_ports = true;
  t.src_port = 40000;
  t.dst_port = 53;
  return t;
}

inline FlowRecord flow(FlowRecord::What what, unsigned n, WallTime at = {}) {
  FlowRecord r;
  r.what = what;
  r.id = n;
  r.orig = tuple(n);
  r.reply = inverse(r.orig);
  r.has = FlowRecord::has_status;
  r.status = 8;  // IPS_CONFIRMED
  r.at = at;
  return r;
}

inline const char* text(FlowAction action) {
  constexpr std::array words{"NEW", "UPDATE", "END"};
  return words.at(static_cast<std::size_t>(action));
}
inline const char* text(FlowReason reason) {
  constexpr std::array words{"kernel", "dump", "resync", "reconcile", "filter"};
  return words.at(static_cast<std::size_t>(reason));
}

/// "END 1 resync 3..7" for the flow of id 1, of which the last was heard in second 3.
inline std::string text(const FlowChange& c) {
  std::ostringstream s;
  const auto seconds = [](WallTime t) {
    return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
  };
  s << text(c.action) << ' ' << c.flow.id << ' ' << text(c.reason);
  if (c.inferred) s << ' ' << seconds(c.end_from) << ".." << seconds(c.end_to);
  if ((c.flow.has & FlowRecord::has_start) != 0) s << " start=" << seconds(c.flow.start);
  if ((c.flow.has & FlowRecord::has_mark) != 0) s << " mark=" << c.flow.mark;
  if ((c.flow.has & FlowRecord::has_counters) != 0) s << " packets=" << c.flow.to_server.packets;
  return s.str();
}

inline std::string text(const FlowChanges& changes) {
  std::string s;
  for (const auto& c : changes) s += (s.empty() ? "" : ", ") + text(c);
  return s;
}

/// What happens, and what the table says of it. Each step is a second later than the one before,
/// the first is in second 1. Steps:
///   created|updated|destroyed|listed ID [start=S] [mark=M] [packets=N] [left] [dying]
///   dump|resync|reconcile   a listing begins
///   closes                  it is complete, and closed to its end
///   closes one              one call of close()
///   fails                   it is abandoned
///   counts                  "added/closed/unchanged size untracked"
///   wait S                  S seconds pass
struct Step {
  const char* happens;
  const char* gives = "";
};

class Story {
 public:
  explicit Story(const FlowSettings& settings) : table(settings) {}

  std::string happens(const std::string& line) {
    now += std::chrono::seconds{1};
    std::istringstream words(line);
    std::string what, more;
    words >> what;
    if (what == "wait") {
      int seconds = 0;
      words >> seconds;
      now += std::chrono::seconds{seconds};
      return "";
    }
    if (what == "dump" || what == "resync" || what == "reconcile") {
      table.begin_listing(what == "dump"     ? FlowReason::dump
                          : what == "resync" ? FlowReason::resync
                                             : FlowReason::reconcile,
                          age(now));
      return "";
    }
    if (what == "fails") {
      table.abandon_listing();
      return "";
    }
    if (what == "closes") {
      words >> more;
      std::string s;
      FlowChange change;
      while (table.close(wall(now), change)) {
        s += (s.empty() ? "" : ", ") + text(change);
        if (more == "one") break;
      }
      return s;
    }
    if (what == "counts") {
      const auto& l = table.listed();
      std::ostringstream s;
      s << l.added << '/' << l.closed << '/' << l.unchanged << ' ' << table.size() << ' '
        << table.untracked();
      return s.str();
    }
    unsigned id = 0;
    words >> id;
    auto r = flow(kind(what), id, wall(now));
    while (words >> more) add(r, more);
    table.record(r, changes);
    return text(changes);
  }

  FlowTable table;
  FlowChanges changes;
  std::chrono::nanoseconds now{};

 private:
  static FlowRecord::What kind(const std::string& word) {
    if (word == "created") return FlowRecord::What::created;
    if (word == "updated") return FlowRecord::What::updated;
    if (word == "destroyed") return FlowRecord::What::destroyed;
    EXPECT_EQ(word, "listed");
    return FlowRecord::What::listed;
  }
  static void add(FlowRecord& r, const std::string& word) {
    const auto value = [&] { return std::stoi(word.substr(word.find('=') + 1)); };
    const auto has = [&](FlowRecord::Has bit) { r.has |= bit; };
    if (word.starts_with("start=")) {
      r.start = wall(std::chrono::seconds{value()});
      has(FlowRecord::has_start);
    } else if (word.starts_with("mark=")) {
      r.mark = static_cast<std::uint32_t>(value());
      has(FlowRecord::has_mark);
    } else if (word.starts_with("packets=")) {
      r.to_server.packets = static_cast<std::uint64_t>(value());
      has(FlowRecord::has_counters);
    } else if (word == "left") {
      r.left = true;
    } else if (word == "dying") {
      r.status |= 1U << 9U;  // IPS_DYING
    } else {
      ADD_FAILURE() << word;
    }
  }
};

inline void tell(const char* name, const FlowSettings& settings, const std::vector<Step>& steps) {
  SCOPED_TRACE(name);
  Story story(settings);
  for (std::size_t i = 0; i < steps.size(); ++i)
    EXPECT_EQ(story.happens(steps[i].happens), steps[i].gives)
        << "step " << i + 1 << ": " << steps[i].happens;
}

}  // namespace netweir::test
