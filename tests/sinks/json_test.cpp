// SPDX-License-Identifier: GPL-2.0-or-later
// The json sink on what it may find: files, full ones, pipes that nobody reads, sockets.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "netweir/sink.h"
#include "sinks/json/lines.h"

namespace netweir {
namespace json {
extern const SinkKind kind;
}
namespace {

using json::Lines;
using Stop = Sink::Written::Stop;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string numbered(std::size_t from, std::size_t count, std::size_t size = 100) {
  std::string out;
  for (std::size_t i = from; i < from + count; ++i) {
    auto line = std::to_string(i) + ' ';
    line.resize(size - 1, 'x');
    out += line + '\n';
  }
  return out;
}

class JsonSink : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);
    ::signal(SIGXFSZ, SIG_IGN);
    std::string pattern = std::filesystem::temp_directory_path() / "netweir_sink_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const char* name) const { return folder_ + "/" + name; }
  static Lines open(const std::string& file) {
    auto lines = Lines::open(file);
    EXPECT_TRUE(lines) << (lines ? "" : lines.error().what);
    return std::move(*lines);
  }
  /// "-" while `fd` is the standard output.
  static Lines standard_output(int fd) {
    std::fflush(stdout);
    const Fd saved(::dup(STDOUT_FILENO));
    ::dup2(fd, STDOUT_FILENO);
    auto lines = Lines::open("-");
    ::dup2(saved.get(), STDOUT_FILENO);
    EXPECT_TRUE(lines) << (lines ? "" : lines.error().what);
    return std::move(*lines);
  }
  struct Pipe {
    Pipe() {
      int fds[2];
      EXPECT_EQ(::pipe2(fds, O_CLOEXEC), 0);
      read = Fd(fds[0]);
      write = Fd(fds[1]);
    }
    Fd read, write;
  };
  /// What can be read at once.
  static std::string read_now(int fd, std::size_t most = 1U << 20U) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    std::string out(most, '\0');
    const auto n = ::read(fd, out.data(), most);
    out.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return out;
  }

  std::string folder_;
};

TEST_F(JsonSink, is_in_the_table_with_its_options) {
  ASSERT_FALSE(sink_kinds().empty());
  const SinkKind* found = nullptr;
  for (const auto* kind : sink_kinds()) found = kind->name == "json" ? kind : found;
  ASSERT_EQ(found, &json::kind);
  ASSERT_EQ(found->options.size(), 2U);
  EXPECT_EQ(found->options[0].key, "path");
  EXPECT_EQ(found->options[0].standard, "-");
  EXPECT_EQ(found->options[1].key, "format");
  EXPECT_EQ(found->options[1].standard, "native");
  EXPECT_EQ(found->options[1].choices, "native netmon");
}

TEST_F(JsonSink, refuses_paths_that_cannot_be) {
  for (const auto& bad : {std::string(), std::string("a\0b", 3), std::string("logs/")}) {
    Values values;
    values.set("path", bad);
    const auto problem = json::kind.validate(values);
    ASSERT_TRUE(problem) << bad;
    EXPECT_EQ(problem->key, "path");
  }
  Values values;
  values.set("path", std::string("-"));
  EXPECT_FALSE(json::kind.validate(values));
}

TEST_F(JsonSink, formats) {
  SinkConfig config{&json::kind, {}};
  config.values.set("path", path("a"));
  for (const bool netmon : {false, true}) {
    config.values.set("format", std::string(netmon ? "netmon" : "native"));
    auto sink = json::kind.open(config, "switch7");
    ASSERT_TRUE(sink);
    EXPECT_EQ((*sink)->framed(), !netmon);
    EXPECT_TRUE((*sink)->reopens());
    BindingChange change{.key = {.ip = Ip::v4(10, 0, 0, 1)}};
    BindingEvent binding;
    binding.change = &change;
    binding.has_evidence = true;
    Event event;
    event.body = binding;
    std::string out;
    EXPECT_TRUE((*sink)->format(event, 7, out));
    EXPECT_EQ(out.find("\"seq\":7,\"host\":\"switch7\"") == std::string::npos, netmon) << out;
    event.body = HelloEvent{};
    EXPECT_EQ((*sink)->format(event, 8, out), !netmon);
  }
}

