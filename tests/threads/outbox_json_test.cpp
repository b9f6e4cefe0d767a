// SPDX-License-Identifier: GPL-2.0-or-later
// The whole way out: events into an outbox, JSON lines out of a pipe, into a full device, or to a
// reader that stops, comes back, or leaves.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <sstream>
#include <thread>

#include "kit/json.h"
#include "os/fd.h"
#include "run/outbox.h"

namespace {
thread_local std::size_t allocations = 0;
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace netweir::json {
extern const SinkKind kind;
}

namespace netweir::run {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::uint32_t all_types = (1U << event_types) - 1;

std::unique_ptr<Sink> open_sink(const std::string& path) {
  SinkConfig config{&json::kind, {}};
  config.values.set("path", path);
  config.values.set("format", std::string("native"));
  auto sink = json::kind.open(config, "switch7");
  EXPECT_TRUE(sink) << (sink ? "" : sink.error().what);
  return std::move(*sink);
}

/// The sink of standard output, which is `fd` for that moment.
std::unique_ptr<Sink> open_standard_output(int fd) {
  std::fflush(stdout);
  const Fd saved(::dup(STDOUT_FILENO));
  ::dup2(fd, STDOUT_FILENO);
  auto sink = open_sink("-");
  ::dup2(saved.get(), STDOUT_FILENO);
  return sink;
}

struct Feed {
  SourceName source{"wire", "pcap"};
  BindingChange change{.key = {.ip = Ip::v4(10, 0, 0, 1)}, .count = 1};
  Event hello{.body = HelloEvent{"0", "i", {}}};
  Event goodbye{.body = GoodbyeEvent{"end", {}}};

  Event binding() const {
    BindingEvent body;
    body.change = &change;
    body.domain = "default";
    body.has_evidence = true;
    Event event;
    event.source = &source;
    event.body = body;
    return event;
  }
};

struct Read {
  std::uint64_t lines = 0, lost = 0, losses = 0;
  std::string first, last;
};
Read check(const std::string& got) {
  Read read;
  std::istringstream in(got);
  EXPECT_TRUE(got.empty() || got.back() == '\n') << "half a line";
  for (std::string line; std::getline(in, line);) {
    const auto json = test::parse_json(line);
    if (json.is_discarded()) {
      ADD_FAILURE() << line;
      continue;
    }
    EXPECT_EQ(json["seq"], ++read.lines);
    const std::string type = json["event_type"];
    if (type == "loss") {
      EXPECT_EQ(json["loss"]["cause"], "output_full");
      EXPECT_FALSE(json.contains("source"));
      read.lost += json["loss"]["count"].get<std::uint64_t>();
      ++read.losses;
    }
    if (read.lines == 1) read.first = type;
    read.last = type;
  }
  return read;
}

class OutboxJson : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);
    int fds[2];
    ASSERT_EQ(::pipe2(fds, O_CLOEXEC), 0);
    reader_ = Fd(fds[0]);
    writer_ = Fd(fds[1]);
  }
  static std::string read_all(int fd) {
    std::string out;
    char some[65536];
    for (ssize_t n = 0; (n = ::read(fd, some, sizeof some)) > 0;) {
      out.append(some, static_cast<std::size_t>(n));
    }
    return out;
  }
  Fd reader_, writer_;
};

TEST_F(OutboxJson, a_reader_that_stops_for_a_while) {
  Feed feed;
  std::atomic<bool> reading = false;
  std::string got;
  std::thread reader([&] {
    while (!reading) std::this_thread::sleep_for(1ms);
    got = read_all(reader_.get());
  });
  std::uint64_t given = 1;
  OutputLedger ledger;
  {
    Outbox box(open_standard_output(writer_.get()), all_types, {200000});
    writer_ = Fd();
    box.write(feed.hello, WallTime{});
    for (int i = 0; i < 20000; ++i) {
      box.write(feed.binding(), WallTime{std::chrono::nanoseconds(i)});
      ++given;
      if (i % 10 == 0) box.flush();
      if (i == 10000) {
        EXPECT_GT(box.ledger().dropped, 0U);
        reading = true;
      }
      if (i > 10000 && i % 8 == 0) std::this_thread::sleep_for(20us);
      const auto l = box.ledger();
      ASSERT_GE(l.written + l.queued + l.dropped, given);
    }
    ledger = box.close(&feed.goodbye, WallTime{}, 30s);
  }
  reader.join();
  const auto read = check(got);
  EXPECT_EQ(read.first, "hello");
  EXPECT_EQ(read.last, "goodbye");
  EXPECT_EQ(ledger.queued, 0U);
  EXPECT_EQ(ledger.written, read.lines);
  EXPECT_EQ(ledger.dropped, read.lost);
  EXPECT_EQ(ledger.written + ledger.dropped, given + read.losses + 1);
}

