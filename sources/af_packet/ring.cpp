// SPDX-License-Identifier: GPL-2.0-or-later
#include "af_packet/ring.h"

#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <utility>

#include "af_packet/socket.h"
#include "af_packet/stamps.h"

namespace netweir::af_packet {
namespace {

constexpr std::uint32_t largest_block = 256 << 10, smallest_frame = 2048;
// Of a packet besides its octets: header, address, alignment, and where the kernel begins.
constexpr std::uint32_t head = 256;
constexpr std::size_t address_at =
    (sizeof(tpacket3_hdr) + TPACKET_ALIGNMENT - 1) / TPACKET_ALIGNMENT * TPACKET_ALIGNMENT;

template <class T>
T* as(std::uint8_t* octets) noexcept {
  return static_cast<T*>(static_cast<void*>(octets));
}

}  // namespace

Geometry geometry(std::uint32_t octets, std::uint32_t snaplen, std::uint32_t page) noexcept {
  const auto least = std::max(page, std::bit_ceil(snaplen + head));
  const auto block =
      std::max(least, std::min(largest_block, std::bit_floor(std::max(octets / 8, 1U))));
  return {block, std::max(2U, octets / block)};
}

Result<Ring> Ring::map(const Fd& socket, const Options& options) {
  const int version = TPACKET_V3;
  if (::setsockopt(socket.get(), SOL_PACKET, PACKET_VERSION, &version, sizeof version) != 0)
    return refused(options, "capture with a ring (TPACKET_V3)", errno);
  const auto shape = geometry(options.buffer, options.snaplen,
                              static_cast<std::uint32_t>(::sysconf(_SC_PAGESIZE)));
  tpacket_req3 request{};
  request.tp_block_size = shape.block;
  request.tp_block_nr = shape.blocks;
  request.tp_frame_size = std::min(smallest_frame, shape.block);
  request.tp_frame_nr = shape.block / request.tp_frame_size * shape.blocks;
  request.tp_retire_blk_tov = static_cast<unsigned>(patience.count());
  if (::setsockopt(socket.get(), SOL_PACKET, PACKET_RX_RING, &request, sizeof request) != 0) {
    const int code = errno;
    auto error = refused(options,
                         "capture with a ring of " + std::to_string(shape.blocks) + " blocks of " +
                             std::to_string(shape.block) + " octets",
                         code);
    if (code == ENOMEM || code == EINVAL) error.mend = "a smaller receive_buffer";
    return error;
  }
  const auto size = std::size_t{shape.block} * shape.blocks;
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, socket.get(), 0);
  if (at == MAP_FAILED) return refused(options, "map the ring", errno);
  return Ring(std::unique_ptr<void, Unmap>(at, Unmap{size}), shape.block, shape.blocks);
}

Ring::Ring(std::unique_ptr<void, Unmap> memory, std::size_t block, std::size_t blocks) noexcept
    : memory_(std::move(memory)), block_size_(block), blocks_(blocks) {}

void Ring::Unmap::operator()(void* at) const noexcept { (void)::munmap(at, size); }

std::uint8_t* Ring::at(std::size_t octet) const noexcept {
  return static_cast<std::uint8_t*>(memory_.get()) + octet;
}

std::size_t Ring::take(std::span<Frame> into, LinkId link) noexcept {
  if (!ours_) {
    const auto begin = current_ * block_size_;
    auto& block = as<tpacket_block_desc>(at(begin))->hdr.bh1;
    const auto status = std::atomic_ref(block.block_status).load(std::memory_order_acquire);
    if ((status & TP_STATUS_USER) == 0) return 0;
    ours_ = true;
    left_ = block.num_pkts;
    next_ = begin + block.offset_to_first_pkt;
  }
  std::size_t taken = 0;
  for (; taken < into.size() && left_ > 0; ++taken, --left_) {
    auto* const packet = at(next_);
    const auto& header = *as<tpacket3_hdr>(packet);
    const auto& from = *as<sockaddr_ll>(packet + address_at);
    auto& f = into[taken];
    f.data = Bytes(packet + header.tp_mac, header.tp_snaplen);
    f.wire_len = header.tp_len;
    f.at = time_of(header.tp_sec, header.tp_nsec);
    f.tagged = (header.tp_status & TP_STATUS_VLAN_VALID) != 0;
    if (f.tagged) f.tag = tag_of(header.tp_status, header.hv1.tp_vlan_tci, header.hv1.tp_vlan_tpid);
    place(f, from.sll_pkttype == PACKET_OUTGOING, link);
    next_ += header.tp_next_offset;
  }
  return taken;
}

void Ring::release() noexcept {
  if (!ours_ || left_ > 0) return;
  auto& block = as<tpacket_block_desc>(at(current_ * block_size_))->hdr.bh1;
  std::atomic_ref(block.block_status).store(TP_STATUS_KERNEL, std::memory_order_release);
  ours_ = false;
  current_ = current_ + 1 == blocks_ ? 0 : current_ + 1;
}

}  // namespace netweir::af_packet
