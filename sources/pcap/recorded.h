// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "netweir/recorded.h"
#include "pcap/capture.h"

namespace netweir::pcap {

/// The options of a pcapng block, one after the other. next() is false at the end and at one that
/// overruns the block; ok() tells which.
class BlockOptions {
 public:
  BlockOptions(Order order, Bytes octets) noexcept : order_(order), rest_(octets) {}
  bool next() noexcept;
  bool ok() const noexcept { return ok_; }
  const Order& order() const noexcept { return order_; }
  std::uint16_t code() const noexcept { return code_; }
  Bytes value() const noexcept { return value_; }
  std::string_view text() const noexcept;

 private:
  Order order_;
  Bytes rest_, value_{};
  std::uint16_t code_ = 0;
  bool ok_ = true;
};

/// What a recording of netlink says in options (docs/recording.md). Memory is bounded, whatever
/// the file holds. One thread.
class Recorded {
 public:
  static constexpr std::size_t max_sources = 1024;   ///< a file; interfaces beyond have none
  static constexpr std::size_t max_settings = 8192;  ///< octets; longer ones are as if not there

  /// The source of an interface block; lives as long as this. Null where there are too many.
  const RecordedSource* source(std::string_view name, std::string_view type,
                               std::string_view settings);

  /// Begins a call of the parser, which fills at most `room` frames; what was handed out before is
  /// void.
  void begin(std::size_t room) noexcept {
    room_ = room;
    used_ = 0;
  }
  /// Of the next frame of a netlink interface. REQUIRES: fewer than `room` so far.
  RecordedExtra& extra(const RecordedSource* from);

  /// The options of a packet block.
  static void read_packet(BlockOptions options, RecordedExtra& extra);

  /// The options of a statistics block. Nothing where it is not one of a recorder's.
  struct Statistics {
    RecordedExtra::What what = RecordedExtra::What::looked;
    std::optional<std::uint64_t> drops{};  ///< since the section's begin
    FlowListing listing{};
  };
  static std::optional<Statistics> read_statistics(BlockOptions options);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;
  std::map<Key, RecordedSource> sources_;
  std::vector<RecordedExtra> extras_;
  std::size_t room_ = 0, used_ = 0;
};

}  // namespace netweir::pcap
