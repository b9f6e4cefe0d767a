// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/bpf.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "netweir/bytes.h"
#include "netweir/result.h"

namespace netweir::tc_bpf {

/// The reader's side of a BPF ring buffer (kernel/bpf/ringbuf.c): records are read where they lie,
/// several before their room is given back. One thread.
class Ring {
 public:
  /// The ring of the map `fd`, which has room for `octets`, a power of two.
  static Result<Ring> map(int fd, std::size_t octets);
  /// A ring that lies elsewhere, and outlives this.
  Ring(unsigned long* consumer, const unsigned long* producer, const std::uint8_t* data,
       std::size_t octets) noexcept
      : consumer_(consumer), producer_(producer), data_(data), mask_(octets - 1), at_(*consumer) {}
  Ring(Ring&& other) noexcept;
  Ring& operator=(Ring&&) = delete;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring();

  /// Calls each(Bytes) for at most `most` records and returns for how many. The views live until
  /// release().
  template <class Each>
  std::size_t take(std::size_t most, Each&& each) {
    const auto end = __atomic_load_n(producer_, __ATOMIC_ACQUIRE);
    std::size_t taken = 0;
    while (taken < most && at_ < end) {
      const auto length = length_at(at_);
      if (!is_whole(length)) break;
      const auto octets = octets_of(length);
      if ((length & BPF_RINGBUF_DISCARD_BIT) == 0) {
        each(Bytes(data_ + (at_ & mask_) + BPF_RINGBUF_HDR_SZ, octets));
        ++taken;
      }
      at_ += (octets + BPF_RINGBUF_HDR_SZ + 7U) & ~7UL;
    }
    return taken;
  }

  /// Gives the room of what was taken back to the kernel.
  void release() noexcept {
    __atomic_store_n(consumer_, at_, __ATOMIC_RELEASE);
    // The kernel wakes us for a record where it finds us at it: it must see where we are before we
    // look whether there is one.
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }

  /// What it holds, and what it can hold, in octets.
  std::size_t queued() const noexcept { return __atomic_load_n(producer_, __ATOMIC_ACQUIRE) - at_; }
  std::size_t size() const noexcept { return mask_ + 1; }

  /// Whether there is a record to take.
  bool ready() const noexcept {
    return at_ < __atomic_load_n(producer_, __ATOMIC_ACQUIRE) && is_whole(length_at(at_));
  }

 private:
  static std::size_t octets_of(std::uint32_t length) noexcept {
    return length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
  }
  /// Written to its end, and no longer than a ring can hold.
  bool is_whole(std::uint32_t length) const noexcept {
    return (length & BPF_RINGBUF_BUSY_BIT) == 0 && octets_of(length) <= mask_ - BPF_RINGBUF_HDR_SZ;
  }
  std::uint32_t length_at(unsigned long at) const noexcept {
    const void* header = data_ + (at & mask_);
    return __atomic_load_n(static_cast<const std::uint32_t*>(header), __ATOMIC_ACQUIRE);
  }

  unsigned long* consumer_;
  const unsigned long* producer_;
  const std::uint8_t* data_;
  std::size_t mask_;
  unsigned long at_;       ///< of what is taken next
  void* pages_ = nullptr;  ///< the mappings, where they are ours
  void* rest_ = nullptr;
  std::size_t rest_octets_ = 0;
};

}  // namespace netweir::tc_bpf
