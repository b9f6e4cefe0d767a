// SPDX-License-Identifier: GPL-2.0-or-later
// One line of each format beside a line of the same fields written by hand into a buffer: no
// events, no escaping, no checks. The formats may take at most twice as long.
#include <benchmark/benchmark.h>

#include <array>
#include <charconv>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "format/native.h"
#include "netweir/community_id.h"
#include "netweir/text.h"

namespace {

using namespace std::chrono_literals;
using netweir::Event;

struct Item {
  netweir::BindingChange change;
  std::array<std::uint16_t, 1> vlan{};
  netweir::WallTime at{};
};

std::vector<Item> items() {
  std::mt19937_64 random(3);
  std::vector<Item> all(1024);
  for (auto& item : all) {
    const auto r = random();
    item.at = netweir::WallTime(1763653618s + std::chrono::nanoseconds(random() % 10'000'000'000U));
    item.change.action = netweir::BindingAction::refreshed;
    item.change.key.ip =
        netweir::Ip::v4(10, static_cast<std::uint8_t>(r), static_cast<std::uint8_t>(r >> 8U),
                        static_cast<std::uint8_t>(r >> 16U));
    for (std::size_t i = 0; i < 6; ++i) {
      item.change.mac.octets[i] = static_cast<std::uint8_t>(r >> (16U + 8U * i));
    }
    item.change.first_seen = item.at - std::chrono::nanoseconds(random() % 86'400'000'000'000U);
    item.change.last_seen = item.at;
    item.change.count = random() % 10000;
    item.vlan[0] = static_cast<std::uint16_t>(1 + random() % 4094);
  }
  return all;
}

Event event_of(const Item& item, const netweir::SourceName& source) {
  netweir::BindingEvent binding;
  binding.change = &item.change;
  binding.domain = "default";
  binding.has_evidence = true;
  Event event;
  event.at = item.at;
  event.source = &source;
  event.grouped = true;
  event.group = 5;
  event.in_iface = "eth0";
  event.vlan = item.vlan;
  event.body = binding;
  return event;
}

/// A sampled TCP packet, cut, with what a switch knows of it.
struct Shown {
  netweir::Frame frame{};
  netweir::Packet packet{};
  netweir::PsampleExtra psample{};
  std::array<std::uint16_t, 1> vlan{};
};

std::vector<Shown> shown() {
  static const std::array<std::uint8_t, 128> octets{};
  std::mt19937_64 random(4);
  std::vector<Shown> all(1024);
  for (auto& x : all) {
    const auto r = random();
    const auto o = [&](unsigned n) { return static_cast<std::uint8_t>(r >> (8U * n)); };
    x.frame.at =
        netweir::WallTime(1763653618s + std::chrono::nanoseconds(random() % 10'000'000'000U));
    x.frame.data = octets;
    x.frame.wire_len = 129 + static_cast<std::uint32_t>(random() % 9000);
    x.frame.one_in = 4096;
    x.frame.group = 7;
    x.frame.grouped = true;
    x.frame.direction = netweir::Direction::ingress;
    x.psample.has = netweir::PsampleExtra::has_queue | netweir::PsampleExtra::has_occupancy |
                    netweir::PsampleExtra::has_latency;
    x.psample.out_tc = o(0) % 8;
    x.psample.out_tc_occ = random() % 1'000'000;
    x.psample.latency_ns = random() % 100'000;
    x.frame.psample = &x.psample;
    x.packet.stop = netweir::Stop::cut;
    x.packet.ethernet = true;
    x.packet.ether_type = 0x0800;
    x.packet.src_mac = {{2, o(1), o(2), o(3), o(4), o(5)}};
    x.packet.dst_mac = {{2, o(5), o(4), o(3), o(2), o(1)}};
    x.packet.src = netweir::Ip::v4(10, o(1), o(2), o(3));
    x.packet.dst = netweir::Ip::v4(10, o(4), o(5), o(6));
    x.packet.ip_protocol = 6;
    x.packet.has_ports = true;
    x.packet.src_port = static_cast<std::uint16_t>(r >> 7U);
    x.packet.dst_port = 443;
    x.vlan[0] = static_cast<std::uint16_t>(1 + r % 4094);
  }
  return all;
}

Event event_of(const Shown& x, const netweir::SourceName& source) {
  Event event;
  event.at = x.frame.at;
  event.source = &source;
  event.grouped = true;
  event.group = x.frame.group;
  event.in_iface = "swp1";
  event.out_iface = "swp2";
  event.vlan = x.vlan;
  event.body = netweir::PacketEvent{&x.frame, &x.packet, {}, {}};
  return event;
}

/// Made before the time counts: by hand there is no event.
template <class T>
std::vector<Event> events_of(const std::vector<T>& all, const netweir::SourceName& source) {
  std::vector<Event> events;
  for (const auto& one : all) events.push_back(event_of(one, source));
  return events;
}

template <std::size_t N>
char* lit(char* to, const char (&text)[N]) {
  std::memcpy(to, text, N - 1);
  return to + N - 1;
}
template <class T>
char* num(char* to, T value) {
  return std::to_chars(to, to + 20, value).ptr;
}
char* two(char* to, unsigned value) {
  to[0] = static_cast<char>('0' + value / 10);
  to[1] = static_cast<char>('0' + value % 10);
  return to + 2;
}
char* hand_ip(char* to, const netweir::Ip& ip) {
  for (std::size_t i = 0; i < 4; ++i) {
    to = num(to, ip.octets[i]);
    if (i != 3) *to++ = '.';
  }
  return to;
}
char* hand_mac(char* to, const netweir::Mac& mac) {
  static constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < 6; ++i) {
    *to++ = digits[mac.octets[i] >> 4U];
    *to++ = digits[mac.octets[i] & 0xfU];
    if (i != 5) *to++ = ':';
  }
  return to;
}
char* hand_time(char* to, netweir::WallTime at) {
  const auto ns = static_cast<std::uint64_t>(at.time_since_epoch().count());
  const auto second = ns / 1'000'000'000U;
  const std::chrono::year_month_day date{
      std::chrono::sys_days{std::chrono::days{static_cast<int>(second / 86400)}}};
  const auto of_day = static_cast<unsigned>(second % 86400);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  to = two(to, year / 100);
  to = two(to, year % 100);
  *to++ = '-';
  to = two(to, static_cast<unsigned>(date.month()));
  *to++ = '-';
  to = two(to, static_cast<unsigned>(date.day()));
  *to++ = 'T';
  to = two(to, of_day / 3600);
  *to++ = ':';
  to = two(to, of_day / 60 % 60);
  *to++ = ':';
  to = two(to, of_day % 60);
  *to++ = '.';
  auto fraction = static_cast<unsigned>(ns % 1'000'000'000U);
  for (int i = 8; i >= 0; --i) {
    to[i] = static_cast<char>('0' + fraction % 10);
    fraction /= 10;
  }
  to += 9;
  *to++ = 'Z';
  return to;
}

char* hand_native(char* p, const Item& x, std::uint64_t seq) {
  p = lit(p, "{\"timestamp\":\"");
  p = hand_time(p, x.at);
  p = lit(p, "\",\"event_type\":\"binding\",\"seq\":");
  p = num(p, seq);
  p = lit(p,
          ",\"host\":\"switch7\",\"source\":{\"name\":\"firewall\",\"type\":\"nflog\",\"group\":");
  p = num(p, 5);
  p = lit(p, "},\"in_iface\":\"eth0\",\"vlan\":[");
  p = num(p, x.vlan[0]);
  p = lit(p, "],\"binding\":{\"action\":\"REFRESHED\",\"domain\":\"default\",\"ip\":\"");
  p = hand_ip(p, x.change.key.ip);
  p = lit(p, "\",\"mac\":\"");
  p = hand_mac(p, x.change.mac);
  p = lit(p, "\",\"evidence\":\"arp_request\",\"first_seen\":\"");
  p = hand_time(p, x.change.first_seen);
  p = lit(p, "\",\"last_seen\":\"");
  p = hand_time(p, x.change.last_seen);
  p = lit(p, "\",\"count\":");
  p = num(p, x.change.count);
  return lit(p, "}}\n");
}

char* hand_netmon(char* p, const Item& x) {
  p = lit(p, "{\"ip\":\"");
  p = hand_ip(p, x.change.key.ip);
  p = lit(p, "\",\"mac\":\"");
  p = hand_mac(p, x.change.mac);
  p = lit(p, "\",\"event\":\"REFRESHED\",\"time\":");
  p = num(p, x.at.time_since_epoch().count() / 1'000'000'000);
  p = lit(p, ",\"vid\":");
  p = num(p, x.vlan[0]);
  return lit(p, "}\n");
}

char* hand_packet(char* p, const Shown& x, std::uint64_t seq) {
  p = lit(p, "{\"timestamp\":\"");
  p = hand_time(p, x.frame.at);
  p = lit(p, "\",\"event_type\":\"packet\",\"seq\":");
  p = num(p, seq);
  p = lit(p, ",\"host\":\"switch7\",\"source\":{\"name\":\"asic\",\"type\":\"psample\",\"group\":");
  p = num(p, x.frame.group);
  p = lit(p, "},\"in_iface\":\"swp1\",\"out_iface\":\"swp2\",\"vlan\":[");
  p = num(p, x.vlan[0]);
  p = lit(p, "],\"packet\":{\"src_mac\":\"");
  p = hand_mac(p, x.packet.src_mac);
  p = lit(p, "\",\"dest_mac\":\"");
  p = hand_mac(p, x.packet.dst_mac);
  p = lit(p, "\",\"ether_type\":2048,\"proto\":\"TCP\",\"src_ip\":\"");
  p = hand_ip(p, x.packet.src);
  p = lit(p, "\",\"src_port\":");
  p = num(p, x.packet.src_port);
  p = lit(p, ",\"dest_ip\":\"");
  p = hand_ip(p, x.packet.dst);
  p = lit(p, "\",\"dest_port\":");
  p = num(p, x.packet.dst_port);
  p = lit(p, ",\"length\":");
  p = num(p, x.frame.wire_len);
  p = lit(p, ",\"captured\":");
  p = num(p, x.frame.data.size());
  p = lit(p, ",\"stop\":\"cut\",\"sample_rate\":");
  p = num(p, static_cast<int>(x.frame.one_in));
  p = lit(p, ",\"direction\":\"ingress\",\"community_id\":\"");
  p = netweir::put_community_id(p, x.packet);
  p = lit(p, "\",\"psample\":{\"queue\":");
  p = num(p, x.psample.out_tc);
  p = lit(p, ",\"occupancy\":");
  p = num(p, x.psample.out_tc_occ);
  p = lit(p, ",\"latency\":");
  p = num(p, x.psample.latency_ns);
  return lit(p, "}}}\n");
}

const netweir::SourceName source{"firewall", "nflog"};
const netweir::SourceName asic{"asic", "psample"};

void native_by_hand(benchmark::State& state) {
  const auto all = items();
  std::string out;
  out.reserve(1024);
  std::uint64_t seq = 0;
  for (auto _ : state) {
    char line[512];
    out.clear();
    out.append(line, hand_native(line, all[seq & 1023U], seq));
    ++seq;
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(native_by_hand);

void native(benchmark::State& state) {
  const auto all = items();
  const netweir::format::Native format("switch7");
  std::string expected(512, '\0');
  expected.resize(
      static_cast<std::size_t>(hand_native(expected.data(), all[7], 9) - expected.data()));
  std::string out;
  format.append(event_of(all[7], source), 9, out);
  if (out != expected) state.SkipWithError("the two lines differ");
  std::uint64_t seq = 0;
  const auto events = events_of(all, source);
  for (auto _ : state) {
    out.clear();
    format.append(events[seq & 1023U], seq, out);
    ++seq;
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(native);

void packet_by_hand(benchmark::State& state) {
  const auto all = shown();
  std::string out;
  out.reserve(1024);
  std::uint64_t seq = 0;
  for (auto _ : state) {
    char line[1024];
    out.clear();
    out.append(line, hand_packet(line, all[seq & 1023U], seq));
    ++seq;
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(packet_by_hand);

void packet(benchmark::State& state) {
  const auto all = shown();
  const netweir::format::Native format("switch7");
  std::string expected(1024, '\0');
  expected.resize(
      static_cast<std::size_t>(hand_packet(expected.data(), all[7], 9) - expected.data()));
  std::string out;
  format.append(event_of(all[7], asic), 9, out);
  if (out != expected) state.SkipWithError("the two lines differ");
  std::uint64_t seq = 0;
  const auto events = events_of(all, asic);
  for (auto _ : state) {
    out.clear();
    format.append(events[seq & 1023U], seq, out);
    ++seq;
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(packet);

/// In both of the above.
void community_id(benchmark::State& state) {
  const auto all = shown();
  std::size_t i = 0;
  for (auto _ : state) {
    char text[netweir::community_id_text];
    netweir::put_community_id(text, all[i++ & 1023U].packet);
    benchmark::DoNotOptimize(text);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(community_id);

void netmon_by_hand(benchmark::State& state) {
  const auto all = items();
  std::string out;
  out.reserve(1024);
  std::uint64_t seq = 0;
  for (auto _ : state) {
    char line[512];
    out.clear();
    out.append(line, hand_netmon(line, all[seq & 1023U]));
    ++seq;
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(netmon_by_hand);

void netmon(benchmark::State& state) {
  const auto all = items();
  std::string expected(512, '\0');
  expected.resize(static_cast<std::size_t>(hand_netmon(expected.data(), all[7]) - expected.data()));
  std::string out;
  if (!netweir::format::append_netmon(event_of(all[7], source), out) || out != expected) {
    state.SkipWithError("the two lines differ");
  }
  std::uint64_t seq = 0;
  const auto events = events_of(all, source);
  for (auto _ : state) {
    out.clear();
    netweir::format::append_netmon(events[seq & 1023U], out);
    ++seq;
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
}
BENCHMARK(netmon);

}  // namespace
