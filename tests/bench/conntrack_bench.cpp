// SPDX-License-Identifier: GPL-2.0-or-later
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "conntrack/decode.h"

namespace netweir::bench {
namespace {

using Octets = std::vector<std::uint8_t>;

/// A message as the kernel sent it, many times.
struct Messages {
  explicit Messages(const std::string& name) {
    std::ifstream in(NETWEIR_ROOT "/sources/conntrack/corpus/message/" + name, std::ios::binary);
    const std::vector<char> all{std::istreambuf_iterator<char>(in), {}};
    std::memcpy(&type, all.data() + 4, sizeof type);
    std::memcpy(&flags, all.data() + 6, sizeof flags);
    for (std::size_t i = 0; i < 256; ++i) payloads.emplace_back(all.begin() + 16, all.end());
  }
  std::uint16_t type = 0, flags = 0;
  std::vector<Octets> payloads;
};

/// The least that finds every attribute: its length and its type are read, and nothing is checked
/// but that it is inside. A nest's attributes are attributes of the message.
std::uint32_t walk(Bytes rest, bool nests) {
  constexpr std::uint16_t nested = 0x8000;  // NLA_F_NESTED
  std::uint32_t seen = 0;
  while (rest.size() >= 4) {
    std::uint16_t head[2];
    std::memcpy(head, rest.data(), sizeof head);
    if (head[0] < 4 || head[0] > rest.size()) break;
    seen ^= 1U << (head[1] & 31U);
    if (nests && (head[1] & nested) != 0) seen ^= walk(rest.subspan(4, head[0] - 4U), nests);
    const std::size_t next = (head[0] + 3U) & ~3U;
    if (next > rest.size()) break;
    rest = rest.subspan(next);
  }
  return seen;
}

void walk_all(benchmark::State& state, const std::string& name, bool nests) {
  const Messages messages(name);
  std::size_t i = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    const Bytes payload = messages.payloads[i++ & 255U];
    benchmark::DoNotOptimize(walk(payload.subspan(4), nests));
  }
}

void bare_walk(benchmark::State& state, const std::string& name) { walk_all(state, name, true); }
void outer_walk(benchmark::State& state, const std::string& name) { walk_all(state, name, false); }

void decode_flow(benchmark::State& state, const std::string& name) {
  const Messages messages(name);
  std::size_t i = 0;
  FlowRecord record;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    benchmark::DoNotOptimize(conntrack::decode(messages.type, messages.flags,
                                               messages.payloads[i++ & 255U], WallTime{}, record));
    benchmark::DoNotOptimize(record);
  }
}

// NOLINTBEGIN: the macros of Google Benchmark
BENCHMARK_CAPTURE(bare_walk, tcp_new, std::string("tcp_new"));
BENCHMARK_CAPTURE(outer_walk, tcp_new, std::string("tcp_new"));
BENCHMARK_CAPTURE(decode_flow, tcp_new, std::string("tcp_new"));
BENCHMARK_CAPTURE(bare_walk, tcp_destroy, std::string("tcp_destroy"));
BENCHMARK_CAPTURE(outer_walk, tcp_destroy, std::string("tcp_destroy"));
BENCHMARK_CAPTURE(decode_flow, tcp_destroy, std::string("tcp_destroy"));
// NOLINTEND

}  // namespace
}  // namespace netweir::bench
