// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/supervisor.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <cerrno>
#include <chrono>
#include <set>

#include "rig.h"

namespace netweir {
namespace {

using run::Supervisor;

/// What the fake source does next, and what its fallback does.
struct Script {
  int failures = 0;  ///< of open()
  Error with{ENODEV, "no such interface", "ip link"};
  bool drain_fails = false;
  int opened = 0, stopped = 0;
};
Script script, other;

class Fake final : public Source {
 public:
  explicit Fake(Script& s) : script_(s) {}
  int fd() const override { return fd_.get(); }
  Result<Drained> drain(const Now&, std::size_t, Intake&) override {
    if (script_.drain_fails) return Error{ENETDOWN, "the interface is gone", {}};
    return Drained::idle;
  }
  void stop(const Now&, Intake&) override { ++script_.stopped; }

 private:
  Script& script_;
  Fd fd_{::eventfd(0, EFD_CLOEXEC)};
};

Result<std::unique_ptr<Source>> make(Script& s) {
  if (s.failures > 0) {
    --s.failures;
    return s.with;
  }
  ++s.opened;
  return std::unique_ptr<Source>(std::make_unique<Fake>(s));
}

const SourceKind fake{
    .name = "fake", .open = [](const SourceConfig&, const SourceContext&) { return make(script); }};
const SourceKind substitute{
    .name = "substitute",
    .open = [](const SourceConfig&, const SourceContext&) { return make(other); }};

SourceConfig with_fallback() {
  SourceConfig config{"s", &fake, {}, {}};
  config.fallback.push_back({"s", &substitute, {}, {}});
  return config;
}

struct Rig {
  explicit Rig(const SourceConfig& config = {"s", &fake, {}, {}})
      : one{config, {*loop, privileged, links, pipeline, outputs, random}} {
    script = other = {};
    test::open_memory(outputs);
  }
  std::vector<std::string> states() {
    std::vector<std::string> out;
    for (const auto& line : test::read_back(outputs)) out.push_back(line["source"]["state"]);
    return out;
  }
  /// "TYPE STATE" of each `source` event.
  std::vector<std::string> types_and_states() {
    std::vector<std::string> out;
    for (const auto& line : test::read_back(outputs))
      out.push_back(line["source"]["type"].get<std::string>() + " " +
                    line["source"]["state"].get<std::string>());
    return out;
  }
  test::ManualClock clock;
  std::unique_ptr<run::Loop> loop = *run::Loop::open(clock);
  InProcess privileged;
  netlink::LinkTable links;
  run::Outputs outputs;
  run::Pipeline pipeline{
      run::Pipeline::Mode::live,           {"0", "i", "h", 1}, {}, true, links, outputs,
      [](Note::Level, std::string_view) {}};
  std::minstd_rand random{1};
  Supervisor one;
};

TEST(Supervisor, RetriesWithBackOffAndSaysAReasonOnce) {
  Rig r;
  script.failures = 6;
  r.one.start(r.clock.now());
  int attempts_left = script.failures;
  std::chrono::nanoseconds waited{0};
  std::vector<std::chrono::nanoseconds> waits;
  while (r.one.state() == Supervisor::State::waiting) {
    const auto next = r.one.turn(r.clock.now());
    if (r.one.state() != Supervisor::State::waiting) break;
    waits.push_back(next - r.clock.now().age);
    waited += waits.back();
    ASSERT_LT(waited, std::chrono::minutes{1});
    r.clock.advance(waits.back());
  }
  EXPECT_EQ(attempts_left, 5);
  ASSERT_EQ(waits.size(), 6U);
  for (std::size_t i = 1; i < waits.size(); ++i) EXPECT_GT(waits[i], waits[i - 1]);
  EXPECT_GE(waits[0], std::chrono::milliseconds{100});
  EXPECT_EQ(r.states(), (std::vector<std::string>{"retrying", "up"}));
}

// So that sources which failed together do not come back together.
TEST(Supervisor, AWaitIsLongerByUpToAQuarterAtRandom) {
  std::set<std::chrono::nanoseconds> first;
  for (unsigned seed = 1; seed <= 50; ++seed) {
    Rig r;
    r.random.seed(seed);
    script.failures = 100;
    r.one.start(r.clock.now());
    for (std::chrono::nanoseconds least = std::chrono::milliseconds{100};
         least <= std::chrono::seconds{15}; least *= 2) {
      const auto wait = r.one.turn(r.clock.now()) - r.clock.now().age;
      EXPECT_GE(wait, least) << seed;
      EXPECT_LE(wait, least * 5 / 4) << seed;
      if (least == std::chrono::milliseconds{100}) first.insert(wait);
      r.clock.advance(wait);
    }
  }
  EXPECT_GT(first.size(), 30U);
}

TEST(Supervisor, TheBackOffHasAnEnd) {
  Rig r;
  script.failures = 1000;
  r.one.start(r.clock.now());
  std::chrono::nanoseconds longest{0};
  for (int i = 0; i < 40; ++i) {
    const auto next = r.one.turn(r.clock.now());
    longest = std::max(longest, next - r.clock.now().age);
    r.clock.advance(next - r.clock.now().age);
  }
  EXPECT_GE(longest, std::chrono::seconds{15});
  EXPECT_LE(longest, std::chrono::seconds{19});
}

TEST(Supervisor, APokeTriesSoon) {
  Rig r;
  script.failures = 4;
  for (int i = 0; i < 4; ++i) {
    r.one.start(r.clock.now());
    r.clock.advance(std::chrono::milliseconds{1});
  }
  ASSERT_EQ(r.one.state(), Supervisor::State::waiting);
  r.clock.advance(std::chrono::milliseconds{60});
  r.one.poke(r.clock.now());
  (void)r.one.turn(r.clock.now());
  EXPECT_EQ(r.one.state(), Supervisor::State::up);
}

TEST(Supervisor, AStormOfPokesIsNoStormOfAttempts) {
  Rig r;
  script.failures = 1000000;
  r.one.start(r.clock.now());
  for (int i = 0; i < 10000; ++i) {
    r.clock.advance(std::chrono::microseconds{100});
    r.one.poke(r.clock.now());
    (void)r.one.turn(r.clock.now());
  }
  EXPECT_LE(1000000 - script.failures, 25);  // a second of it
}

TEST(Supervisor, ALifeThatFailsIsFollowedByAnother) {
  Rig r;
  r.one.start(r.clock.now());
  script.drain_fails = true;
  (void)r.one.turn(r.clock.now());
  EXPECT_EQ(r.one.state(), Supervisor::State::waiting);
  EXPECT_EQ(script.stopped, 1);
  script.drain_fails = false;
  r.clock.advance(std::chrono::seconds{1});
  (void)r.one.turn(r.clock.now());
  EXPECT_EQ(script.opened, 2);
  r.one.stop(r.clock.now(), "stopped");
  EXPECT_EQ(script.stopped, 2);
  EXPECT_EQ(r.states(), (std::vector<std::string>{"up", "retrying", "up", "down"}));
}

TEST(Supervisor, ALifeThatFailsAtOnceDoesNotSpin) {
  Rig r;
  script.drain_fails = true;
  r.one.start(r.clock.now());
  for (int i = 0; i < 100000 && r.clock.now().age < AgeTime{std::chrono::hours{2}}; ++i) {
    const auto next = r.one.turn(r.clock.now());
    if (next > r.clock.now().age) r.clock.advance(next - r.clock.now().age);
  }
  EXPECT_LT(script.opened, 500);  // two hours at one attempt in 15 s, and the first few
}

TEST(Fallback, RunsWhileTheSourceCannotAndIsLeftWhenItCan) {
  Rig r(with_fallback());
  script.failures = 3;
  r.one.start(r.clock.now());
  EXPECT_EQ(r.one.state(), Supervisor::State::up);
  EXPECT_EQ(other.opened, 1);
  for (int i = 0; i < 10 && script.opened == 0; ++i) {
    const auto next = r.one.turn(r.clock.now());
    if (script.opened == 0) r.clock.advance(next - r.clock.now().age);
  }
  EXPECT_EQ(script.opened, 1);
  EXPECT_EQ(other.opened, 1) << "retrying the source does not disturb its fallback";
  EXPECT_EQ(other.stopped, 1);
  r.one.stop(r.clock.now(), "stopped");
  EXPECT_EQ(r.types_and_states(), (std::vector<std::string>{"fake retrying", "substitute fallback",
                                                            "fake up", "fake down"}));
}

TEST(Fallback, TellsTheGapAndWhy) {
  Rig r(with_fallback());
  r.one.start(r.clock.now());
  other.failures = 1;
  script.drain_fails = true;
  script.failures = 1000;
  (void)r.one.turn(r.clock.now());
  EXPECT_EQ(r.one.state(), Supervisor::State::waiting) << "the fallback could not run either";
  r.clock.advance(std::chrono::milliseconds{250});
  (void)r.one.turn(r.clock.now());
  EXPECT_EQ(r.one.state(), Supervisor::State::up);
  script.failures = 0;
  script.drain_fails = false;
  r.clock.advance(std::chrono::minutes{1});
  (void)r.one.turn(r.clock.now());
  const auto lines = test::read_back(r.outputs);
  std::vector<std::string> said;
  for (const auto& line : lines) {
    const auto& s = line["source"];
    said.push_back(s["type"].get<std::string>() + " " + s["state"].get<std::string>() +
                   (s.contains("reason") ? " (" + s["reason"].get<std::string>() + ")" : "") +
                   (s.contains("gap") ? " " + std::to_string(s["gap"].get<double>()) : ""));
  }
  EXPECT_EQ(said, (std::vector<std::string>{"fake up", "fake retrying (the interface is gone)",
                                            "substitute retrying (no such interface; try: ip link)",
                                            "fake retrying (no such interface; try: ip link)",
                                            "substitute fallback (no such interface) 0.250000",
                                            "fake up 0.000000"}));
  EXPECT_EQ(other.stopped, 1);
}

TEST(Fallback, ThatDiesIsStartedAgain) {
  Rig r(with_fallback());
  script.failures = 1000;
  r.one.start(r.clock.now());
  other.drain_fails = true;
  (void)r.one.turn(r.clock.now());
  EXPECT_EQ(r.one.state(), Supervisor::State::waiting);
  other.drain_fails = false;
  for (int i = 0; i < 5 && other.opened == 1; ++i) {
    r.clock.advance(std::chrono::milliseconds{100});
    (void)r.one.turn(r.clock.now());
  }
  EXPECT_EQ(other.opened, 2);
  EXPECT_EQ(r.one.state(), Supervisor::State::up);
  r.one.stop(r.clock.now(), "stopped");
  EXPECT_EQ(other.stopped, 2);
}

}  // namespace

}  // namespace netweir
