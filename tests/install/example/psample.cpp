// SPDX-License-Identifier: GPL-2.0-or-later
// Prints every sample that the kernel takes, and what was lost: psample [HOW MANY].
#include <netweir/psample.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

using netweir::psample::Sample;
using netweir::psample::Subscription;

int main(int argc, char** argv) {
  auto subscription = Subscription::subscribe();
  if (!subscription) {
    std::fprintf(stderr, "%s; try: %s\n", subscription.error().what.c_str(),
                 subscription.error().mend.c_str());
    return 1;
  }
  const auto print = [](const Sample& s) {
    std::printf("group %" PRIu32 ", number %" PRIu32 ", one in %g: %zu of %" PRIu32
                " octets, protocol 0x%04x\n",
                s.group, s.sequence, s.one_in(), s.data.size(), s.original_size,
                unsigned{s.protocol});
  };
  for (long left = argc > 1 ? std::atol(argv[1]) : -1; left != 0;) {
    auto received = subscription->receive(std::chrono::seconds{1}, print);
    if (!received) {
      std::fprintf(stderr, "%s\n", received.error().what.c_str());
      return 1;
    }
    if (received->lost > 0) std::printf("lost: %" PRIu64 "\n", received->lost);
    std::fflush(stdout);
    const auto seen = static_cast<long>(received->samples);
    left = left < 0 ? left : seen < left ? left - seen : 0;
  }
}
