// SPDX-License-Identifier: GPL-2.0-or-later
#include "kit/steps.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace {

thread_local std::uint64_t executed = 0;

/// Prints the most at the end of the process.
struct Most {
  std::uint64_t steps = 0, octets = 0, fixed = 0;
  double per_octet = 0;
  ~Most() {
    if (std::getenv("NETWEIR_STEPS") == nullptr) return;
    std::fprintf(stderr, "steps: %llu at %llu octets; of an empty input %llu; %.1f an octet\n",
                 static_cast<unsigned long long>(steps), static_cast<unsigned long long>(octets),
                 static_cast<unsigned long long>(fixed), per_octet);
  }
} most;

}  // namespace

#ifdef NETWEIR_FUZZ
// libFuzzer has a function of this name that does nothing: the linker's --wrap puts this one in its
// place.
extern "C" __attribute__((no_sanitize("coverage", "address", "undefined"))) void
__wrap___sanitizer_cov_trace_pc() {  // NOLINT
  ++executed;
}
#endif

namespace netweir::test {

bool counts_steps() noexcept {
#ifdef NETWEIR_FUZZ
  return true;
#else
  return false;
#endif
}

std::uint64_t steps() noexcept { return executed; }

Steps::~Steps() {
  const auto taken = executed - from_;
  if (octets_ <= 16) most.fixed = std::max(most.fixed, taken);
  if (taken > most.steps) {
    most.steps = taken;
    most.octets = octets_;
  }
  if (taken > fixed_ && octets_ > 0) {
    most.per_octet = std::max(most.per_octet,
                              static_cast<double>(taken - fixed_) / static_cast<double>(octets_));
  }
  if (taken <= fixed_ + per_octet_ * octets_) return;
  std::fprintf(stderr, "%llu steps for %zu octets: more than %llu and %llu an octet\n",
               static_cast<unsigned long long>(taken), octets_,
               static_cast<unsigned long long>(fixed_),
               static_cast<unsigned long long>(per_octet_));
  std::abort();
}

}  // namespace netweir::test
