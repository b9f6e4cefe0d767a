// SPDX-License-Identifier: GPL-2.0-or-later
#include "netweir/community_id.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "format/ip_protocol.h"
#include "format/sha1.h"

namespace netweir {
namespace {

namespace ip_protocol = format::ip_protocol;

using Pair = std::pair<std::uint8_t, std::uint8_t>;

// Which ICMP messages answer each other, as Zeek has it: the specification refers to that.
constexpr std::array<Pair, 5> pairs{{
    {8, 0},    // echo
    {10, 9},   // router solicitation, advertisement
    {13, 14},  // timestamp
    {15, 16},  // information
    {17, 18},  // address mask
}};
constexpr std::array<Pair, 6> pairs_v6{{
    {128, 129},  // echo
    {130, 131},  // multicast listener query, report
    {133, 134},  // router solicitation, advertisement
    {135, 136},  // neighbor solicitation, advertisement
    {139, 140},  // node information
    {144, 145},  // home agent address discovery
}};

constexpr std::uint16_t no_answer = 0xffff;

std::uint16_t answer(std::span<const Pair> messages, std::uint8_t type) noexcept {
  for (const auto& [request, reply] : messages) {
    if (type == request) return reply;
    if (type == reply) return request;
  }
  return no_answer;
}

/// What an identifier is made of. `src_port` and `dst_port` are what the specification calls ports.
struct Endpoints {
  const Ip& src;
  const Ip& dst;
  std::uint8_t protocol;
  std::uint16_t src_port = 0, dst_port = 0;
  bool has_ports = false;
  bool directed = false;  ///< an ICMP message that nothing answers: never turned round
};

/// Of a Packet or a FlowTuple. False where the protocol has ports and they were not read.
template <class T>
bool read_ports(const T& from, Endpoints& ends) noexcept {
  switch (ends.protocol) {
    case ip_protocol::tcp:
    case ip_protocol::udp:
    case ip_protocol::sctp:
      ends.src_port = from.src_port;
      ends.dst_port = from.dst_port;
      ends.has_ports = true;
      return from.has_ports;
    case ip_protocol::icmp:
    case ip_protocol::icmpv6: {
      const auto reply = ends.protocol == ip_protocol::icmp ? answer(pairs, from.icmp_type)
                                                            : answer(pairs_v6, from.icmp_type);
      ends.directed = reply == no_answer;
      ends.src_port = from.icmp_type;
      ends.dst_port = ends.directed ? std::uint16_t{from.icmp_code} : reply;
      ends.has_ports = true;
      return from.has_icmp;
    }
    default:
      return true;
  }
}

char* put_base64(char* to, const format::Sha1& octets) noexcept {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto four = [&](std::uint32_t bits) {
    for (unsigned shift = 18;; shift -= 6) {
      *to++ = digits[bits >> shift & 0x3fU];
      if (shift == 0) return;
    }
  };
  for (std::size_t i = 0; i < 18; i += 3) {
    four(std::uint32_t{octets[i]} << 16U | std::uint32_t{octets[i + 1]} << 8U | octets[i + 2]);
  }
  four(std::uint32_t{octets[18]} << 16U | std::uint32_t{octets[19]} << 8U);
  to[-1] = '=';  // 20 octets: one is missing to the last three
  return to;
}

char* put(char* to, const Endpoints& ends) noexcept {
  const std::size_t octets = ends.src.version == IpVersion::v4 ? 4 : 16;
  const auto* first = &ends.src.octets;
  const auto* second = &ends.dst.octets;
  auto first_port = ends.src_port, second_port = ends.dst_port;
  const bool larger = *second < *first || (*second == *first && second_port < first_port);
  if (larger && !ends.directed) {
    std::swap(first, second);
    std::swap(first_port, second_port);
  }
  std::array<std::uint8_t, 2 + 2 * 16 + 2 + 4> message{};  // begins with the seed, 0
  auto* end = message.data() + 2;
  std::memcpy(end, first->data(), octets);
  std::memcpy(end + octets, second->data(), octets);
  end += 2 * octets;
  *end = ends.protocol;
  end += 2;
  if (ends.has_ports) {
    for (const auto port : {first_port, second_port}) {
      *end++ = static_cast<std::uint8_t>(port >> 8U);
      *end++ = static_cast<std::uint8_t>(port);
    }
  }
  *to++ = '1';
  *to++ = ':';
  const auto length = static_cast<std::size_t>(end - message.data());
  return put_base64(to, format::sha1(Bytes{message}.first(length)));
}

template <class T>
std::string text_of(const T& from) {
  std::array<char, community_id_text> text;
  char* const end = put_community_id(text.data(), from);
  return {text.data(), end};
}

}  // namespace

char* put_community_id(char* to, const Packet& packet) noexcept {
  if (packet.src.version == IpVersion::none || !format::knows_protocol(packet)) return to;
  Endpoints ends{.src = packet.src, .dst = packet.dst, .protocol = packet.ip_protocol};
  return read_ports(packet, ends) ? put(to, ends) : to;
}

char* put_community_id(char* to, const FlowTuple& tuple) noexcept {
  if (tuple.src.version == IpVersion::none) return to;
  Endpoints ends{.src = tuple.src, .dst = tuple.dst, .protocol = tuple.protocol};
  return read_ports(tuple, ends) ? put(to, ends) : to;
}

std::string community_id(const Packet& packet) { return text_of(packet); }

std::string community_id(const FlowTuple& tuple) { return text_of(tuple); }

}  // namespace netweir
