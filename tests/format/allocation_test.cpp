// SPDX-License-Identifier: GPL-2.0-or-later
// The formats allocate nothing but the growth of what they append to.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "format/native.h"
#include "format/samples.h"

namespace {
std::atomic<std::size_t> allocations = 0;
}

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace netweir {
namespace {

TEST(Format, allocates_nothing_in_the_steady_state) {
  const test::Samples s;
  const format::Native native("switch7");
  const auto events = s.all();
  const std::string prefix(127, '\xff');  // NFLOG's longest
  Event longest = s.full_binding();
  std::get<BindingEvent>(longest.body).prefix = prefix;
  test::Samples more;
  more.nflog.prefix = prefix;
  const Event longest_packet = more.full_packet();
  more.session.flow.helper = prefix;
  more.session.flow.secctx = prefix;
  const Event longest_flow = more.flow();
  Event longest_traffic = more.traffic();
  std::get<TrafficEvent>(longest_traffic.body).prefix = prefix;
  const Event rest = more.traffic_rest();
  const Event resync = s.resync(SourceState::resync_end);
  std::string out;
  out.reserve(std::size_t{1} << 22U);
  const auto before = allocations.load();
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    for (const auto& event : events) {
      native.append(event, seq, out);
      format::append_netmon(event, out);
    }
    native.append(longest, seq, out);
    native.append(longest_packet, seq, out);
    native.append(longest_flow, seq, out);
    native.append(longest_traffic, seq, out);
    native.append(rest, seq, out);
    native.append(resync, seq, out);
  }
  EXPECT_EQ(allocations.load(), before);
  EXPECT_GT(before, 0U);  // the counter counts
}

}  // namespace
}  // namespace netweir
