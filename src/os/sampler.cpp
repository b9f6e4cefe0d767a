// SPDX-License-Identifier: GPL-2.0-or-later
#include "os/sampler.h"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <limits>
#include <string>
#include <system_error>

namespace netweir {

/// The value of the map. A random number above `keep_up_to` refuses a datagram.
struct Sampler::Shared {
  std::uint32_t keep_up_to;
  std::uint32_t unused;
  std::uint64_t refused;
};

namespace {

constexpr std::uint32_t keep_all = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t shared_size = 16, keep_at = 0, refused_at = 8;

Error failed(const std::string& act, int code) {
  return {code, act + ": " + std::generic_category().message(code),
          code == EPERM ? "run as root, or give it CAP_BPF" : ""};
}

Fd bpf(bpf_cmd command, const bpf_attr& attributes) noexcept {
  return Fd(static_cast<int>(::syscall(SYS_bpf, command, &attributes, sizeof attributes)));
}

bpf_insn insn(unsigned code, unsigned to, unsigned from, std::int16_t offset,
              std::int32_t value) noexcept {
  bpf_insn i{};
  i.code = static_cast<std::uint8_t>(code);
  i.dst_reg = static_cast<std::uint8_t>(to & 15U);
  i.src_reg = static_cast<std::uint8_t>(from & 15U);
  i.off = offset;
  i.imm = value;
  return i;
}

Fd load(int map) noexcept {
  // NOLINTBEGIN(misc-redundant-expression): some parts are 0, and named all the same
  const std::array program{
      insn(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0),  // the key: 0
      insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0),
      insn(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4),
      insn(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map),
      insn(0, 0, 0, 0, 0),
      insn(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem),
      insn(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 8, 0),  // the verifier asks for it; keep
      insn(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_0, 0, 0),
      insn(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_prandom_u32),
      insn(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_1, BPF_REG_6, keep_at, 0),
      insn(BPF_JMP | BPF_JLE | BPF_X, BPF_REG_0, BPF_REG_1, 4, 0),  // keep
      insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_1, 0, 0, 1),
      insn(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_6, BPF_REG_1, refused_at, BPF_ADD),
      insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0),
      insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
      insn(BPF_ALU | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, -1),  // keep: all of its octets
      insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
  };
  // NOLINTEND(misc-redundant-expression)
  static constexpr std::array<char, 4> license{"GPL"};
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
  attributes.insn_cnt = program.size();
  attributes.insns = reinterpret_cast<std::uintptr_t>(program.data());
  attributes.license = reinterpret_cast<std::uintptr_t>(license.data());
  return bpf(BPF_PROG_LOAD, attributes);
}

}  // namespace

Result<Fd> attach_sampler(int socket) {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = sizeof(std::uint32_t);
  attributes.value_size = shared_size;
  attributes.max_entries = 1;
  attributes.map_flags = BPF_F_MMAPABLE;
  auto map = bpf(BPF_MAP_CREATE, attributes);
  if (!map) return failed("make a map for BPF", errno);
  auto sampler = Sampler::on(map);
  if (!sampler) return std::move(sampler).error();
  sampler->keep_one_in(1);
  const auto program = load(map.get());
  if (!program) return failed("load a socket filter", errno);
  const int fd = program.get();
  if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_BPF, &fd, sizeof fd) != 0)
    return failed("attach a socket filter", errno);
  return map;
}

Result<Sampler> Sampler::on(const Fd& map) {
  static_assert(sizeof(Shared) == shared_size && offsetof(Shared, keep_up_to) == keep_at &&
                offsetof(Shared, refused) == refused_at);
  auto* at = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, map.get(), 0);
  if (at == MAP_FAILED) return failed("map what a socket filter shares", errno);
  return Sampler(static_cast<Shared*>(at));
}

void Sampler::Unmap::operator()(Shared* shared) const noexcept {
  (void)::munmap(shared, sizeof *shared);
}

void Sampler::keep_one_in(std::uint32_t n) noexcept {
  std::atomic_ref(shared_->keep_up_to).store(keep_all / n, std::memory_order_relaxed);
}

std::uint64_t Sampler::refused() const noexcept {
  return std::atomic_ref(shared_->refused).load(std::memory_order_relaxed);
}

}  // namespace netweir
