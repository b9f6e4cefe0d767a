// SPDX-License-Identifier: GPL-2.0-or-later
#include "sinks/json/lines.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace netweir::json {
namespace {

using Stop = Sink::Written::Stop;
using std::chrono::steady_clock;

constexpr auto patience = std::chrono::milliseconds(100);

std::string folder(std::string_view path) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, std::max<std::size_t>(slash, 1)));
}

/// As one word of a shell command.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string mend(const std::string& path, int code) {
  switch (code) {
    case ENOENT:
      return "mkdir -p " + quoted(folder(path));
    case ENOTDIR:
      return "name a file in a folder that exists; see: ls -ld " + quoted(folder(path));
    case EACCES:
    case EPERM:
    case EROFS:
      return "name a file that this user may write; see: ls -ld " + quoted(path) + " " +
             quoted(folder(path));
    case ELOOP:
      return "name the file itself, not a symbolic link: readlink -f " + quoted(path);
    case EISDIR:
      return "name a file inside it: " + path + "/events.json";
    case ENXIO:
      return "start the reader first: cat " + quoted(path);
    case ENOSPC:
    case EDQUOT:
      return "make room there: df -h " + quoted(folder(path));
    case EFBIG:
      return "raise the limit on the size of files (ulimit -f, LimitFSIZE=) or rotate the file";
    default:
      return {};
  }
}

