// SPDX-License-Identifier: GPL-2.0-or-later
// Writes a capture of mixed traffic for replay_ratio.py: mixed_capture FILE PACKETS. Deterministic.
// 70 % TCP, 20 % UDP (a quarter of both IPv6), 5 % ARP, 5 % neighbor advertisements; one in ten has
// a VLAN tag, one in fifty two; 60, 590 and 1514 octets in the ratio 7:4:1, cut at 256; 20,000
// hosts.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

namespace {

constexpr std::size_t snaplen = 256;
constexpr std::uint32_t hosts = 20000;

/// Below `n`.
std::uint32_t pick(std::mt19937& random, std::uint32_t n) {
  return static_cast<std::uint32_t>(random() % n);
}

class Packet {
 public:
  void u8(unsigned v) { octets_.push_back(static_cast<std::uint8_t>(v)); }
  void u16(unsigned v) {
    u8(v >> 8U & 0xffU);
    u8(v & 0xffU);
  }
  void u32(std::uint32_t v) {
    u16(v >> 16U);
    u16(v & 0xffffU);
  }
  void zeros(std::size_t n) { octets_.insert(octets_.end(), n, 0); }
  void mac(std::uint32_t host) {
    u16(0x0200);
    u32(host);
  }
  void ipv4(std::uint32_t host) { u32(0x0a4d0000U + host); }
  void ipv6(std::uint32_t host) {
    u32(0x20010db8U);
    zeros(8);
    u32(host);
  }
  std::vector<std::uint8_t>& octets() { return octets_; }

 private:
  std::vector<std::uint8_t> octets_;
};

/// ICMPv6, RFC 4443, section 2.3; `at` is where the IPv6 header begins.
void put_checksum(std::vector<std::uint8_t>& o, std::size_t at) {
  std::uint32_t sum = 32 + 58;
  for (std::size_t i = at + 8; i + 1 < at + 72; i += 2)
    sum += static_cast<std::uint32_t>(o[i] << 8U | o[i + 1]);
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  o[at + 42] = static_cast<std::uint8_t>(~sum >> 8U & 0xffU);
  o[at + 43] = static_cast<std::uint8_t>(~sum & 0xffU);
}

void transport(Packet& p, bool tcp, std::mt19937& random, unsigned length) {
  p.u16(pick(random, 0x10000));
  p.u16(tcp ? 443 : 53);
  if (tcp) {
    p.zeros(8);
    p.u16(0x5010);
    p.zeros(6);
  } else {
    p.u16(length);
    p.u16(0);
  }
}

/// One packet; its length on the wire.
std::size_t make(Packet& p, std::mt19937& random) {
  static constexpr std::array<unsigned, 12> sizes{60, 60,  60,  60,  60,  60,
                                                  60, 590, 590, 590, 590, 1514};
  const std::uint32_t a = pick(random, hosts);
  const std::uint32_t b = pick(random, hosts);
  const unsigned kind = pick(random, 100);
  const unsigned tags = pick(random, 100);
  std::size_t wire = sizes[pick(random, sizes.size())];
  p.mac(b);
  p.mac(a);
  if (tags < 2) p.u32(0x88a80064U);
  if (tags < 10) p.u32(0x81000000U + a % 10);
  const auto begin = p.octets().size() + 2;
  if (kind < 5) {
    p.u16(0x0806);
    p.u32(0x00010800U);
    p.u32(0x06040001U + (kind & 1U));
    p.mac(a);
    p.ipv4(a);
    p.mac(b);
    p.ipv4(b);
    wire = 60;
  } else if (kind < 10) {
    p.u16(0x86dd);
    p.u32(0x60000000U);
    p.u32(0x00203affU);
    p.ipv6(a);
    p.ipv6(b);
    p.u32(0x88000000U);
    p.u32(0x60000000U);
    p.ipv6(a);
    p.u16(0x0201);
    p.mac(a);
    put_checksum(p.octets(), begin);
    wire = p.octets().size();
  } else {
    const bool tcp = kind < 80;
    const bool v6 = pick(random, 4) == 0;
    wire = std::max<std::size_t>(wire, begin + 40 + 20);
    const auto length = static_cast<unsigned>(wire - begin);
    p.u16(v6 ? 0x86dd : 0x0800);
    if (v6) {
      p.u32(0x60000000U);
      p.u16(length - 40);
      p.u16((tcp ? 0x0600U : 0x1100U) + 64);
      p.ipv6(a);
      p.ipv6(b);
    } else {
      p.u16(0x4500);
      p.u16(length);
      p.u32(0);
      p.u16(0x4000U + (tcp ? 6 : 17));
      p.u16(0);
      p.ipv4(a);
      p.ipv4(b);
    }
    transport(p, tcp, random, length - (v6 ? 40 : 20));
  }
  wire = std::max(wire, p.octets().size());
  p.octets().resize(std::min(wire, snaplen), 0);
  return wire;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  std::FILE* out = std::fopen(argv[1], "wb");
  if (out == nullptr) return 73;
  const std::array<std::uint32_t, 6> head{0xa1b2c3d4U, 0x00040002U, 0, 0, snaplen, 1};
  bool ok = std::fwrite(head.data(), sizeof head, 1, out) == 1;
  std::mt19937 random(1);  // NOLINT: the same capture each time
  const long packets = std::strtol(argv[2], nullptr, 10);
  for (long i = 0; i < packets && ok; ++i) {
    Packet p;
    const auto wire = make(p, random);
    const std::array<std::uint32_t, 4> record{static_cast<std::uint32_t>(1700000000 + i / 100000),
                                              static_cast<std::uint32_t>(i % 100000 * 10),
                                              static_cast<std::uint32_t>(p.octets().size()),
                                              static_cast<std::uint32_t>(wire)};
    ok = std::fwrite(record.data(), sizeof record, 1, out) == 1 &&
         std::fwrite(p.octets().data(), p.octets().size(), 1, out) == 1;
  }
  return std::fclose(out) == 0 && ok ? 0 : 73;
}
