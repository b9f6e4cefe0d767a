// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "netweir/sink.h"
#include "os/fd.h"

namespace netweir::json {

/// Whole lines into a descriptor. A regular file never keeps a part of a line: what a full disk cut
/// off is taken back. A pipe, socket or terminal gets lines in groups of at most PIPE_BUF octets,
/// which pipes take whole or not at all (pipe(7)); a longer line goes alone and is completed before
/// anything else. One thread. SIGPIPE and SIGXFSZ must be ignored.
class Lines {
 public:
  /// "-" is standard output. Else a file that is made (mode 0640) or appended to; its last
  /// component must not be a symbolic link. Never waits: a FIFO needs its reader.
  static Result<Lines> open(std::string path);

  /// As Sink::write.
  Sink::Written write(std::string_view lines);

  /// As Sink::reopen. REQUIRES: the path is not "-".
  Result<bool> reopen();

  bool is_standard_output() const noexcept { return path_ == "-"; }

 private:
  enum class Kind : std::uint8_t { file, socket, stream };

  Lines() = default;
  Error failure(const char* act, int code) const;
  bool start_line();
  void take_back(std::size_t octets);
  Sink::Written to_file(std::string_view lines);
  Sink::Written to_stream(std::string_view lines);
  Sink::Written probe();
  /// Waits for room until `until`, then sends once: octets, 0 = not now, or -errno.
  ssize_t send_some(std::string_view octets, std::chrono::steady_clock::time_point until);
  bool reader_gone(int code) const noexcept;

  std::string path_;
  Fd fd_;
  Kind kind_ = Kind::file;
  bool torn_ = false;     ///< what stands before us may not end in a newline
  std::size_t sent_ = 0;  ///< octets of the front line that a stream has already
};

}  // namespace netweir::json
