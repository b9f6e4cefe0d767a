// SPDX-License-Identifier: GPL-2.0-or-later
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "psample/decode.h"
#include "psample/decoder.h"

namespace netweir::bench {
namespace {

using Octets = std::vector<std::uint8_t>;

/// What follows the nlmsghdr, many times, with different numbers.
std::vector<Octets> many(const std::string& name) {
  std::ifstream in(NETWEIR_ROOT "/sources/psample/corpus/message/" + name, std::ios::binary);
  const std::vector<char> all{std::istreambuf_iterator<char>(in), {}};
  std::vector<Octets> out;
  for (std::size_t i = 0; i < 256; ++i) out.emplace_back(all.begin() + 16, all.end());
  return out;
}

/// The least that finds every attribute: its length and its type are read, and nothing is checked
/// but that it is inside.
std::uint32_t walk(Bytes rest) {
  std::uint32_t seen = 0;
  rest = rest.subspan(4);
  while (rest.size() >= 4) {
    std::uint16_t head[2];
    std::memcpy(head, rest.data(), sizeof head);
    if (head[0] < 4 || head[0] > rest.size()) break;
    seen ^= 1U << (head[1] & 31U);
    const std::size_t next = (head[0] + 3U) & ~3U;
    if (next > rest.size()) break;
    rest = rest.subspan(next);
  }
  return seen;
}

void bare_walk(benchmark::State& state, const std::string& name) {
  const auto messages = many(name);
  std::size_t i = 0;
  for (auto _ : state)  // NOLINT(clang-analyzer-deadcode.DeadStores)
    benchmark::DoNotOptimize(walk(messages[i++ & 255U]));
}

void decode_sample(benchmark::State& state, const std::string& name) {
  const auto messages = many(name);
  std::size_t i = 0;
  psample::Sample sample;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    benchmark::DoNotOptimize(psample::decode(messages[i++ & 255U], sample));
    benchmark::DoNotOptimize(sample);
  }
}

class Nothing final : public Intake, public Links {
 public:
  void frames(std::span<const Frame> batch) override { benchmark::DoNotOptimize(batch.data()); }
  void flows(std::span<const FlowRecord>) override {}
  bool listing(const FlowListing&) override { return false; }
  void loss(const Loss&) override {}
  void note(const Note&) override {}
  void count(const Counts&) override {}
  LinkId by_index(std::uint32_t ifindex) override { return ifindex; }
  LinkId by_low_index(std::uint16_t low, bool& ambiguous) override {
    ambiguous = false;
    return low;
  }
  LinkId by_name(std::string_view) override { return 0; }
};

/// To a frame, with sequence and settings of its group.
void message_to_frame(benchmark::State& state, const std::string& name) {
  auto messages = many(name);
  Nothing nothing;
  psample::Decoder decoder(0, nothing, {});
  std::size_t i = 0;
  for (auto _ : state)  // NOLINT(clang-analyzer-deadcode.DeadStores)
    decoder.message({0, 0, messages[i++ & 255U], WallTime{}}, nothing);
}

// NOLINTBEGIN: the macros of Google Benchmark
BENCHMARK_CAPTURE(bare_walk, tc, std::string("ifindex_16_bits"));
BENCHMARK_CAPTURE(decode_sample, tc, std::string("ifindex_16_bits"));
BENCHMARK_CAPTURE(message_to_frame, tc, std::string("ifindex_16_bits"));
BENCHMARK_CAPTURE(bare_walk, driver, std::string("driver"));
BENCHMARK_CAPTURE(decode_sample, driver, std::string("driver"));
// NOLINTEND

}  // namespace
}  // namespace netweir::bench
