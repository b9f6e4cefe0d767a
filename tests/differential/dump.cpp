// SPDX-License-Identifier: GPL-2.0-or-later
// What decode() says of each packet of a classic pcap file, a line each, as name=value fields
// separated by tabs: for compare.py, which asks tshark the same. Fields that a packet does not have
// are absent.
#include <array>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "netweir/packet.h"

namespace {

using netweir::Ip;
using netweir::IpVersion;
using netweir::Packet;

constexpr std::array stops{"done", "cut", "malformed", "unsupported", "too_many_layers"};
constexpr std::array layers{"link", "vlan",   "llc", "arp", "ipv4", "ipv6", "ipv6_extension",
                            "icmp", "icmpv6", "tcp", "udp", "sctp", "other"};

std::string hex(std::span<const std::uint8_t> octets) {
  std::string out;
  for (const auto o : octets) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned>(o));
    out += digits.data();
  }
  return out;
}

std::string text(const Ip& ip) {
  return hex(std::span(ip.octets).first(ip.version == IpVersion::v4 ? 4 : 16));
}

void put(const char* name, const std::string& value) {
  std::printf("\t%s=%s", name, value.c_str());
}
void put(const char* name, unsigned value) { std::printf("\t%s=%u", name, value); }

void print_nd(const Packet& p) {
  put("nd_type", p.nd.type);
  put("nd_code", p.nd.code);
  if (p.nd.target.version != IpVersion::none) put("nd_target", text(p.nd.target));
  put("nd_source_links", p.nd.source_links);
  put("nd_target_links", p.nd.target_links);
  if (p.nd.source_link_ok) put("nd_source_link", hex(p.nd.source_link.octets));
  if (p.nd.target_link_ok) put("nd_target_link", hex(p.nd.target_link.octets));
  put("nd_options_ok", p.nd.options_ok ? 1U : 0U);
  constexpr std::array sums{"unknown", "right", "wrong"};
  put("nd_checksum", std::string(sums.at(static_cast<std::size_t>(p.nd.checksum))));
}

void print_ip(const Packet& p) {
  put("version", p.src.version == IpVersion::v4 ? 4U : 6U);
  put("src", text(p.src));
  put("dst", text(p.dst));
  put("protocol", p.ip_protocol);
  put("hop_limit", p.hop_limit);
  put("traffic_class", p.traffic_class);
  put("flow_label", p.flow_label);
  put("ip_length", p.ip_length);
  put("fragmented", p.fragmented ? 1U : 0U);
  put("later_fragment", p.later_fragment ? 1U : 0U);
  put("authenticated", p.authenticated ? 1U : 0U);
  if (p.has_ports) {
    put("src_port", p.src_port);
    put("dst_port", p.dst_port);
  }
  put("tcp_flags", p.tcp_flags);
  put("icmp_type", p.icmp_type);
  put("icmp_code", p.icmp_code);
  put("icmp_id", p.icmp_id);
}

void print(std::size_t number, const Packet& p) {
  std::printf("n=%zu\tstop=%s\tat=%s", number, stops.at(static_cast<std::size_t>(p.stop)),
              layers.at(static_cast<std::size_t>(p.at)));
  if (p.ethernet) {
    put("src_mac", hex(p.src_mac.octets));
    put("dst_mac", hex(p.dst_mac.octets));
  }
  std::string tags;
  for (std::size_t i = 0; i < p.tags; ++i) {
    const auto& tag = p.vlan.at(i);
    std::array<char, 16> one{};
    std::snprintf(one.data(), one.size(), "%s%04x.%04x", i == 0 ? "" : ",",
                  static_cast<unsigned>(tag.tpid), static_cast<unsigned>(tag.tci));
    tags += one.data();
  }
  if (!tags.empty()) put("tags", tags);
  put("ether_type", p.ether_type);
  if (p.has_arp) {
    put("arp_operation", p.arp.operation);
    put("arp_sender_mac", hex(p.arp.sender_mac.octets));
    put("arp_sender_ip", text(p.arp.sender_ip));
    put("arp_target_mac", hex(p.arp.target_mac.octets));
    put("arp_target_ip", text(p.arp.target_ip));
  }
  if (p.src.version != IpVersion::none) print_ip(p);
  if (p.has_nd) print_nd(p);
  std::printf("\n");
}

/// A classic pcap file, in either byte order; micro- or nanoseconds do not matter here.
class Pcap {
 public:
  explicit Pcap(const char* path) {
    std::ifstream file(path, std::ios::binary);
    octets_.assign(std::istreambuf_iterator<char>(file), {});
    if (octets_.size() < 24) return;
    swapped_ = octets_[0] == 0xa1;
    link = static_cast<std::uint16_t>(number(20));
    pos_ = 24;
  }
  bool next(netweir::Frame& frame) {
    if (pos_ == 0 || octets_.size() - pos_ < 16) return false;
    const auto kept = number(pos_ + 8);
    const auto wire = number(pos_ + 12);
    pos_ += 16;
    if (octets_.size() - pos_ < kept) return false;
    frame = {};
    // A buffer of exactly this size: the sanitizer sees a read behind the packet.
    packet_.assign(octets_.begin() + static_cast<std::ptrdiff_t>(pos_),
                   octets_.begin() + static_cast<std::ptrdiff_t>(pos_ + kept));
    packet_.shrink_to_fit();
    frame.data = packet_;
    frame.wire_len = wire;
    frame.link = link;
    pos_ += kept;
    return true;
  }
  std::uint16_t link = 0;

 private:
  std::uint32_t number(std::size_t at) const {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 4; ++i) {
      out = (out << 8U) | octets_[at + (swapped_ ? i : 3 - i)];
    }
    return out;
  }
  std::vector<std::uint8_t> octets_{}, packet_{};
  std::size_t pos_ = 0;
  bool swapped_ = false;
};

}  // namespace

int main(int argc, char** argv) {
  const std::span args(argv, static_cast<std::size_t>(argc));
  if (args.size() != 2) {
    std::fprintf(stderr, "usage: dump FILE.pcap\n");
    return 64;
  }
  Pcap capture(args[1]);
  netweir::Frame frame;
  for (std::size_t number = 1; capture.next(frame); ++number) {
    print(number, netweir::decode(frame));
  }
  return 0;
}
