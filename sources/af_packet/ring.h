// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "af_packet/options.h"
#include "netweir/frame.h"
#include "netweir/result.h"
#include "os/fd.h"

namespace netweir::af_packet {

/// The blocks that the kernel fills and we read (TPACKET_V3, Documentation/networking/
/// packet_mmap.rst). A block is ours when it is full, or some milliseconds after its first packet.
/// One thread.
class Ring {
 public:
  /// How long a packet waits for others in its block.
  static constexpr std::chrono::milliseconds patience{10};

  /// Before the socket is bound.
  static Result<Ring> map(const Fd& socket, const Options& options);

  /// The next frames, at most `into.size()`, all of one block; views into it, until release().
  /// `into` has the fields that all have in common. 0 = no block is ours.
  std::size_t take(std::span<Frame> into, LinkId link) noexcept;
  /// Gives the block back if all of it has been taken. Call when what take() gave is done with.
  void release() noexcept;

 private:
  struct Unmap {
    std::size_t size = 0;
    void operator()(void* at) const noexcept;
  };
  Ring(std::unique_ptr<void, Unmap> memory, std::size_t block, std::size_t blocks) noexcept;
  std::uint8_t* at(std::size_t octet) const noexcept;

  std::unique_ptr<void, Unmap> memory_;
  std::size_t block_size_, blocks_;
  std::size_t current_ = 0;  ///< block
  std::size_t next_ = 0;     ///< octet of the ring where the next packet begins
  std::uint32_t left_ = 0;   ///< packets of the current block
  bool ours_ = false;        ///< the current block
};

/// The blocks that make up a ring of about `octets`: at least two, each with room for a packet of
/// `snaplen` octets. Sizes are powers of two, of whole pages.
struct Geometry {
  std::uint32_t block = 0, blocks = 0;
};
Geometry geometry(std::uint32_t octets, std::uint32_t snaplen, std::uint32_t page) noexcept;

}  // namespace netweir::af_packet
