// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "netweir/source_kind.h"
#include "netweir/tap.h"
#include "run/pipeline.h"

namespace netweir::run {

/// The type of the interface blocks of rtnetlink, whose name is the network namespace.
inline constexpr std::string_view recorded_links = "rtnetlink";

/// Whether a kind receives netlink messages, which is what recordings keep.
bool recordable(const SourceKind& kind) noexcept;

/// What a recording has, for its last line.
struct RecordingLedger {
  std::uint64_t datagrams = 0;  ///< recorded
  std::uint64_t dropped = 0;    ///< received, but not recorded: the disk was full or slow
  std::uint64_t files = 0;
  std::uint64_t octets = 0;  ///< written
};

/// Records what netlink sockets receive, untouched, in pcapng files (docs/recording.md): bounded
/// in size and time, each complete in itself. The loop's half; a writer thread moves the octets, so
/// that receiving never waits. What it cannot take is counted, said, and shown in the file as
/// drops.
class Recorder {
 public:
  struct Settings {
    std::string path{};
    std::uint64_t rotate_size = 0;  ///< octets of a file, about; 0 = no bound
    std::chrono::nanoseconds
        rotate_time{};      ///< from a file's first block to its last; 0 = no bound
    std::size_t files = 0;  ///< kept, the one being written included; 0 = all
    std::size_t queue = std::size_t{16} << 20U;  ///< octets that may wait for the disk
    std::string application{};                   ///< who writes, for the section header
  };
  /// An Error: the file cannot be made.
  static Result<std::unique_ptr<Recorder>> open(Settings settings, Report report);
  ~Recorder();

  /// For one life of a source that begins now. Null where its kind receives no netlink.
  Tap* tap(const SourceConfig& source);
  /// For the interfaces of a network namespace.
  Tap* links(std::string_view netns);

  /// At the end of each turn of the loop.
  void flush();
  /// Begins a new file with the next datagram.
  void rotate() noexcept;
  /// Readable when there is something for the log: then watch() says it.
  int fd() const noexcept;
  void watch(AgeTime now);

  /// Writes what is left, waiting at most `limit`. Nothing is recorded after it.
  RecordingLedger close(std::chrono::milliseconds limit);

 private:
  class Inlet;
  explicit Recorder(std::unique_ptr<Inlet> inlet);
  std::unique_ptr<Inlet> inlet_;
};

}  // namespace netweir::run
