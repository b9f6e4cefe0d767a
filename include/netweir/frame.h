// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "netweir/address.h"
#include "netweir/bytes.h"
#include "netweir/time.h"

namespace netweir {

/// A configured source, by its place in the configuration.
using SourceId = std::uint16_t;

/// An interface as of one generation of its index: see link.h. 0 = not known.
using LinkId = std::uint32_t;

/// Link types, https://www.tcpdump.org/linktypes.html. The rooms below `sources` know these only.
namespace linktype {
inline constexpr std::uint16_t null = 0;      ///< BSD loopback, address family in host order
inline constexpr std::uint16_t ethernet = 1;  ///< EN10MB
inline constexpr std::uint16_t raw =
    101;  ///< IPv4 or IPv6 by its first nibble, or by Frame::protocol
inline constexpr std::uint16_t loop = 108;  ///< OpenBSD loopback, address family in network order
inline constexpr std::uint16_t linux_sll = 113;
inline constexpr std::uint16_t ipv4 = 228;
inline constexpr std::uint16_t ipv6 = 229;
inline constexpr std::uint16_t nflog =
    239;  ///< one NFLOG message; goes through the nflog source's decoder
inline constexpr std::uint16_t netlink = 253;  ///< netlink messages behind a 16-octet cooked header
inline constexpr std::uint16_t linux_sll2 = 276;
}  // namespace linktype

/// One VLAN tag (IEEE 802.1Q): the EtherType that announced it, and PCP, DEI and VID.
struct VlanTag {
  std::uint16_t tpid = 0;
  std::uint16_t tci = 0;

  constexpr std::uint16_t vid() const noexcept { return tci & 0x0fffU; }
  friend constexpr bool operator==(const VlanTag&, const VlanTag&) noexcept = default;
};

/// The tunnel that a sampled packet came or goes through: metadata of the packet, not its octets
/// (PSAMPLE_ATTR_TUNNEL, enum psample_tunnel_key_attr of linux/psample.h). A bit of `has` says
/// which fields are set.
struct PsampleTunnel {
  enum Has : std::uint8_t {
    has_id = 1,
    has_src = 2,
    has_dst = 4,
    has_tos = 8,
    has_ttl = 16,
    has_src_port = 32,
    has_dst_port = 64
  };
  enum Flag : std::uint8_t { dont_fragment = 1, csum = 2, oam = 4, ipv4_info_bridge = 8 };
  std::uint8_t has = 0;
  std::uint8_t flags = 0;
  std::uint8_t tos = 0, ttl = 0;
  std::uint16_t src_port = 0, dst_port = 0;
  std::uint64_t id = 0;  ///< VNI, GRE key, ...
  Ip src{}, dst{};
  Bytes geneve_options{}, erspan_options{};  ///< as the kernel has them; empty = none
};

/// What psample alone knows of a packet (linux/psample.h). A bit of `has` says which fields are
/// set.
struct PsampleExtra {
  enum Has : std::uint8_t {
    has_queue = 1,
    has_occupancy = 2,
    has_latency = 4,
    has_tunnel = 8,
    ambiguous_in = 16,  ///< the kernel's 16 bits fit several interfaces: Frame::in is 0
    ambiguous_out = 32
  };
  std::uint8_t has = 0;
  std::uint16_t out_tc = 0;      ///< egress queue (traffic class)
  std::uint64_t out_tc_occ = 0;  ///< octets in that queue
  std::uint64_t latency_ns = 0;  ///< end to end
  Bytes cookie{};                ///< user cookie of the action, any octets; empty = none
  PsampleTunnel tunnel{};
};

/// What NFLOG alone knows of a packet (linux/netfilter/nfnetlink_log.h).
struct NflogExtra {
  enum Has : std::uint8_t { has_uid = 1, has_gid = 2, has_mark = 4 };
  std::uint8_t has = 0;
  std::uint8_t hook = 0;    ///< NF_INET_*, NF_BR_*, NF_ARP_* or NF_NETDEV_*, by `family`
  std::uint8_t family = 0;  ///< NFPROTO_*
  std::uint32_t mark = 0, uid = 0, gid = 0;
  std::string_view prefix{};         ///< of the rule; any octets, never NUL
  LinkId phys_in = 0, phys_out = 0;  ///< bridge ports
};

/// What the kernel's drop monitor alone knows of a packet that was dropped (linux/net_dropmon.h).
/// Texts are the kernel's: any octets, never NUL, at most 63; empty = not given.
struct DropExtra {
  enum class Origin : std::uint8_t {
    unknown,   ///< a number that this version does not know
    software,  ///< the kernel itself
    hardware   ///< a device, which trapped the packet to say so (devlink)
  };
  Origin origin = Origin::unknown;
  /// As the kernel has it; for software drops of the namespace in which the packet was, which it
  /// does not name. 0 = none.
  std::uint32_t ifindex = 0;
  std::uint64_t pc = 0;       ///< address of the code that dropped it; 0 = not given
  std::string_view reason{};  ///< "NO_SOCKET": enum skb_drop_reason; Linux 5.18
  std::string_view symbol{};  ///< where: "tcp_v4_rcv+0x6d/0xdc0"; cut by the kernel after 39 octets
  std::string_view trap{}, trap_group{};  ///< of hardware: devlink's names
  std::string_view port{};                ///< of hardware: name of the interface
  Bytes cookie{};                         ///< of hardware: the flow action's, any octets
};

/// What a program at a tc hook alone knows of a packet (linux/bpf.h, struct __sk_buff).
struct TcBpfExtra {
  std::uint32_t mark = 0;  ///< 0 = none
  std::uint32_t hash = 0;  ///< of its flow, by the NIC or the kernel; 0 = not computed
  std::uint16_t queue = 0;
  bool has_queue = false;  ///< `queue` is there: that of the NIC in which it was received
};

struct RecordedExtra;  // recorded.h

/// On which side of the interface a packet was taken.
enum class Direction : std::uint8_t { unknown, ingress, egress };

/// One packet and all that its source knows of it. A view: everything it points to belongs to the
/// source and dies with the call that passes it. Trivially copyable; copying does not extend a
/// life.
struct Frame {
  Bytes
      link_header{};  ///< where the source gives it apart (NFLOG); the packet is this, then `data`
  Bytes data{};       ///< captured octets
  std::uint32_t wire_len = 0;  ///< octets of the whole packet, link header included; 0 = not known
  std::uint16_t link = linktype::ethernet;  ///< of the whole
  SourceId source = 0;
  VlanTag tag{};               ///< outermost tag, where it came as metadata
  bool tagged = false;         ///< `tag` is there; a TCI of 0 is a tag too
  bool at_is_receipt = false;  ///< the source gave no timestamp; `at` is when we read it
  std::uint16_t protocol = 0;  ///< EtherType as the kernel gives it; 0 = none
  LinkId in = 0, out = 0;
  WallTime at{};
  WallTime hardware_at{};   ///< the device's own clock, beside `at`; zero = it was not asked for
  double one_in = 1;        ///< sampling: stands for this many packets
  std::uint32_t group = 0;  ///< NFLOG or psample group
  bool grouped = false;     ///< `group` is there
  Direction direction = Direction::unknown;
  const PsampleExtra* psample = nullptr;
  const NflogExtra* nflog = nullptr;
  const DropExtra* drop = nullptr;
  const TcBpfExtra* tc_bpf = nullptr;
  const RecordedExtra* recorded = nullptr;  ///< of a recorded netlink datagram
};
static_assert(std::is_trivially_copyable_v<Frame>);
static_assert(sizeof(Frame) <= 128);

}  // namespace netweir