TEST_F(JsonSink, appends_to_a_file_of_mode_0640) {
  const auto before = ::umask(0);
  {
    auto lines = open(path("a"));
    EXPECT_EQ(lines.write("one\ntwo\n").octets, 8U);
  }
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
  auto again = open(path("a"));
  EXPECT_EQ(again.write("three\n").stop, Stop::done);
  EXPECT_EQ(content(path("a")), "one\ntwo\nthree\n");
}

TEST_F(JsonSink, ends_the_half_line_of_a_crash) {
  std::ofstream(path("a")) << "whole\nhal";
  auto lines = open(path("a"));
  EXPECT_EQ(content(path("a")), "whole\nhal");  // nothing happens before there is a line
  EXPECT_EQ(lines.write("next\n").octets, 5U);
  EXPECT_EQ(lines.write("last\n").octets, 5U);
  EXPECT_EQ(content(path("a")), "whole\nhal\nnext\nlast\n");
}

TEST_F(JsonSink, says_why_it_cannot_open_and_what_mends_it) {
  std::filesystem::create_symlink(path("target"), path("link"));
  std::filesystem::create_directory(path("folder"));
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  struct {
    std::string path;
    int code;
    std::string what, mend;
  } const cases[] = {
      {path("no/such/file"), ENOENT, "No such file or directory", "mkdir -p '" + path("no/such")},
      {path("link"), ELOOP, "Too many levels of symbolic links", "readlink -f"},
      {path("folder"), EISDIR, "Is a directory", "name a file inside it"},
      {path("fifo"), ENXIO, "No such device or address", "cat '" + path("fifo")},
  };
  for (const auto& c : cases) {
    const auto lines = Lines::open(c.path);
    ASSERT_FALSE(lines) << c.path;
    EXPECT_EQ(lines.error().code, c.code);
    EXPECT_EQ(lines.error().what, "open " + c.path + ": " + c.what);
    EXPECT_NE(lines.error().mend.find(c.mend), std::string::npos) << lines.error().mend;
  }
  EXPECT_FALSE(std::filesystem::exists(path("target")));
}

TEST_F(JsonSink, a_limit_in_the_middle_of_a_line_leaves_whole_lines) {
  auto lines = open(path("a"));
  ASSERT_EQ(lines.write(numbered(0, 10)).octets, 1000U);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  // Every place of the limit within a line, and around its ends.
  for (rlim_t limit = 1000; limit <= 1300; limit += 20) {
    const rlimit low{limit, old.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &low), 0);
    const auto result = lines.write(numbered(10, 3));
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
    const std::size_t whole = (limit - 1000) / 100 * 100;
    EXPECT_EQ(result.octets, whole) << limit;
    EXPECT_EQ(result.stop, whole == 300 ? Stop::done : Stop::failed) << limit;
    if (whole != 300) {
      EXPECT_EQ(result.error.code, EFBIG);
    }
    EXPECT_EQ(content(path("a")), numbered(0, 10 + whole / 100)) << limit;
    ASSERT_EQ(::truncate(path("a").c_str(), 1000), 0);
  }
  EXPECT_EQ(lines.write(numbered(10, 3)).stop, Stop::done);
  EXPECT_EQ(content(path("a")), numbered(0, 13));
}

