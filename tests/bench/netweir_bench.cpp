// SPDX-License-Identifier: GPL-2.0-or-later
#include <benchmark/benchmark.h>
#include <tsl/robin_map.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "bench/minimal.h"
#include "kit/hex.h"
#include "netweir/observation.h"
#include "netweir/packet.h"
#include "netweir/tracker.h"

namespace netweir::bench {
namespace {

using Octets = std::vector<std::uint8_t>;

// Made with scapy; 60 octets are the shortest Ethernet frame without its checksum.
constexpr std::string_view arp_frame =
    "ffffffffffff02000000000a0806 0001080006040001 02000000000a c000020a 000000000000 c000020b"
    "000000000000000000000000000000000000";
constexpr std::string_view udp_frame =
    "02000000000b02000000000a0800 4500002e000100004011f6a8c000020ac000020b 0fa00035001a2f93"
    "787878787878787878787878787878787878";
constexpr std::string_view vlan_arp_frame =
    "ffffffffffff02000000000a81000064 0806 0001080006040001 02000000000a c000020a 000000000000"
    "c000020b 000000000000000000000000000000000000";
constexpr std::string_view nd_na_frame =
    "33330000000102000000000a86dd "
    "6000000000203afffe80000000000000000000000000000aff0200000000000000"
    "00000000000001 880028482000000020010db800000000000000000000000a 020102000000000a";

// Different addresses, so that no branch or store is learned by heart.
std::vector<Octets> many(std::string_view frame) {
  constexpr std::size_t count = 1024;
  std::vector<Octets> frames(count, test::hex(frame));
  std::mt19937 random{1};
  for (auto& f : frames) {
    f[10] = static_cast<std::uint8_t>(random());
    f[11] = static_cast<std::uint8_t>(random());
    f[31] = static_cast<std::uint8_t>(random());
  }
  return frames;
}

void decode_frame(benchmark::State& state, std::string_view frame) {
  const auto frames = many(frame);
  std::size_t i = 0;
  Frame view;
  Packet packet;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    const auto& f = frames[i++ & 1023U];
    view.data = f;
    view.wire_len = static_cast<std::uint32_t>(f.size());
    decode(view, packet);
    benchmark::DoNotOptimize(packet);
  }
}
void minimal_frame(benchmark::State& state, std::string_view frame) {
  const auto frames = many(frame);
  std::size_t i = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    const auto& f = frames[i++ & 1023U];
    Minimal out;
    benchmark::DoNotOptimize(minimal(f.data(), f.size(), out));
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK_CAPTURE(decode_frame, arp, arp_frame);
BENCHMARK_CAPTURE(minimal_frame, arp, arp_frame);
BENCHMARK_CAPTURE(decode_frame, udp, udp_frame);
BENCHMARK_CAPTURE(minimal_frame, udp, udp_frame);
BENCHMARK_CAPTURE(decode_frame, vlan_arp, vlan_arp_frame);
BENCHMARK_CAPTURE(minimal_frame, vlan_arp, vlan_arp_frame);
BENCHMARK_CAPTURE(decode_frame, nd_na, nd_na_frame);
BENCHMARK_CAPTURE(minimal_frame, nd_na, nd_na_frame);

constexpr std::size_t bindings = 65536;

Packet one_packet() {
  Packet p;
  p.has_arp = true;
  p.vlan[0] = {0x8100, 100};
  p.tags = 1;
  p.arp.operation = 1;
  p.arp.target_ip = Ip::v4(10, 1, 0, 1);
  return p;
}
// The n-th host of 10.0.0.0/16.
void speak(Packet& p, std::uint16_t n) {
  const auto high = static_cast<std::uint8_t>(n >> 8U), low = static_cast<std::uint8_t>(n);
  p.arp.sender_ip = Ip::v4(10, 0, high, low);
  p.arp.sender_mac = {{2, 0, 0, 0, high, low}};
}
BindingKey key_of(const Packet& p, const Ip& ip) {
  const auto found = vids(p);
  return {ip, 0, {found.items[0], found.items[1]}};
}

// Hosts in the order in which they speak.
std::vector<std::uint16_t> shuffled() {
  std::mt19937 random{2};
  std::vector<std::uint16_t> hosts(bindings);
  for (auto& host : hosts) host = static_cast<std::uint16_t>(random());
  return hosts;
}

// Evidence, VIDs, key and tracker, for one packet of a binding that is known.
void observe_known(benchmark::State& state) {
  Tracker tracker{{.max = bindings, .hash_seed = 7}};
  BindingChanges changes;
  auto p = one_packet();
  for (std::size_t n = 0; n < bindings; ++n) {
    speak(p, static_cast<std::uint16_t>(n));
    tracker.observe(AgeTime{}, WallTime{}, {key_of(p, p.arp.sender_ip), p.arp.sender_mac}, changes);
  }
  const auto hosts = shuffled();
  std::size_t i = 0;
  std::int64_t now = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    speak(p, hosts[i++ % bindings]);
    benchmark::DoNotOptimize(p);
    const std::chrono::nanoseconds time{++now};
    for (const auto& o : observe(p)) {
      tracker.observe(AgeTime{time}, WallTime{time}, {key_of(p, o.ip), o.mac}, changes);
      benchmark::DoNotOptimize(changes);
    }
  }
}
BENCHMARK(observe_known);

struct Hash {
  std::size_t operator()(const BindingKey& k) const noexcept {
    std::array<std::uint64_t, 3> words{};
    std::memcpy(words.data(), k.ip.octets.data(), 16);
    words[2] = std::uint64_t{k.vid[0]} << 32U | std::uint64_t{k.vid[1]} << 16U | k.domain;
    return XXH3_64bits_withSeed(words.data(), sizeof words, 7);
  }
};

// The floor under it: the same keys in the same order, looked up and nothing more.
void bare_lookup(benchmark::State& state) {
  tsl::robin_map<BindingKey, std::uint64_t, Hash> map;
  map.reserve(bindings);
  auto p = one_packet();
  for (std::size_t n = 0; n < bindings; ++n) {
    speak(p, static_cast<std::uint16_t>(n));
    map[key_of(p, p.arp.sender_ip)] = n;
  }
  const auto hosts = shuffled();
  BindingKey key{{}, 0, {100, 0}};
  std::size_t i = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    const auto n = hosts[i++ % bindings];
    key.ip = Ip::v4(10, 0, static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n));
    auto found = map.find(key)->second;
    benchmark::DoNotOptimize(found);
  }
}
BENCHMARK(bare_lookup);

}  // namespace
}  // namespace netweir::bench
