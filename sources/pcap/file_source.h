// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/filter.h"
#include "netweir/source.h"
#include "netweir/source_kind.h"
#include "os/fd.h"
#include "pcap/capture_file.h"

namespace netweir::pcap {

/// A capture in a file, a FIFO, or on standard input ("-"), read once from front to back. Frames
/// are views into a buffer of fixed size. One thread.
class FileSource final : public Source {
 public:
  /// An empty `filter` passes everything.
  static Result<std::unique_ptr<Source>> open(const std::string& path, const std::string& filter,
                                              SourceId id, Links& links);

  /// What waits for somebody else (FIFO, socket, terminal); -1 for all others, which are always
  /// ready.
  int fd() const override { return waits_ ? file_.get() : -1; }
  Result<Drained> drain(const Now& now, std::size_t budget, Intake& intake) override;
  /// Hands over what one more read brings: a replay that is interrupted does not run to its end.
  void stop(const Now& now, Intake& intake) override;
  /// Of a regular file.
  Progress progress() const override { return {capture_.octets(), total_}; }

 private:
  enum class Fill : std::uint8_t { octets, nothing_yet, end };

  FileSource(Fd file, std::string path, SourceId id, Links& links);
  Result<Drained> read_on(std::size_t budget, std::size_t reads, Intake& intake);
  Result<Fill> fill();
  Status hand_over(std::size_t count, Intake& intake);
  Bytes unread() const noexcept { return Bytes(buffer_).subspan(begin_, end_ - begin_); }
  Error damaged() const;

  Fd file_;
  std::string path_;
  SourceId id_;
  CaptureFile capture_;
  std::optional<capture::Filter> filter_;
  bool waits_ = false;
  bool over_ = false;
  std::uint64_t total_ = 0;
  std::vector<std::uint8_t> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of the octets read and not yet parsed
  std::array<Frame, 256> frames_{};
};

}  // namespace netweir::pcap
