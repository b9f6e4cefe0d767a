// SPDX-License-Identifier: GPL-2.0-or-later
// A file on a file system of 64 KiB, in a mount namespace of the test's own.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "kit/json.h"
#include "kit/needs.h"
#include "run/outbox.h"

namespace netweir::json {
extern const SinkKind kind;
}

namespace netweir::run {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr std::uint32_t all_types = (1U << event_types) - 1;

/// Mounts the file system on `folder`; empty on success, else why not.
std::string mount_small(const std::string& folder) {
  // A user namespace gives the right to mount where we are not root.
  const int flags = ::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS;
  if (::unshare(flags) != 0) return std::string("unshare: ") + std::strerror(errno);
  // EINVAL: a chroot, whose / is no mount point; who made it has seen to its mounts.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 && errno != EINVAL) {
    return std::string("make mounts private: ") + std::strerror(errno);
  }
  if (::mount("netweir", folder.c_str(), "tmpfs", 0, "size=64k") != 0) {
    return std::string("mount tmpfs: ") + std::strerror(errno);
  }
  return {};
}

class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);
    std::string pattern = std::filesystem::temp_directory_path() / "netweir_full_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    NETWEIR_NEEDS("kernel", mount_small(folder_));
  }
  void TearDown() override {
    ::umount2(folder_.c_str(), MNT_DETACH);
    ::rmdir(folder_.c_str());
  }
  std::string path(const char* name) const { return folder_ + "/" + name; }

  static std::unique_ptr<Sink> open_sink(const std::string& path) {
    SinkConfig config{&json::kind, {}};
    config.values.set("path", path);
    config.values.set("format", std::string("native"));
    auto sink = json::kind.open(config, "switch7");
    EXPECT_TRUE(sink) << (sink ? "" : sink.error().what);
    return std::move(*sink);
  }
  static std::string content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// The lines of `text`, each parsed; a part of a line is a failure.
  static std::vector<nlohmann::json> lines(const std::string& text) {
    std::vector<nlohmann::json> out;
    EXPECT_TRUE(text.empty() || text.back() == '\n') << "half a line";
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
      out.push_back(test::parse_json(line));
      EXPECT_FALSE(out.back().is_discarded()) << line;
    }
    return out;
  }
  static Event event() {
    Event event;
    event.body = AlertEvent{"test", "a line of about a hundred and fifty octets", 0};
    return event;
  }
  template <class Until>
  static bool wait(Outbox& box, Until until) {
    const auto end = steady_clock::now() + 20s;
    while (!until()) {
      if (steady_clock::now() > end) return false;
      box.flush();
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }

  std::string folder_;
};

TEST_F(FullDisk, whole_lines_then_all_the_rest_once_there_is_room) {
  std::ofstream(path("filler")) << std::string(40000, 'x');
  const Event hello{.body = HelloEvent{"0", "i", {}}};
  const Event goodbye{.body = GoodbyeEvent{"end", {}}};
  Outbox box(open_sink(path("events")), all_types, {30000});
  box.write(hello, WallTime{});
  std::uint64_t given = 1;
  for (int i = 0; i < 3000; ++i, ++given) {
    box.write(event(), WallTime{std::chrono::nanoseconds(i)});
    if (i % 20 == 0) box.flush();
    if (i % 500 == 0) {
      (void)lines(content(path("events")));
      std::this_thread::sleep_for(20ms);
    }
  }
  ASSERT_TRUE(wait(box, [&] { return box.state().failing; }));
  EXPECT_EQ(box.state().error.find("write " + path("events") + ": No space left on device"), 0U)
      << box.state().error;
  const auto full = box.ledger();
  EXPECT_GT(full.written, 50U);
  EXPECT_GT(full.queued, 50U);
  EXPECT_GT(full.dropped, 50U);
  // What stands is whole, and is what the ledger says.
  EXPECT_EQ(lines(content(path("events"))).size(), box.ledger().written);

  std::filesystem::remove(path("filler"));
  const auto freed = steady_clock::now();
  ASSERT_TRUE(wait(box, [&] { return box.ledger().queued == 0; }));
  EXPECT_LT(steady_clock::now() - freed, 5s);
  EXPECT_FALSE(box.state().failing);
  const auto ledger = box.close(&goodbye, WallTime{}, 10s);
  const auto got = lines(content(path("events")));
  EXPECT_EQ(ledger.queued, 0U);
  EXPECT_EQ(ledger.written, got.size());
  std::uint64_t losses = 0;
  std::uint64_t lost = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i]["seq"], i + 1);
    if (got[i]["event_type"] != "loss") continue;
    ++losses;
    lost += got[i]["loss"]["count"].get<std::uint64_t>();
  }
  EXPECT_EQ(lost, ledger.dropped);
  EXPECT_EQ(ledger.written + ledger.dropped, given + losses + 1);
  EXPECT_EQ(got.back()["event_type"], "goodbye");
}

TEST_F(FullDisk, a_file_that_fills_it_can_be_deleted_and_reopened) {
  const Event hello{.body = HelloEvent{"0", "i", {}}};
  Outbox box(open_sink(path("events")), all_types, {30000});
  box.write(hello, WallTime{});
  for (int i = 0; i < 3000; ++i) box.write(event(), WallTime{});
  ASSERT_TRUE(wait(box, [&] {
    box.write(event(), WallTime{});
    return box.state().failing;
  }));
  const auto written = box.ledger().written;
  EXPECT_EQ(lines(content(path("events"))).size(), written);
  // Its octets are only free once we have closed it, though it still has lines to take.
  std::filesystem::remove(path("events"));
  box.reopen(hello, WallTime{});
  ASSERT_TRUE(wait(box, [&] { return box.ledger().queued == 0; }));
  const auto ledger = box.close(nullptr, WallTime{}, 10s);
  const auto got = lines(content(path("events")));
  ASSERT_EQ(got.size(), ledger.written - written);
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i]["seq"], written + i + 1);
}

}  // namespace
}  // namespace netweir::run
