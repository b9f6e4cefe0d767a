// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/recording_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "format/pcapng.h"
#include "os/fd.h"

namespace netweir::run {
namespace {

constexpr std::size_t digits = 6;
constexpr std::size_t most_in_write = std::size_t{1} << 20U;

std::uint32_t word(std::string_view octets, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, octets.substr(at).data(), sizeof value);
  return value;
}

/// The length of the block that begins here. The recorder writes whole blocks in our byte order.
std::size_t block_at(std::string_view octets, std::size_t at) {
  constexpr std::size_t least = 12;
  if (octets.size() - at < least) return octets.size() - at;
  return std::clamp<std::size_t>(word(octets, at + 4), least, octets.size() - at);
}

bool begins_file(std::string_view octets, std::size_t at) {
  return octets.size() - at >= 4 && word(octets, at) == format::pcapng::section_type;
}

}  // namespace

RecordingFile::RecordingFile(std::string path, std::size_t files)
    : path_(std::move(path)), files_(files) {
  const auto slash = path_.rfind('/');
  folder_ = slash == std::string::npos ? "." : path_.substr(0, std::max<std::size_t>(slash, 1));
  const auto name = slash == std::string::npos ? path_ : path_.substr(slash + 1);
  const auto dot = name.rfind('.');
  stem_ = dot == std::string::npos || dot == 0 ? name : name.substr(0, dot);
  extension_ = name.substr(stem_.size());
}

Error RecordingFile::failure(const char* act, const std::string& path, int code) const {
  Error error{code, std::string(act) + " " + path + ": " + std::strerror(code), {}};
  if (code == ENOSPC || code == EDQUOT) error.mend = "make room there: df -h " + folder_;
  if (code == ENOENT) error.mend = "mkdir -p " + folder_;
  return error;
}

Result<std::unique_ptr<RecordingFile>> RecordingFile::open(const std::string& path,
                                                           std::size_t files) {
  std::unique_ptr<RecordingFile> file(new RecordingFile(path, files));
  if (auto made = file->next(); !made) return std::move(made).error();
  return file;
}

std::string RecordingFile::numbered(std::uint64_t number) const {
  auto text = std::to_string(number);
  text.insert(0, digits - std::min(digits, text.size()), '0');
  return folder_ + "/" + stem_ + "-" + text + extension_;
}

/// Of the files that this recording has left, ascending.
std::vector<std::uint64_t> RecordingFile::numbers() const {
  std::vector<std::uint64_t> found;
  const Handle<DIR, ::closedir> folder(::opendir(folder_.c_str()));
  while (const auto* entry = folder ? ::readdir(folder.get()) : nullptr) {
    std::string_view name(entry->d_name);
    if (!name.starts_with(stem_ + "-") || !name.ends_with(extension_)) continue;
    name.remove_prefix(stem_.size() + 1);
    if (name.size() < digits + extension_.size()) continue;
    name.remove_suffix(extension_.size());
    std::uint64_t number = 0;
    const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (code == std::errc{} && end == name.data() + name.size() && number != 0)
      found.push_back(number);
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Begins a file. What stands at its path gets the next number; the oldest go before, since their
/// room may be needed.
Status RecordingFile::next() {
  struct stat status {};
  if (::lstat(path_.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return failure("record to", path_, EISDIR);
    if (!S_ISREG(status.st_mode)) return Error{EINVAL, path_ + " is no regular file", {}};
    auto known = numbers();
    if (status.st_size == 0) {  // as of a program that was ended before its first datagram
      if (::unlink(path_.c_str()) != 0) return failure("remove", path_, errno);
    } else {
      known.push_back(known.empty() ? 1 : known.back() + 1);
      if (::rename(path_.c_str(), numbered(known.back()).c_str()) != 0)
        return failure("rename", path_, errno);
    }
    for (std::size_t i = 0; files_ != 0 && known.size() - i > files_ - 1; ++i) {
      if (::unlink(numbered(known[i]).c_str()) != 0 && errno != ENOENT)
        return failure("remove", numbered(known[i]), errno);
    }
  }
  fd_ = Fd{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640)};
  size_ = 0;
  if (!fd_) return failure("open", path_, errno);
  return Ok{};
}

Sink::Written RecordingFile::write(std::string_view records) {
  Written written;
  const auto failed = [&](Error error) {
    written.stop = Written::Stop::failed;
    written.error = std::move(error);
    return written;
  };
  while (written.octets < records.size()) {
    const auto begin = written.octets;
    if (!fd_ || (begins_file(records, begin) && size_ != 0)) {
      if (auto made = next(); !made) return failed(std::move(made).error());
    }
    auto end = begin;
    do {
      end += block_at(records, end);
    } while (end < records.size() && end - begin < most_in_write && !begins_file(records, end));
    const auto n = ::write(fd_.get(), records.data() + begin, end - begin);
    const int code = n < 0 ? errno : ENOSPC;
    auto whole = begin;
    const auto got = begin + static_cast<std::size_t>(std::max<ssize_t>(n, 0));
    while (whole < got && whole + block_at(records, whole) <= got)
      whole += block_at(records, whole);
    size_ += whole - begin;
    written.octets = whole;
    if (whole == end) continue;
    if (n < 0 && code == EINTR) continue;
    if (got > whole && (::ftruncate(fd_.get(), static_cast<off_t>(size_)) != 0 ||
                        ::lseek(fd_.get(), static_cast<off_t>(size_), SEEK_SET) < 0)) {
      return failed(failure("shorten", path_, errno));
    }
    return failed(failure("write", path_, code));
  }
  return written;
}

}  // namespace netweir::run
