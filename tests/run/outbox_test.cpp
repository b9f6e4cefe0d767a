// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/outbox.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <chrono>
#include <random>
#include <thread>

#include "run/scripted_sink.h"

namespace netweir::run {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using test::Record;
using test::records;
using test::Script;
using test::ScriptedSink;

constexpr std::uint32_t all_types = (1U << event_types) - 1;

WallTime at(std::int64_t nanoseconds) { return WallTime{std::chrono::nanoseconds(nanoseconds)}; }

Event alert(std::string_view text) {
  Event event;
  event.body = AlertEvent{"test", text, 0};
  return event;
}
Event hello() { return {.body = HelloEvent{}}; }
Event goodbye() { return {.body = GoodbyeEvent{}}; }

/// An outbox that counts what it is given.
struct Rig {
  explicit Rig(std::size_t octets = std::size_t{1} << 20U, std::uint32_t types = all_types,
               bool framed = true, bool reopens = true)
      : box(std::make_unique<ScriptedSink>(script, framed, reopens), types, {octets}) {}

  void write(const Event& event, std::int64_t now = 0) {
    box.write(event, at(now));
    ++given;
    check();
  }
  /// written + queued + dropped = all given; its own loss records are among the given.
  void check() const {
    const auto l = box.ledger();
    EXPECT_GE(l.written + l.queued + l.dropped, given);
  }
  template <class Until>
  bool wait(Until until) {
    const auto end = steady_clock::now() + 20s;
    while (!until()) {
      if (steady_clock::now() > end) return false;
      box.flush();
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }
  bool drained() {
    return wait([this] { return box.ledger().queued == 0; });
  }
  bool readable() const {
    pollfd p{box.fd(), POLLIN, 0};
    return ::poll(&p, 1, 0) == 1;
  }

  std::shared_ptr<Script> script = std::make_shared<Script>();
  Outbox box;
  std::uint64_t given = 0;
};

/// seq from 1 on, without a gap.
void expect_contiguous(const std::vector<Record>& all) {
  for (std::size_t i = 0; i < all.size(); ++i) ASSERT_EQ(all[i].seq, i + 1);
}
std::uint64_t lost(const std::vector<Record>& all) {
  std::uint64_t sum = 0;
  for (const auto& r : all) sum += r.count;
  return sum;
}

TEST(Outbox, numbers_and_delivers_in_order) {
  Rig rig;
  rig.write(hello());
  for (int i = 0; i < 5000; ++i) {
    rig.write(alert(std::to_string(i)));
    if (i % 7 == 0) rig.box.flush();
  }
  const auto last = goodbye();
  const auto ledger = rig.box.close(&last, at(0), 20s);
  EXPECT_EQ(ledger.written, 5002U);
  EXPECT_EQ(ledger.queued, 0U);
  EXPECT_EQ(ledger.dropped, 0U);
  const auto got = records(rig.script->all());
  ASSERT_EQ(got.size(), 5002U);
  expect_contiguous(got);
  EXPECT_EQ(got.front().type, "hello");
  EXPECT_EQ(got.back().type, "goodbye");
  for (std::size_t i = 0; i < 5000; ++i) ASSERT_EQ(got[i + 1].text, std::to_string(i));
}

TEST(Outbox, an_event_reaches_the_sink_after_flush_without_another) {
  Rig rig;
  rig.write(alert("a"));
  rig.box.flush();
  const auto end = steady_clock::now() + 20s;
  while (rig.script->all().empty() && steady_clock::now() < end) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(rig.script->all(), "1 alert a\n");
}

TEST(Outbox, takes_the_chosen_types_and_the_frame) {
  Rig rig(1U << 20U, 1U << static_cast<unsigned>(EventType::loss));
  EXPECT_TRUE(rig.box.wants(EventType::hello));
  EXPECT_TRUE(rig.box.wants(EventType::goodbye));
  EXPECT_TRUE(rig.box.wants(EventType::loss));
  EXPECT_FALSE(rig.box.wants(EventType::alert));
  rig.box.write(hello(), at(0));
  rig.box.write(alert("not wanted"), at(0));
  const auto last = goodbye();
  const auto ledger = rig.box.close(&last, at(0), 20s);
  EXPECT_EQ(ledger.written, 2U);
  EXPECT_EQ(ledger.dropped, 0U);
  EXPECT_EQ(rig.script->all(), "1 hello\n2 goodbye\n");
}

TEST(Outbox, what_does_not_fit_is_announced_before_anything_else) {
  Rig rig(10000);
  rig.script->set(Script::Mode::later);
  rig.write(hello());
  const std::string text(80, 'x');
  for (int i = 1; i <= 500; ++i) rig.write(alert(text), i);
  const auto full = rig.box.ledger();
  EXPECT_EQ(full.written, 0U);
  EXPECT_EQ(full.queued + full.dropped, 501U);
  EXPECT_GT(full.dropped, 350U);
  EXPECT_GT(full.queued, 80U);
  rig.script->set(Script::Mode::take);
  ASSERT_TRUE(rig.drained());
  rig.write(alert("after"), 1000);
  const auto last = goodbye();
  const auto ledger = rig.box.close(&last, at(1001), 20s);
  EXPECT_EQ(ledger.queued, 0U);
  EXPECT_EQ(ledger.written + ledger.dropped, 501U + 1 + 2);  // and the loss record and goodbye
  const auto got = records(rig.script->all());
  EXPECT_EQ(got.size(), ledger.written);
  expect_contiguous(got);
  EXPECT_EQ(lost(got), ledger.dropped);
  ASSERT_GE(got.size(), 3U);
  const auto& loss = got[got.size() - 3];
  EXPECT_EQ(loss.type, "loss");
  EXPECT_EQ(loss.text, "output_full");
  EXPECT_EQ(loss.count, full.dropped);
  EXPECT_EQ(loss.from, 500 - static_cast<std::int64_t>(full.dropped) + 1);
  EXPECT_EQ(loss.to, 500);
  EXPECT_EQ(got[got.size() - 2].text, "after");
}

TEST(Outbox, a_loss_is_announced_even_where_loss_is_not_chosen) {
  Rig rig(2000, 1U << static_cast<unsigned>(EventType::alert));
  rig.script->set(Script::Mode::later);
  for (int i = 1; i <= 100; ++i) rig.write(alert(std::string(80, 'x')), i);
  rig.script->set(Script::Mode::take);
  ASSERT_TRUE(rig.drained());
  const auto ledger = rig.box.close(nullptr, at(0), 20s);
  const auto got = records(rig.script->all());
  expect_contiguous(got);
  EXPECT_GT(ledger.dropped, 0U);
  EXPECT_EQ(lost(got), ledger.dropped);
}

/// The loop sleeps until fd() is readable, calls state() and then flush(): that must be enough.
TEST(Outbox, wakes_the_loop_when_there_is_room_for_the_loss_record) {
  Rig rig(10000);
  rig.script->set(Script::Mode::later);
  for (int i = 1; i <= 500; ++i) rig.write(alert(std::string(80, 'x')), i);
  rig.box.flush();
  EXPECT_TRUE(rig.readable());  // of the first drop
  const auto dropped = rig.box.ledger().dropped;
  EXPECT_EQ(rig.box.state().dropped, dropped);
  EXPECT_EQ(rig.box.state().dropped, 0U);
  EXPECT_FALSE(rig.readable());
  rig.script->set(Script::Mode::take);
  pollfd p{rig.box.fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&p, 1, 20000), 1);
  (void)rig.box.state();
  rig.box.flush();
  const auto ledger = rig.box.close(nullptr, at(0), 20s);
  const auto got = records(rig.script->all());
  EXPECT_EQ(got.back().type, "loss");
  EXPECT_EQ(got.back().count, dropped);
  EXPECT_EQ(ledger.dropped, dropped);
}

TEST(Outbox, a_record_larger_than_the_box_is_dropped_and_announced) {
  Rig rig(1000);
  rig.write(alert("a"), 1);
  rig.write(alert(std::string(2000, 'x')), 2);
  rig.write(alert("b"), 3);
  const auto ledger = rig.box.close(nullptr, at(4), 20s);
  EXPECT_EQ(ledger.dropped, 1U);
  EXPECT_EQ(rig.script->all(), "1 alert a\n2 loss 1 output_full 2 2 3\n3 alert b\n");
}

TEST(Outbox, loss_and_goodbye_have_room_in_a_full_box) {
  Rig rig(1000);
  rig.script->set(Script::Mode::later);
  for (int i = 1; i <= 100; ++i) rig.write(alert(std::string(80, 'x')), i);
  const auto last = goodbye();
  std::thread reader([&rig] {
    std::this_thread::sleep_for(50ms);
    rig.script->set(Script::Mode::take);
  });
  const auto ledger = rig.box.close(&last, at(101), 20s);
  reader.join();
  const auto got = records(rig.script->all());
  expect_contiguous(got);
  EXPECT_EQ(got.back().type, "goodbye");
  EXPECT_EQ(got[got.size() - 2].type, "loss");
  EXPECT_EQ(got[got.size() - 2].count, ledger.dropped);
}

TEST(Outbox, a_write_that_fails_is_tried_again_and_nothing_is_lost) {
  Rig rig;
  rig.script->set(Script::Mode::fail);
  for (int i = 0; i < 100; ++i) rig.write(alert(std::to_string(i)));
  rig.box.flush();
  ASSERT_TRUE(rig.wait([&] { return rig.box.state().failing; }));
  const auto state = rig.box.state();
  EXPECT_EQ(state.error, "write it: No space left on device (make room)");
  EXPECT_FALSE(state.gone);
  const auto calls = rig.script->calls();
  std::this_thread::sleep_for(1s);
  EXPECT_LE(rig.script->calls() - calls, 10U);  // it backs off
  rig.script->set(Script::Mode::take);
  ASSERT_TRUE(rig.drained());
  ASSERT_TRUE(rig.wait([&] { return !rig.box.state().failing; }));
  EXPECT_EQ(rig.box.state().error, "");
  EXPECT_EQ(rig.box.close(nullptr, at(0), 20s).written, 100U);
  EXPECT_EQ(records(rig.script->all()).size(), 100U);
}

TEST(Outbox, a_reader_that_is_gone_drops_everything) {
  Rig rig;
  rig.write(alert("a"));
  ASSERT_TRUE(rig.drained());
  rig.script->set(Script::Mode::gone);
  rig.write(alert("b"));
  ASSERT_TRUE(rig.wait([&] { return rig.box.state().gone; }));
  EXPECT_EQ(rig.box.state().error, "write it: Broken pipe");
  for (int i = 0; i < 1000; ++i) rig.write(alert("c"));
  EXPECT_TRUE(rig.box.has_room(std::size_t{1} << 30U));
  EXPECT_TRUE(rig.box.wait_room(100, 1s));
  const auto last = goodbye();
  const auto start = steady_clock::now();
  const auto ledger = rig.box.close(&last, at(0), 20s);
  EXPECT_LT(steady_clock::now() - start, 10s);
  EXPECT_EQ(ledger.written, 1U);
  EXPECT_EQ(ledger.queued, 0U);
  EXPECT_EQ(ledger.dropped, 1 + 1000 + 1U);
  EXPECT_EQ(rig.script->all(), "1 alert a\n");
}

TEST(Outbox, an_idle_output_learns_that_its_reader_is_gone) {
  Rig rig;
  rig.script->set(Script::Mode::gone);
  pollfd p{rig.box.fd(), POLLIN, 0};
  ASSERT_EQ(::poll(&p, 1, 20000), 1);
  EXPECT_TRUE(rig.box.state().gone);
}

TEST(Outbox, a_stuck_write_holds_up_nobody) {
  Rig rig;
  rig.script->set(Script::Mode::block);
  rig.write(hello());
  rig.write(alert("a"));
  rig.box.flush();
  ASSERT_TRUE(rig.script->wait_blocked());
  const auto start = steady_clock::now();
  const auto last = goodbye();
  const auto ledger = rig.box.close(&last, at(0), 100ms);
  EXPECT_EQ(ledger.written, 0U);
  EXPECT_EQ(ledger.queued, 0U);
  EXPECT_EQ(ledger.dropped, 3U);
  { const Outbox ended = std::move(rig.box); }
  EXPECT_LT(steady_clock::now() - start, 5s);
  rig.script->set(Script::Mode::take);  // the thread, let go, comes back to a box that is no more
}

TEST(Outbox, made_and_dropped_in_any_state) {
  for (const auto mode : {Script::Mode::take, Script::Mode::later, Script::Mode::fail,
                          Script::Mode::gone, Script::Mode::block}) {
    Rig rig;
    rig.script->set(mode);
    rig.write(alert("a"));
    const auto start = steady_clock::now();
    { const Outbox ended = std::move(rig.box); }
    EXPECT_LT(steady_clock::now() - start, 5s);
    rig.script->set(Script::Mode::take);
  }
}

TEST(Outbox, reopens_in_stream_order) {
  Rig rig;
  rig.script->take_at_most(3);
  rig.write(hello());
  for (int i = 0; i < 10; ++i) rig.write(alert("old"));
  rig.box.reopen(hello(), at(0));
  for (int i = 0; i < 10; ++i) rig.write(alert("new"));
  const auto last = goodbye();
  rig.box.close(&last, at(0), 20s);
  const auto files = rig.script->files();
  ASSERT_EQ(files.size(), 2U);
  expect_contiguous(records(rig.script->all()));
  EXPECT_EQ(records(files[0]).size(), 11U);
  EXPECT_EQ(files[0].find("new"), std::string::npos);
  EXPECT_EQ(files[1].substr(0, 9), "12 hello\n");
  EXPECT_EQ(files[1].find("old"), std::string::npos);
  EXPECT_EQ(records(files[1]).size(), 12U);
}

TEST(Outbox, one_reopen_under_way_covers_the_next) {
  Rig rig;
  rig.script->set(Script::Mode::later);
  rig.write(hello());
  rig.box.reopen(hello(), at(0));
  for (int i = 0; i < 1000; ++i) rig.box.reopen(hello(), at(0));
  rig.script->set(Script::Mode::take);
  ASSERT_TRUE(rig.drained());
  EXPECT_EQ(rig.script->files().size(), 2U);
  rig.box.reopen(hello(), at(0));
  ASSERT_TRUE(rig.drained());
  EXPECT_EQ(rig.script->files().size(), 3U);
  EXPECT_EQ(rig.script->all(), "1 hello\n2 hello\n3 hello\n");
}

TEST(Outbox, a_file_that_takes_nothing_is_left_at_once) {
  Rig rig;
  rig.script->set(Script::Mode::fail);
  rig.write(alert("a"));
  rig.box.flush();
  ASSERT_TRUE(rig.wait([&] { return rig.box.state().failing; }));
  rig.box.reopen(hello(), at(0));
  ASSERT_TRUE(rig.wait([&] { return rig.script->files().size() == 2; }));
  rig.script->set(Script::Mode::take);
  ASSERT_TRUE(rig.drained());
  const auto files = rig.script->files();
  EXPECT_EQ(files[0], "");
  EXPECT_EQ(files[1], "1 alert a\n2 hello\n");
}

TEST(Outbox, a_reopen_that_fails_is_told) {
  Rig rig;
  rig.script->fail_reopen(true);
  rig.box.reopen(hello(), at(0));
  ASSERT_TRUE(rig.wait([&] { return !rig.box.state().reopen_error.empty(); }));
  EXPECT_EQ(rig.box.state().reopen_error, "open it: No such file or directory");
  rig.script->fail_reopen(false);
  rig.box.reopen(hello(), at(0));
  ASSERT_TRUE(rig.wait([&] { return rig.box.state().reopen_error.empty(); }));
}

TEST(Outbox, does_not_reopen_what_cannot_be) {
  Rig rig(1U << 20U, all_types, true, false);
  rig.box.reopen(hello(), at(0));
  rig.write(alert("a"));
  rig.box.close(nullptr, at(0), 20s);
  EXPECT_EQ(rig.script->files().size(), 1U);
  EXPECT_EQ(rig.script->all(), "1 alert a\n");
}

TEST(Outbox, a_stream_without_a_frame) {
  Rig rig(2000, all_types, false);
  EXPECT_FALSE(rig.box.wants(EventType::hello));
  EXPECT_FALSE(rig.box.wants(EventType::goodbye));
  rig.box.write(hello(), at(0));
  const Loss loss{};
  rig.box.write({.body = LossEvent{&loss}}, at(0));  // wanted, but the format has no record
  EXPECT_EQ(rig.box.ledger().dropped, 0U);
  rig.script->set(Script::Mode::later);
  for (int i = 1; i <= 100; ++i) rig.write(alert(std::string(80, 'x')), i);
  EXPECT_TRUE(rig.readable());
  EXPECT_GT(rig.box.state().dropped, 0U);
  rig.script->set(Script::Mode::take);
  ASSERT_TRUE(rig.drained());
  rig.box.reopen(hello(), at(0));
  rig.write(alert("after"));
  const auto last = goodbye();
  const auto ledger = rig.box.close(&last, at(0), 20s);
  EXPECT_EQ(ledger.written + ledger.dropped, 101U);
  const auto got = records(rig.script->all());
  EXPECT_EQ(got.size(), ledger.written);
  for (const auto& r : got) ASSERT_EQ(r.type, "alert");
  EXPECT_EQ(records(rig.script->files().at(1)).size(), 1U);
}

TEST(Outbox, a_source_that_waits_for_room_loses_nothing) {
  Rig rig(5000);
  rig.script->take_at_most(1);
  for (int i = 0; i < 3000; ++i) {
    const auto end = steady_clock::now() + 20s;
    while (!rig.box.has_room(200) && steady_clock::now() < end) rig.box.wait_room(200, 100ms);
    rig.write(alert(std::string(100, 'x')));
  }
  const auto ledger = rig.box.close(nullptr, at(0), 20s);
  EXPECT_EQ(ledger.dropped, 0U);
  EXPECT_EQ(ledger.written, 3000U);
}

TEST(Outbox, wait_room_gives_up_in_time) {
  Rig rig(1000);
  rig.script->set(Script::Mode::later);
  while (rig.box.has_room(100)) rig.write(alert(std::string(80, 'x')));
  const auto start = steady_clock::now();
  EXPECT_FALSE(rig.box.wait_room(100, 50ms));
  EXPECT_GE(steady_clock::now() - start, 50ms);
  EXPECT_LT(steady_clock::now() - start, 10s);
  rig.script->set(Script::Mode::take);
  EXPECT_TRUE(rig.box.wait_room(std::size_t{1} << 30U, 20s));  // more than there ever is: empty
  EXPECT_EQ(rig.box.ledger().dropped, 0U);
}

TEST(Outbox, nothing_is_taken_after_close) {
  Rig rig;
  rig.box.close(nullptr, at(0), 20s);
  rig.box.write(alert("late"), at(0));
  rig.box.reopen(hello(), at(0));
  rig.box.flush();
  const auto ledger = rig.box.close(nullptr, at(0), 20s);
  EXPECT_EQ(ledger.written + ledger.queued + ledger.dropped, 0U);
  EXPECT_EQ(rig.script->all(), "");
}

/// A sink in random moods. The ledger holds after every step, and in the end the stream says
/// exactly what it lacks.
TEST(Outbox, balances_whatever_the_sink_does) {
  for (unsigned seed = 1; seed <= 6; ++seed) {
    std::mt19937 random(seed);
    Rig rig(1000 + random() % 20000);
    rig.write(hello());
    std::uint64_t given = 1;
    for (int i = 0; i < 5000; ++i) {
      switch (random() % 60) {
        case 0:
          rig.script->set(Script::Mode::later);
          break;
        case 1:
          rig.script->set(Script::Mode::fail);
          break;
        case 2:
        case 3:
        case 4:
          rig.script->set(Script::Mode::take);
          break;
        case 5:
          rig.script->take_at_most(1 + random() % 50);
          break;
        case 6:
          (void)rig.box.state();
          break;
        case 7:
          rig.box.wait_room(500, 1ms);
          break;
        default:
          break;
      }
      rig.write(alert(std::string(random() % 300, 'x')), i);
      ++given;
      if (random() % 5 == 0) rig.box.flush();
    }
    rig.script->take_at_most(static_cast<std::size_t>(-1));
    rig.script->set(Script::Mode::take);
    const auto last = goodbye();
    const auto ledger = rig.box.close(&last, at(9999), 20s);
    const auto got = records(rig.script->all());
    expect_contiguous(got);
    std::uint64_t losses = 0;
    for (const auto& r : got) losses += r.type == "loss" ? 1U : 0U;
    EXPECT_EQ(ledger.queued, 0U);
    EXPECT_EQ(ledger.written, got.size());
    EXPECT_EQ(ledger.written + ledger.dropped, given + losses + 1);
    EXPECT_EQ(lost(got), ledger.dropped);
    EXPECT_EQ(got.back().type, "goodbye");
  }
}

}  // namespace
}  // namespace netweir::run