TEST_F(JsonSink, the_same_on_standard_output_that_does_not_append) {
  const Fd file(::open(path("a").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
  auto lines = standard_output(file.get());
  ASSERT_EQ(lines.write(numbered(0, 10)).octets, 1000U);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit low{1150, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &low), 0);
  const auto result = lines.write(numbered(10, 3));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  EXPECT_EQ(result.octets, 100U);
  EXPECT_EQ(content(path("a")), numbered(0, 11));
  EXPECT_EQ(lines.write(numbered(11, 2)).octets, 200U);
  EXPECT_EQ(content(path("a")), numbered(0, 13));
}

TEST_F(JsonSink, a_full_device_takes_nothing) {
  auto lines = open("/dev/full");
  const auto result = lines.write(numbered(0, 3));
  EXPECT_EQ(result.octets, 0U);
  EXPECT_EQ(result.stop, Stop::failed);
  EXPECT_EQ(result.error.code, ENOSPC);
  EXPECT_EQ(result.error.what, "write /dev/full: No space left on device");
}

TEST_F(JsonSink, a_reader_that_left_is_gone) {
  Pipe pipe;
  auto lines = standard_output(pipe.write.get());
  EXPECT_EQ(lines.write({}).stop, Stop::done);
  pipe.read = Fd();
  EXPECT_EQ(lines.write({}).stop, Stop::gone);
  const auto result = lines.write("line\n");
  EXPECT_EQ(result.stop, Stop::gone);
  EXPECT_EQ(result.octets, 0U);
  EXPECT_EQ(result.error.what, "write standard output: Broken pipe");
}

TEST_F(JsonSink, a_slow_reader_gets_whole_lines_and_we_do_not_wait_long) {
  Pipe pipe;
  ASSERT_GE(::fcntl(pipe.write.get(), F_SETPIPE_SZ, 4096 * 2), 0);
  auto lines = standard_output(pipe.write.get());
  const auto all = numbered(0, 300, 111);
  std::string_view rest = all;
  std::string got;
  const auto start = steady_clock::now();
  auto result = lines.write(rest);
  EXPECT_LT(steady_clock::now() - start, 5s);
  EXPECT_EQ(result.stop, Stop::later);
  for (int turn = 0; turn < 1000 && !rest.empty(); ++turn) {
    EXPECT_EQ(result.octets % 111, 0U);
    rest.remove_prefix(result.octets);
    got += read_now(pipe.read.get(), 3000);
    result = rest.empty() ? Sink::Written{} : lines.write(rest);
  }
  for (std::string more; !(more = read_now(pipe.read.get())).empty();) got += more;
  EXPECT_EQ(got, all);
}

/// Two writers on one pipe: groups of up to PIPE_BUF octets never mix (pipe(7)).
TEST_F(JsonSink, lines_do_not_mix_with_those_of_another_process) {
  Pipe pipe;
  auto lines = standard_output(pipe.write.get());
  std::thread other([&pipe] {
    for (int i = 0; i < 2000; ++i) (void)!::write(pipe.write.get(), "other\n", 6);
  });
  std::thread ours([&lines] {
    const auto all = numbered(0, 2000, 57);
    for (std::string_view rest = all; !rest.empty();) rest.remove_prefix(lines.write(rest).octets);
  });
  std::string got;
  while (got.size() < 2000 * 6 + 2000 * 57) {
    char some[1000];
    const auto n = ::read(pipe.read.get(), some, sizeof some);
    ASSERT_GT(n, 0);
    got.append(some, static_cast<std::size_t>(n));
  }
  other.join();
  ours.join();
  std::string mine;
  std::size_t others = 0;
  for (std::size_t at = 0; at < got.size();) {
    const auto end = got.find('\n', at) + 1;
    const auto line = got.substr(at, end - at);
    if (line == "other\n") {
      ++others;
    } else {
      mine += line;
    }
    at = end;
  }
  EXPECT_EQ(others, 2000U);
  EXPECT_EQ(mine, numbered(0, 2000, 57));
}

TEST_F(JsonSink, a_line_longer_than_pipe_buf_is_completed_first) {
  Pipe pipe;
  ASSERT_GE(::fcntl(pipe.write.get(), F_SETPIPE_SZ, 4096), 0);
  auto lines = standard_output(pipe.write.get());
  const auto all = numbered(0, 1, 10000) + numbered(1, 2, 5000) + numbered(3, 10);
  std::string_view rest = all;
  std::string got;
  for (int turn = 0; turn < 100 && !rest.empty(); ++turn) {
    const auto result = lines.write(rest);
    if (result.octets != 0) {
      EXPECT_EQ(rest[result.octets - 1], '\n');
    }
    rest.remove_prefix(result.octets);
    got += read_now(pipe.read.get());
  }
  got += read_now(pipe.read.get());
  EXPECT_EQ(got, all);
}

TEST_F(JsonSink, a_socket_gets_whole_lines_too) {
  int fds[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
  const Fd reader(fds[0]);
  Fd writer(fds[1]);
  const int small = 4096;
  ASSERT_EQ(::setsockopt(writer.get(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
  auto lines = standard_output(writer.get());
  const auto all = numbered(0, 1, 9000) + numbered(1, 500);
  std::string_view rest = all;
  std::string got;
  for (int turn = 0; turn < 1000 && !rest.empty(); ++turn) {
    const auto result = lines.write(rest);
    EXPECT_NE(result.stop, Stop::failed) << result.error.what;
    rest.remove_prefix(result.octets);
    got += read_now(reader.get());
  }
  for (std::string more; !(more = read_now(reader.get())).empty();) got += more;
  EXPECT_EQ(got, all);
}

TEST_F(JsonSink, we_leave_the_mode_of_standard_output_alone) {
  Pipe pipe;
  auto lines = standard_output(pipe.write.get());
  EXPECT_EQ(lines.write("line\n").stop, Stop::done);
  EXPECT_EQ(::fcntl(pipe.write.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST_F(JsonSink, standard_output_that_is_not_for_writing) {
  const Fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::fflush(stdout);
  const Fd saved(::dup(STDOUT_FILENO));
  ::dup2(file.get(), STDOUT_FILENO);
  const auto read_only = Lines::open("-");
  ::close(STDOUT_FILENO);
  const auto closed = Lines::open("-");
  ::dup2(saved.get(), STDOUT_FILENO);
  ASSERT_FALSE(read_only);
  EXPECT_EQ(read_only.error().what, "write to standard output: Bad file descriptor");
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().what, "open standard output: Bad file descriptor");
}

TEST_F(JsonSink, a_fifo_waits_for_its_next_reader) {
  ASSERT_EQ(::mkfifo(path("fifo").c_str(), 0600), 0);
  Fd reader(::open(path("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  auto lines = open(path("fifo"));
  EXPECT_EQ(lines.write("one\n").stop, Stop::done);
  EXPECT_EQ(read_now(reader.get()), "one\n");
  reader = Fd();
  const auto result = lines.write("two\n");
  EXPECT_EQ(result.stop, Stop::failed);
  EXPECT_EQ(result.octets, 0U);
  reader = Fd(::open(path("fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  EXPECT_EQ(lines.write("two\n").stop, Stop::done);
  EXPECT_EQ(read_now(reader.get()), "two\n");
}

TEST_F(JsonSink, reopens) {
  auto lines = open(path("a"));
  EXPECT_EQ(lines.write("one\n").stop, Stop::done);
  std::filesystem::rename(path("a"), path("a.1"));
  auto anew = lines.reopen();
  ASSERT_TRUE(anew);
  EXPECT_TRUE(*anew);
  EXPECT_EQ(lines.write("two\n").stop, Stop::done);
  EXPECT_EQ(content(path("a.1")), "one\n");
  EXPECT_EQ(content(path("a")), "two\n");
  anew = lines.reopen();  // nothing was moved away
  ASSERT_TRUE(anew);
  EXPECT_FALSE(*anew);
  EXPECT_EQ(lines.write("three\n").stop, Stop::done);
  EXPECT_EQ(content(path("a")), "two\nthree\n");
}

TEST_F(JsonSink, keeps_the_old_file_where_the_new_one_cannot_be) {
  std::filesystem::create_directory(path("logs"));
  auto lines = open(path("logs/a"));
  std::filesystem::rename(path("logs"), path("old"));
  const auto anew = lines.reopen();
  ASSERT_FALSE(anew);
  EXPECT_EQ(anew.error().what, "open " + path("logs/a") + ": No such file or directory");
  EXPECT_EQ(lines.write("line\n").stop, Stop::done);
  EXPECT_EQ(content(path("old/a")), "line\n");
}

}  // namespace
}  // namespace netweir