TEST_F(OutboxJson, a_reader_that_never_reads) {
  Feed feed;
  std::uint64_t given = 1;
  const auto start = steady_clock::now();
  OutputLedger ledger;
  {
    Outbox box(open_standard_output(writer_.get()), all_types, {100000});
    writer_ = Fd();
    box.write(feed.hello, WallTime{});
    for (int i = 0; i < 5000; ++i, ++given) box.write(feed.binding(), WallTime{});
    box.flush();
    ledger = box.close(&feed.goodbye, WallTime{}, 300ms);
  }
  EXPECT_LT(steady_clock::now() - start, 10s);
  EXPECT_EQ(ledger.queued, 0U);
  const auto got = read_all(reader_.get());
  const auto read = check(got);
  EXPECT_EQ(read.lines, ledger.written);
  // All that was given, goodbye, and a loss record each time the box was full: once at least, and a
  // second time where the pipe took something in between.
  EXPECT_GE(ledger.written + ledger.dropped, given + 2);
  EXPECT_LE(ledger.written + ledger.dropped, given + 4);
}

TEST_F(OutboxJson, a_reader_that_leaves) {
  Feed feed;
  Outbox box(open_standard_output(writer_.get()), all_types, {});
  writer_ = Fd();
  box.write(feed.hello, WallTime{});
  box.flush();
  char some[4096];
  EXPECT_GT(::read(reader_.get(), some, sizeof some), 0);
  reader_ = Fd();
  const auto end = steady_clock::now() + 20s;
  bool gone = false;
  std::uint64_t given = 1;
  while (!gone && steady_clock::now() < end) {
    box.write(feed.binding(), WallTime{});
    ++given;
    box.flush();
    std::this_thread::sleep_for(1ms);
    gone = box.state().gone;
  }
  EXPECT_TRUE(gone);
  const auto ledger = box.close(&feed.goodbye, WallTime{}, 5s);
  EXPECT_EQ(ledger.written, 1U);
  EXPECT_EQ(ledger.dropped, given);
}

TEST_F(OutboxJson, a_device_that_is_full) {
  Feed feed;
  Outbox box(open_sink("/dev/full"), all_types, {50000});
  box.write(feed.hello, WallTime{});
  for (int i = 0; i < 1000; ++i) box.write(feed.binding(), WallTime{});
  box.flush();
  const auto end = steady_clock::now() + 20s;
  Outbox::State state;
  while (!(state = box.state()).failing && steady_clock::now() < end) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_TRUE(state.failing);
  EXPECT_EQ(state.error.find("write /dev/full: No space left on device"), 0U) << state.error;
  const auto ledger = box.close(&feed.goodbye, WallTime{}, 200ms);
  EXPECT_EQ(ledger.written, 0U);
  EXPECT_EQ(ledger.queued, 0U);
  EXPECT_EQ(ledger.dropped, 1 + 1000 + 2U);
}

/// One thread that writes events and flushes allocates nothing once the chunks have made the round.
TEST_F(OutboxJson, no_allocation_in_the_steady_state) {
  Feed feed;
  Outbox box(open_sink("/dev/null"), all_types, {});
  const auto turn = [&] {
    for (int i = 0; i < 64; ++i) box.write(feed.binding(), WallTime{});
    box.flush();
    box.wait_room(std::size_t{4} << 20U, 20s);
  };
  for (int i = 0; i < 100; ++i) turn();
  const auto before = allocations;
  EXPECT_GT(before, 0U);
  for (int i = 0; i < 100; ++i) turn();
  EXPECT_EQ(allocations, before);
  const auto ledger = box.close(nullptr, WallTime{}, 20s);
  EXPECT_EQ(ledger.written, 200U * 64);
  EXPECT_EQ(ledger.dropped, 0U);
}

}  // namespace
}  // namespace netweir::run