/// Whether a regular file ends in the middle of a line. Its descriptor may not be readable, so that
/// it is opened again by /proc.
bool ends_inside_a_line(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return false;
  const std::string self = "/proc/self/fd/" + std::to_string(fd);
  const Fd readable(::open(self.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  char last = '\n';
  return readable && ::pread(readable.get(), &last, 1, status.st_size - 1) == 1 && last != '\n';
}

}  // namespace

Error Lines::failure(const char* act, int code) const {
  const std::string name = is_standard_output() ? "standard output" : path_;
  return {code, std::string(act) + " " + name + ": " + std::strerror(code),
          is_standard_output() ? std::string() : mend(path_, code)};
}

Result<Lines> Lines::open(std::string path) {
  Lines lines;
  lines.path_ = std::move(path);
  if (lines.is_standard_output()) {
    lines.fd_ = Fd(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    const int flags = lines.fd_ ? ::fcntl(lines.fd_.get(), F_GETFL) : 0;
    if (lines.fd_ && (flags & O_ACCMODE) == O_RDONLY) {
      return lines.failure("write to", EBADF);
    }
  } else {
    // Non-blocking: a FIFO without a reader must not hold us up. Files do not mind.
    lines.fd_ = Fd(::open(
        lines.path_.c_str(),
        O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0640));
  }
  if (!lines.fd_) return lines.failure("open", errno);
  struct stat status {};
  if (::fstat(lines.fd_.get(), &status) != 0) return lines.failure("open", errno);
  if (S_ISDIR(status.st_mode)) return lines.failure("open", EISDIR);
  lines.kind_ = S_ISREG(status.st_mode)    ? Kind::file
                : S_ISSOCK(status.st_mode) ? Kind::socket
                                           : Kind::stream;
  // A crash may have left half a line there: look before the first write.
  const int flags = ::fcntl(lines.fd_.get(), F_GETFL);
  lines.torn_ = lines.kind_ == Kind::file && flags >= 0 && (flags & O_APPEND) != 0;
  return lines;
}

Result<bool> Lines::reopen() {
  auto fresh = open(path_);
  if (!fresh) return fresh.error();
  struct stat before {};
  struct stat after {};
  const bool known = ::fstat(fd_.get(), &before) == 0 && ::fstat(fresh->fd_.get(), &after) == 0;
  const bool same = known && before.st_dev == after.st_dev && before.st_ino == after.st_ino;
  if (same && sent_ != 0) fresh->torn_ = true;  // the same FIFO: a half line stands in it
  *this = std::move(*fresh);
  return !same;
}

Sink::Written Lines::write(std::string_view lines) {
  if (lines.empty()) return probe();
  return kind_ == Kind::file ? to_file(lines) : to_stream(lines);
}

/// Ends the half line that somebody left in the file. False: not now.
bool Lines::start_line() {
  if (torn_ && ends_inside_a_line(fd_.get()) && ::write(fd_.get(), "\n", 1) != 1) return false;
  torn_ = false;
  return true;
}

Sink::Written Lines::to_file(std::string_view lines) {
  int code = 0;
  std::size_t done = 0;
  if (!start_line()) code = errno;
  while (code == 0 && done < lines.size()) {
    const auto n = ::write(fd_.get(), lines.data() + done, lines.size() - done);
    if (n > 0) {
      done += static_cast<std::size_t>(n);
    } else if (n == 0) {
      code = ENOSPC;  // no system gives 0 for a regular file, but it must not make us spin
    } else if (errno != EINTR) {
      code = errno;
    }
  }
  if (code == 0) return {done, Stop::done, {}};
  const auto newline = lines.substr(0, done).rfind('\n');
  const std::size_t whole = newline == std::string_view::npos ? 0 : newline + 1;
  if (done != whole) take_back(done - whole);
  return {whole, Stop::failed, failure("write", code)};
}

/// Takes the last `octets` off the file, if they are its end: nobody else's are touched.
void Lines::take_back(std::size_t octets) {
  struct stat status {};
  const off_t end = ::lseek(fd_.get(), 0, SEEK_CUR);
  const auto back = static_cast<off_t>(octets);
  torn_ = true;
  if (end < back || ::fstat(fd_.get(), &status) != 0 || status.st_size != end) return;
  if (::ftruncate(fd_.get(), end - back) != 0) return;
  torn_ = ::lseek(fd_.get(), end - back, SEEK_SET) < 0;
}

Sink::Written Lines::to_stream(std::string_view lines) {
  const auto until = steady_clock::now() + patience;
  ssize_t n = 1;
  if (torn_) {
    n = send_some("\n", until);
    torn_ = n <= 0;
  }
  std::size_t at = std::min(sent_, lines.size());  // all octets before it are out
  while (n > 0 && at < lines.size()) {
    std::size_t size = std::min<std::size_t>(PIPE_BUF, lines.size() - at);
    const auto newline = lines.substr(at, size).rfind('\n');
    if (newline != std::string_view::npos) size = newline + 1;
    n = send_some(lines.substr(at, size), until);
    if (n > 0) at += static_cast<std::size_t>(n);
  }
  const auto newline = lines.substr(0, at).rfind('\n');
  const std::size_t whole = newline == std::string_view::npos ? 0 : newline + 1;
  sent_ = at - whole;
  if (n > 0) return {whole, Stop::done, {}};
  if (n == 0) return {whole, Stop::later, {}};
  const int code = static_cast<int>(-n);
  return {whole, reader_gone(code) ? Stop::gone : Stop::failed, failure("write", code)};
}

ssize_t Lines::send_some(std::string_view octets, steady_clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
    pollfd ready{fd_.get(), POLLOUT, 0};
    const int count = ::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (count == 0) return 0;
    ssize_t n = -1;
    if (count > 0) {
      n = kind_ == Kind::socket
              ? ::send(fd_.get(), octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
              : ::write(fd_.get(), octets.data(), octets.size());
    }
    if (n > 0) return n;
    if (n == 0) return -EIO;
    if (errno == EAGAIN) {
      if (left.count() <= 0) return 0;
      (void)::poll(nullptr, 0, 1);  // ready, and yet too little room: no reason to spin
    } else if (errno != EINTR) {
      return -errno;
    }
  }
}

/// A reader of our standard output does not come back; one of a FIFO may.
bool Lines::reader_gone(int code) const noexcept {
  return is_standard_output() &&
         (code == EPIPE || code == ECONNRESET || code == ENOTCONN || code == EIO);
}

Sink::Written Lines::probe() {
  if (kind_ == Kind::file || !is_standard_output()) return {};
  pollfd state{fd_.get(), 0, 0};
  if (::poll(&state, 1, 0) <= 0 || (state.revents & (POLLERR | POLLHUP)) == 0) return {};
  return {0, Stop::gone, failure("write", EPIPE)};
}

}  // namespace netweir::json
