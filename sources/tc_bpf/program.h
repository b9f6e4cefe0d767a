// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "netweir/frame.h"
#include "netweir/result.h"

struct netweir_tc_bpf_sample;

namespace netweir::tc_bpf {

/// sample.bpf.c in the kernel. It goes when nothing is attached with it any more and this is gone.
/// One thread.
class Program {
 public:
  struct Options {
    std::uint32_t snaplen = 256;
    std::uint32_t sample_rate = 1;
    bool rate_by_interface = false;
    std::uint32_t ring = 4096;  ///< octets, a power of two and whole pages
  };
  static Result<Program> load(const Options& options);

  int ring() const noexcept;  ///< descriptor of the ring buffer; readable when there is something
  int fd(Direction direction) const noexcept;

  /// The rate of an interface; nothing = the common one.
  Status rate(std::uint32_t ifindex, std::optional<std::uint32_t> one_in);

  /// From now on nothing is chosen. Programs that run on other processors may still finish.
  void switch_off() noexcept;

  /// Whether a record wakes who waits for the ring, which costs more than to take the sample. Who
  /// switches it on looks at the ring after that.
  void wakes(bool on) noexcept;

  /// So far. Every packet chosen gets into the ring or is lost. No system call.
  struct Counts {
    std::uint64_t chosen = 0, lost = 0;
  };
  Counts counts() const noexcept;

 private:
  struct Destroy {
    void operator()(netweir_tc_bpf_sample* skeleton) const noexcept;
  };
  explicit Program(netweir_tc_bpf_sample* skeleton) noexcept : skeleton_(skeleton) {}
  std::unique_ptr<netweir_tc_bpf_sample, Destroy> skeleton_;
};

/// How an operation of BPF failed, with what libbpf said of it.
Error bpf_error(std::string act, int code);

}  // namespace netweir::tc_bpf
