// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc_bpf/program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

#include "tc_bpf/record.h"
// What is generated follows what it uses.
#include "tc_bpf/sample.skel.h"

namespace netweir::tc_bpf {
namespace {

/// The last warning of libbpf in this thread. It would write to standard error otherwise.
thread_local std::array<char, 256> said{};

int listen(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_WARN) (void)std::vsnprintf(said.data(), said.size(), format, arguments);
  return 0;
}

std::string mend(int code) {
  switch (code) {
    case EPERM:
    case EACCES:
      return "run as root, or give it CAP_BPF and CAP_NET_ADMIN";
    case EINVAL:
    case ENOSYS:
      return "a kernel with CONFIG_BPF_SYSCALL, Linux 5.8 or later";
    case ENOMEM:
      return "a smaller receive_buffer";
    default:
      return {};
  }
}

}  // namespace

Error bpf_error(std::string act, int code) {
  std::string text = std::move(act) + ": " + std::generic_category().message(code);
  std::string last(said.data());
  std::replace(last.begin(), last.end(), '\n', ' ');
  last.erase(last.find_last_not_of(' ') + 1);
  if (!last.empty() && code != EPERM) text += " (" + last + ")";
  return {code, std::move(text), mend(code)};
}

void Program::Destroy::operator()(netweir_tc_bpf_sample* skeleton) const noexcept {
  netweir_tc_bpf_sample__destroy(skeleton);
}

Result<Program> Program::load(const Options& options) {
  (void)libbpf_set_print(listen);
  said[0] = '\0';
  Program program(netweir_tc_bpf_sample__open());
  auto* skeleton = program.skeleton_.get();
  if (skeleton == nullptr) return bpf_error("read the BPF program", errno);
  skeleton->rodata->snaplen = options.snaplen;
  skeleton->rodata->sample_rate = options.sample_rate;
  skeleton->rodata->rate_by_interface = options.rate_by_interface ? 1 : 0;
  if (const int code = bpf_map__set_max_entries(skeleton->maps.ring, options.ring); code != 0)
    return bpf_error("make a ring buffer", -code);
  if (const int code = netweir_tc_bpf_sample__load(skeleton); code != 0)
    return bpf_error("load the BPF program", -code);
  return program;
}

int Program::ring() const noexcept { return bpf_map__fd(skeleton_->maps.ring); }

int Program::fd(Direction direction) const noexcept {
  const auto& programs = skeleton_->progs;
  return bpf_program__fd(direction == Direction::egress ? programs.netweir_egress
                                                        : programs.netweir_ingress);
}

Status Program::rate(std::uint32_t ifindex, std::optional<std::uint32_t> one_in) {
  const int rates = bpf_map__fd(skeleton_->maps.rates);
  if (!one_in) {
    (void)bpf_map_delete_elem(rates, &ifindex);
    return Ok{};
  }
  const auto value = *one_in;
  if (bpf_map_update_elem(rates, &ifindex, &value, BPF_ANY) == 0) return Ok{};
  return bpf_error("set the sampling rate of an interface", errno);
}

void Program::switch_off() noexcept {
  __atomic_store_n(&skeleton_->bss->off, 1U, __ATOMIC_SEQ_CST);
}

void Program::wakes(bool on) noexcept {
  __atomic_store_n(&skeleton_->bss->quiet, on ? 0U : 1U, __ATOMIC_SEQ_CST);
}

Program::Counts Program::counts() const noexcept {
  Counts all;
  for (const auto& slot : skeleton_->bss->counts) {
    all.lost += __atomic_load_n(&slot.lost, __ATOMIC_ACQUIRE);
    all.chosen += __atomic_load_n(&slot.chosen, __ATOMIC_ACQUIRE);
  }
  return all;
}

}  // namespace netweir::tc_bpf
