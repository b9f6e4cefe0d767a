// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "kit/steps.h"
#include "netweir/packet.h"
#include "wire/describe.h"
#include "wire/same.h"

namespace {

using netweir::Bytes;
using netweir::Frame;
using netweir::Packet;

[[noreturn]] void fail(const char* property, std::string_view what, const Packet& a,
                       const Packet& b) {
  std::fprintf(stderr, "%s: %.*s\n  %s\n  %s\n", property, static_cast<int>(what.size()),
               what.data(), netweir::test::describe(a).c_str(), netweir::test::describe(b).c_str());
  std::abort();
}

// A capture of the first octets says nothing that the whole denies, and blames nobody.
void check_prefix(Frame frame, std::size_t length, const Packet& whole) {
  // Storage of its very length, so that the address sanitizer sees a step beyond.
  const std::vector<std::uint8_t> octets(frame.data.begin(),
                                         frame.data.begin() + static_cast<std::ptrdiff_t>(length));
  frame.data = octets;
  const auto p = decode(frame);
  if (const auto what = netweir::test::contradiction(p, whole); !what.empty()) {
    fail("prefix", what, p, whole);
  }
}

// Octets of the link header that are there at least, by link type.
std::size_t shortest_header(std::uint16_t link) {
  switch (link) {
    case netweir::linktype::raw:
    case netweir::linktype::ipv4:
    case netweir::linktype::ipv6:
      return 0;
    case netweir::linktype::null:
    case netweir::linktype::loop:
      return 4;
    default:
      return 14;
  }
}

void check_split(Frame frame, std::size_t split, const Packet& whole) {
  // A link header that reaches into the network layer of a long packet counts as cut.
  if (frame.data.size() >= 512 && split > shortest_header(frame.link)) return;
  frame.link_header = frame.data.first(split);
  frame.data = frame.data.subspan(split);
  const auto p = decode(frame);
  if (!netweir::test::same(p, whole)) fail("split", "differs", p, whole);
}

// The first in-line tag of an Ethernet frame, given as metadata instead.
void check_metadata(Frame frame, const Packet& whole) {
  if (frame.link != netweir::linktype::ethernet || frame.tagged || whole.tags == 0) return;
  const auto data = frame.data;
  const auto first = static_cast<std::uint16_t>(data[12] << 8U | data[13]);
  if (first != whole.vlan[0].tpid) return;  // behind LLC
  std::vector<std::uint8_t> octets(data.begin(), data.begin() + 12);
  octets.insert(octets.end(), data.begin() + 16, data.end());
  frame.data = octets;
  frame.tagged = true;
  frame.tag = whole.vlan[0];
  if (frame.wire_len != 0) frame.wire_len -= 4;
  const auto p = decode(frame);
  if (!netweir::test::same(p, whole)) fail("metadata", "differs", p, whole);
}

}  // namespace

// Link type, protocol (2), flags, split, length of the prefix (2), then the packet.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
  const netweir::test::Steps steps(size, 3000, 10);
  constexpr std::array<std::uint16_t, 8> links{1, 101, 228, 229, 113, 276, 0, 108};
  constexpr std::size_t head = 7;
  if (size < head) return 0;
  const Bytes in{data, size};
  Frame frame;
  frame.link = links[in[0] % links.size()];
  frame.protocol = static_cast<std::uint16_t>(in[1] << 8U | in[2]);
  frame.data = in.subspan(head);
  const auto captured = frame.data.size();
  if ((in[3] & 1U) == 0) frame.wire_len = static_cast<std::uint32_t>(captured + (in[3] >> 4U));
  frame.tagged = (in[3] & 2U) != 0;
  if (frame.tagged) frame.tag = {0x8100, static_cast<std::uint16_t>(in[4] << 8U | in[5])};

  const auto whole = decode(frame);
  check_prefix(frame, (static_cast<std::size_t>(in[5]) << 8U | in[6]) % (captured + 1), whole);
  check_split(frame, in[4] % (captured + 1), whole);
  check_metadata(frame, whole);
  return 0;
}
