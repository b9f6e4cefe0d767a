// SPDX-License-Identifier: GPL-2.0-or-later
#include "pcap/classic.h"

#include <algorithm>
#include <array>
#include <bit>

namespace netweir::pcap {
namespace {

constexpr std::uint32_t microseconds = 0xa1b2c3d4;
constexpr std::uint32_t nanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kuznetzov = 0xa1b2cd34;  // Alexey Kuznetzov's patched tcpdump

struct KnownLink {
  std::uint16_t number;
  std::string_view name;
};
constexpr std::array<KnownLink, 10> known_links{{{linktype::null, "NULL"},
                                                 {linktype::ethernet, "EN10MB"},
                                                 {linktype::raw, "RAW"},
                                                 {linktype::loop, "LOOP"},
                                                 {linktype::linux_sll, "LINUX_SLL"},
                                                 {linktype::ipv4, "IPV4"},
                                                 {linktype::ipv6, "IPV6"},
                                                 {linktype::nflog, "NFLOG"},
                                                 {linktype::netlink, "NETLINK"},
                                                 {linktype::linux_sll2, "LINUX_SLL2"}}};

}  // namespace

bool decodable(std::uint16_t link) noexcept {
  return std::any_of(known_links.begin(), known_links.end(),
                     [link](const KnownLink& k) { return k.number == link; });
}

std::string decodable_links() {
  std::string out;
  for (const auto& k : known_links) {
    if (!out.empty()) out += ", ";
    out.append(k.name).append(" (").append(std::to_string(k.number)).append(")");
  }
  return out;
}

bool Classic::is_magic(std::uint32_t big_endian) noexcept {
  for (const auto magic : {microseconds, nanoseconds, kuznetzov}) {
    if (big_endian == magic || big_endian == __builtin_bswap32(magic)) return true;
  }
  return false;
}

bool Classic::begin(Bytes header, SourceId source) {
  source_ = source;
  auto magic = Order{}.u32(header, 0);
  order_.swapped = magic != microseconds && magic != nanoseconds && magic != kuznetzov;
  magic = order_.u32(magic);
  unit_ = magic == nanoseconds ? 1 : 1000;
  record_header_ = magic == kuznetzov ? 24 : 16;

  const unsigned major = order_.u16(header, 4);
  const unsigned minor = order_.u16(header, 6);
  if (major != 2) {
    problem_ =
        "pcap version " + std::to_string(major) + "." + std::to_string(minor) + ", only 2 is known";
    return false;
  }
  old_lengths_ = minor <= 3;

  // The upper bits say how long the frame check sequence behind each packet is.
  const auto number = static_cast<std::uint16_t>(order_.u32(header, 20) & 0xffffU);
  link_ = known_link(number);
  if (!decodable(link_)) {
    problem_ = "link type " + std::to_string(number) +
               ", which cannot be decoded; those that can: " + decodable_links();
    return false;
  }
  return true;
}

Step Classic::parse(Bytes octets, std::span<Frame> out) {
  Step step;
  while (true) {
    if (step.frames == out.size()) {
      step.state = Step::State::full;
      return step;
    }
    const auto left = octets.size() - step.octets;
    if (left < record_header_) return step;
    // seconds, fraction, octets captured, octets on the wire
    auto [seconds, fraction, captured, wire] = order_.words<4>(octets, step.octets);
    if (captured > wire && old_lengths_) std::swap(captured, wire);
    if (captured > max_captured) {
      problem_ = "a packet of " + std::to_string(captured) + " captured octets; more than " +
                 std::to_string(max_captured) + " is taken for damage";
      step.state = Step::State::bad;
      return step;
    }
    if (left - record_header_ < captured) return step;

    auto& f = out[step.frames++];
    f.data = octets.subspan(step.octets + record_header_, captured);
    f.wire_len = std::max(wire, captured);
    f.link = link_;
    f.source = source_;
    // Seconds are unsigned; a fraction of a second or more carries.
    f.at = WallTime{std::chrono::nanoseconds{std::int64_t{seconds} * 1'000'000'000 +
                                             std::int64_t{fraction} * unit_}};
    step.octets += record_header_ + captured;
  }
}

}  // namespace netweir::pcap
