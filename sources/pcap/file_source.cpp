// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcap/file_source.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <utility>

namespace netweir::pcap {
namespace {

// A read of this size costs the least per octet while both ends stay in the cache.
constexpr std::size_t read_size = std::size_t{256} << 10U;
constexpr std::size_t buffer_size = longest_piece + 2 * read_size;
constexpr std::size_t reads_a_drain = 4;  // so that a file of skipped blocks alone holds up nobody

Error system_error(const std::string& act, int code) {
  return {code, act + ": " + std::generic_category().message(code), {}};
}

}  // namespace

FileSource::FileSource(Fd file, std::string path, SourceId id, Links& links)
    : file_(std::move(file)),
      path_(std::move(path)),
      id_(id),
      capture_(id, links),
      buffer_(buffer_size) {}

Result<std::unique_ptr<Source>> FileSource::open(const std::string& path, const std::string& filter,
                                                 SourceId id, Links& links) {
  const bool standard_input = path == "-";
  const std::string name = standard_input ? "standard input" : path;
  // Without O_NONBLOCK, opening a FIFO waits for its writer.
  Fd file(standard_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                         : ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) return system_error("open " + name, errno);
  struct stat st {};
  if (::fstat(file.get(), &st) != 0) return system_error("open " + name, errno);
  if (S_ISDIR(st.st_mode)) return system_error("open " + name, EISDIR);

  std::unique_ptr<FileSource> source(new FileSource(std::move(file), name, id, links));
  if (!filter.empty()) source->filter_.emplace(filter);
  const int fd = source->file_.get();
  source->waits_ = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || ::isatty(fd) == 1;
  if (S_ISREG(st.st_mode)) {
    const auto at = ::lseek(fd, 0, SEEK_CUR);
    source->total_ =
        static_cast<std::uint64_t>(std::max<off_t>(st.st_size - std::max<off_t>(at, 0), 0));
    (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  return std::unique_ptr<Source>(std::move(source));
}

Result<Drained> FileSource::drain(const Now& /*now*/, std::size_t budget, Intake& intake) {
  if (over_) return Drained::finished;
  auto drained = read_on(std::max<std::size_t>(budget, 1), reads_a_drain, intake);
  over_ = !drained || *drained == Drained::finished;
  return drained;
}

void FileSource::stop(const Now& /*now*/, Intake& intake) {
  if (std::exchange(over_, true)) return;
  constexpr std::size_t all_that_fits = buffer_size / 16;
  if (auto drained = read_on(all_that_fits, 1, intake); !drained) {
    intake.note({id_, Note::Level::warning, drained.error().what});
  }
}

Result<Drained> FileSource::read_on(std::size_t budget, std::size_t reads, Intake& intake) {
  while (budget > 0) {
    const auto room = std::min(budget, frames_.size());
    const auto step = capture_.parse(unread(), std::span(frames_).first(room));
    begin_ += step.octets;
    budget -= step.frames;
    if (auto handed = hand_over(step.frames, intake); !handed) return std::move(handed).error();
    if (step.state == Step::State::bad) return damaged();
    if (step.state == Step::State::full) continue;
    if (reads-- == 0) return Drained::more;
    auto filled = fill();
    if (!filled) return std::move(filled).error();
    if (*filled == Fill::nothing_yet) return Drained::idle;
    if (*filled == Fill::end) {
      if (!capture_.finish(unread())) return damaged();
      return Drained::finished;
    }
  }
  return Drained::more;
}

/// Reads once behind what is left, which moves to the front where room is short.
Result<FileSource::Fill> FileSource::fill() {
  pollfd ready{file_.get(), POLLIN, 0};
  if (waits_ && ::poll(&ready, 1, 0) <= 0) return Fill::nothing_yet;
  if (begin_ == end_ || buffer_.size() - end_ < read_size) {
    const auto left = unread();
    std::memmove(buffer_.data(), left.data(), left.size());
    begin_ = 0;
    end_ = left.size();
  }
  const auto to = std::span(buffer_).subspan(end_, read_size);
  const auto got = ::read(file_.get(), to.data(), to.size());
  if (got > 0) {
    end_ += static_cast<std::size_t>(got);
    return Fill::octets;
  }
  if (got == 0) return Fill::end;
  if (errno == EAGAIN || errno == EINTR) return Fill::nothing_yet;
  return system_error("read " + path_, errno);
}

Status FileSource::hand_over(std::size_t count, Intake& intake) {
  if (count == 0) return Ok{};
  auto batch = std::span(frames_).first(count);
  if (filter_) {
    std::size_t passed = 0;
    for (const auto& frame : batch) {
      const bool is_packet =
          frame.recorded == nullptr || frame.recorded->what == RecordedExtra::What::datagram;
      if (!is_packet || filter_->passes(frame)) frames_[passed++] = frame;
    }
    if (auto problem = filter_->take_problem()) {
      if (capture_.one_link_type()) return Error{EINVAL, path_ + ": " + *problem, {}};
      intake.note({id_, Note::Level::warning, *problem});
    }
    if (passed < count) {
      Counts counts;
      counts.source = id_;
      counts.filtered = count - passed;
      intake.count(counts);
    }
    batch = batch.first(passed);
  }
  if (!batch.empty()) intake.frames(batch);
  return Ok{};
}

Error FileSource::damaged() const {
  Error error{EBADMSG, path_ + " " + capture_.problem(), {}};
  if (!capture_.mend().empty()) error.mend = capture_.mend() + " " + path_ + " | netweir replay -";
  return error;
}

}  // namespace netweir::pcap
