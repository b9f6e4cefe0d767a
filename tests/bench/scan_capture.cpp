// SPDX-License-Identifier: GPL-2.0-or-later
// Writes a capture of a scan for totals_memory.py: scan_capture PACKETS, to standard output. Each
// packet (60 octets, UDP) is from an address of its own, but every 100th: those are of 1514 octets
// and from five talkers, 10.0.0.0 to 10.0.0.4, in turn. All in one second.
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t captured = 42;

void put32(std::uint8_t* at, std::uint32_t v) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(v >> (24 - 8 * i));
}

}  // namespace

int main(int count, char** words) {
  const unsigned long packets = count == 2 ? std::strtoul(words[1], nullptr, 10) : 0;
  if (packets == 0) return 64;
  struct {
    std::uint32_t magic = 0xa1b2c3d4;
    std::uint16_t major = 2, minor = 4;
    std::uint32_t zone = 0, sigfigs = 0, snaplen = captured, link = 1;
  } const file;
  std::fwrite(&file, sizeof file, 1, stdout);
  struct {
    std::uint32_t seconds = 1'700'000'000, fraction = 0, kept = captured, whole = 60;
    std::array<std::uint8_t, captured> octets{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45};
  } record;
  static_assert(sizeof record == 60);
  record.octets[23] = 17;                 // UDP
  put32(&record.octets[30], 0xc0000201);  // to 192.0.2.1
  put32(&record.octets[34], 0x9c400035);  // ports 40000 and 53
  for (unsigned long i = 0; i < packets; ++i) {
    const bool heavy = i % 100 == 0;
    const auto number = static_cast<std::uint32_t>(heavy ? i / 100 % 5 : 0x0100'0000 + i);
    const std::uint32_t length = heavy ? 1500 : 46;
    record.whole = length + 14;
    record.octets[16] = static_cast<std::uint8_t>(length >> 8);
    record.octets[17] = static_cast<std::uint8_t>(length & 0xffU);
    record.octets[39] = static_cast<std::uint8_t>(length - 20);
    record.octets[38] = static_cast<std::uint8_t>((length - 20) >> 8);
    put32(&record.octets[26], 0x0a00'0000 + number);
    std::fwrite(&record, 16 + captured, 1, stdout);
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}
