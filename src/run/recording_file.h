// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "netweir/sink.h"
#include "os/fd.h"

namespace netweir::run {

/// The files of a recording, for the writer thread. A section header block in the stream begins a
/// new file: PATH is always the one being written; before, what stands there gets a number
/// (capture.pcapng becomes capture-000001.pcapng), and the oldest numbers go. A file never keeps a
/// part of a block: what a full disk cut off is taken back. The records are pcapng blocks.
class RecordingFile final : public Sink {
 public:
  /// Makes PATH; what was there is kept under a number. `files` is how many there may be, PATH
  /// included; 0 = any number.
  static Result<std::unique_ptr<RecordingFile>> open(const std::string& path, std::size_t files);

  bool format(const Event&, std::uint64_t, std::string&) override { return false; }
  bool framed() const override { return false; }
  bool reopens() const override { return false; }
  Result<bool> reopen() override { return false; }
  Written write(std::string_view records) override;

 private:
  RecordingFile(std::string path, std::size_t files);
  Status next();
  std::vector<std::uint64_t> numbers() const;
  std::string numbered(std::uint64_t number) const;
  Error failure(const char* act, const std::string& path, int code) const;

  std::string path_, folder_, stem_, extension_;
  std::size_t files_;
  Fd fd_;
  std::uint64_t size_ = 0;  ///< of the file, in whole blocks
};

}  // namespace netweir::run
