// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>

#include "netweir/result.h"
#include "os/fd.h"

namespace netweir {

/// Puts a filter on a socket that keeps a random one of N datagrams, at first all, and counts what
/// it refuses (BPF_PROG_TYPE_SOCKET_FILTER, linux/bpf.h). Answers with the map that both sides
/// share. Needs CAP_BPF, the map does not.
Result<Fd> attach_sampler(int socket);

/// Our side of it: no system call to set or to read anything. One thread.
class Sampler {
 public:
  /// `map` from attach_sampler().
  static Result<Sampler> on(const Fd& map);

  /// REQUIRES: n > 0.
  void keep_one_in(std::uint32_t n) noexcept;
  /// Datagrams refused so far.
  std::uint64_t refused() const noexcept;

 private:
  struct Shared;
  struct Unmap {
    void operator()(Shared* shared) const noexcept;
  };
  explicit Sampler(Shared* shared) noexcept : shared_(shared) {}
  std::unique_ptr<Shared, Unmap> shared_;
};

}  // namespace netweir
