// SPDX-License-Identifier: GPL-2.0-or-later
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <string_view>
#include <vector>

#include "bench/minimal.h"
#include "kit/hex.h"
#include "netweir/frame_builder.h"

namespace netweir::bench {
namespace {

using Octets = std::vector<std::uint8_t>;

constexpr std::string_view arp_frame =
    "ffffffffffff02000000000a0806 0001080006040001 02000000000a c000020a 000000000000 c000020b"
    "000000000000000000000000000000000000";
constexpr std::array<std::uint8_t, 18> payload{0x78, 0x78};

// Different addresses, so that no branch or store is learned by heart.
std::vector<Octets> many() {
  std::vector<Octets> frames(1024, test::hex(arp_frame));
  std::mt19937 random{1};
  for (auto& f : frames) {
    f[10] = static_cast<std::uint8_t>(random());
    f[11] = static_cast<std::uint8_t>(random());
    f[31] = static_cast<std::uint8_t>(random());
  }
  return frames;
}

/// The least by hand: both addresses, the type, and where the payload is.
struct BareFrame {
  std::uint64_t dst = 0, src = 0;
  std::uint16_t type = 0;
  const std::uint8_t* payload = nullptr;
  std::size_t octets = 0;
};
bool bare_ethernet(Bytes f, BareFrame& out) noexcept {
  if (f.size() < 14) return false;
  out.dst = load48(f.data());
  out.src = load48(f.data() + 6);
  out.type = load16(f.data() + 12);
  out.payload = f.data() + 14;
  out.octets = f.size() - 14;
  return out.type >= 0x600 && out.type != 0x8100;
}

void bare_ethernet(benchmark::State& state) {
  const auto frames = many();
  std::size_t i = 0;
  BareFrame out;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    benchmark::DoNotOptimize(bare_ethernet(frames[i++ & 1023U], out));
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(bare_ethernet);

void read_ethernet(benchmark::State& state) {
  const auto frames = many();
  std::size_t i = 0;
  EthernetView out;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    benchmark::DoNotOptimize(read_ethernet(frames[i++ & 1023U], out));
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(read_ethernet);

void bare_arp(benchmark::State& state) {
  const auto frames = many();
  std::size_t i = 0;
  Minimal out;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    const auto& f = frames[i++ & 1023U];
    benchmark::DoNotOptimize(minimal_arp(f.data() + 14, f.size() - 14, out));
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(bare_arp);

void read_arp(benchmark::State& state) {
  const auto frames = many();
  std::size_t i = 0;
  Arp out;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    benchmark::DoNotOptimize(read_arp(Bytes(frames[i++ & 1023U]).subspan(14), out));
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(read_arp);

void store16(std::uint8_t* to, std::uint16_t v) noexcept {
  v = __builtin_bswap16(v);
  std::memcpy(to, &v, sizeof v);
}
std::uint16_t bare_sum(const std::uint8_t* p, std::size_t n, std::uint32_t sum) noexcept {
  for (; n > 1; p += 2, n -= 2) sum += load16(p);
  if (n != 0) sum += std::uint32_t{*p} << 8U;
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}
/// Of an IPv4 frame of 60 octets, with both checksums and no check of anything.
void bare_udp(std::uint8_t* out, const Mac& dst, const Mac& src, const Ip& from, const Ip& to,
              std::uint16_t port, Bytes octets) noexcept {
  std::memcpy(out, dst.octets.data(), 6);
  std::memcpy(out + 6, src.octets.data(), 6);
  store16(out + 12, 0x0800);
  auto* ip = out + 14;
  const auto length = static_cast<std::uint16_t>(octets.size() + 8);
  store16(ip, 0x4500);
  store16(ip + 2, static_cast<std::uint16_t>(length + 20));
  std::memset(ip + 4, 0, 4);
  store16(ip + 8, 64U << 8U | 17U);
  store16(ip + 10, 0);
  std::memcpy(ip + 12, from.octets.data(), 4);
  std::memcpy(ip + 16, to.octets.data(), 4);
  store16(ip + 10, bare_sum(ip, 20, 0));
  auto* udp = ip + 20;
  store16(udp, port);
  store16(udp + 2, 53);
  store16(udp + 4, length);
  store16(udp + 6, 0);
  std::memcpy(udp + 8, octets.data(), octets.size());
  store16(udp + 6, bare_sum(ip + 12, 8U + length, 17U + length));
}

struct Hosts {
  Mac a{{2, 0, 0, 0, 0, 0x0a}}, b{{2, 0, 0, 0, 0, 0x0b}};
  Ip from = Ip::v4(192, 0, 2, 10), to = Ip::v4(192, 0, 2, 11);
};

void bare_udp(benchmark::State& state) {
  std::array<std::uint8_t, 128> out{};
  const Hosts hosts;
  std::uint16_t port = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    bare_udp(out.data(), hosts.b, hosts.a, hosts.from, hosts.to, ++port, payload);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(bare_udp);

void build_udp(benchmark::State& state) {
  std::array<std::uint8_t, 128> out{};
  const Hosts hosts;
  const EthernetHeader header{hosts.b, hosts.a, 0, {}};
  const IpHeader ip{.src = hosts.from, .dst = hosts.to};
  std::uint16_t port = 0;
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    benchmark::DoNotOptimize(build_udp(out, header, ip, {++port, 53}, payload));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(build_udp);

void build_arp(benchmark::State& state) {
  std::array<std::uint8_t, 128> out{};
  const Hosts hosts;
  const auto arp = arp_request(hosts.a, hosts.from, hosts.to);
  for (auto _ : state) {  // NOLINT(clang-analyzer-deadcode.DeadStores)
    benchmark::DoNotOptimize(build_arp(out, arp));
    benchmark::ClobberMemory();
  }
}
BENCHMARK(build_arp);

}  // namespace
}  // namespace netweir::bench
