// SPDX-License-Identifier: GPL-2.0-or-later
#include "nflog/decode.h"

#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/netfilter/nfnetlink_log.h>

#include <array>
#include <chrono>
#include <cstring>

#include "netlink/attributes.h"
#include "wire/cursor.h"

namespace netweir::nflog {
namespace {

constexpr std::size_t nfgenmsg_octets = 4;
constexpr std::size_t ethernet_octets = 14;
constexpr std::size_t prefix_at_most = 127;               // NF_LOG_PREFIXLEN, without its NUL
constexpr std::uint64_t seconds_at_most = 9'000'000'000;  // of a WallTime, nearly
constexpr std::uint64_t micro = 1'000'000;

// Newer kernels than the build host's header: its numbers, tied where both are known.
constexpr std::uint16_t attr_vlan = 20, attr_l2hdr = 21;
static_assert(NFULA_VLAN == attr_vlan && NFULA_L2HDR == attr_l2hdr);

/// The length of each attribute, by type; anything for those not listed.
constexpr std::uint8_t any_length = 0xff;
constexpr auto lengths = [] {
  std::array<std::uint8_t, attr_l2hdr + 1> t{};
  for (auto& length : t) length = any_length;
  t[NFULA_PACKET_HDR] = 4;
  t[NFULA_MARK] = 4;
  t[NFULA_TIMESTAMP] = 16;
  t[NFULA_IFINDEX_INDEV] = 4;
  t[NFULA_IFINDEX_OUTDEV] = 4;
  t[NFULA_IFINDEX_PHYSINDEV] = 4;
  t[NFULA_IFINDEX_PHYSOUTDEV] = 4;
  t[NFULA_HWADDR] = 12;
  t[NFULA_UID] = 4;
  t[NFULA_SEQ] = 4;
  t[NFULA_SEQ_GLOBAL] = 4;
  t[NFULA_GID] = 4;
  t[NFULA_HWTYPE] = 2;
  t[NFULA_HWLEN] = 2;
  t[NFULA_CT_INFO] = 4;
  return t;
}();

using wire::be16;
using wire::be32;
using wire::be64;

std::string_view text(Bytes octets) noexcept {
  std::size_t length = 0;
  while (length < octets.size() && length < prefix_at_most && octets[length] != 0) ++length;
  return {reinterpret_cast<const char*>(octets.data()), length};
}

/// NFULA_TIMESTAMP: seconds and microseconds. False where no WallTime can hold it.
bool read_time(const std::uint8_t* p, WallTime& at) noexcept {
  std::uint64_t sec = be64(p);
  const std::uint64_t usec = be64(p + 8);
  if (sec > seconds_at_most || usec / micro > seconds_at_most - sec) return false;
  sec += usec / micro;
  at = WallTime{std::chrono::seconds{sec} + std::chrono::microseconds{usec % micro}};
  return true;
}

/// NFULA_VLAN, a nest. False where it is malformed.
bool read_vlan(Bytes octets, Frame& frame) noexcept {
  netlink::Attributes a(octets);
  bool proto = false;
  bool tci = false;
  while (a.next()) {
    if (a.type() != NFULA_VLAN_PROTO && a.type() != NFULA_VLAN_TCI) continue;
    if (a.data().size() != 2) return false;
    const auto value = be16(a.data().data());
    if (a.type() == NFULA_VLAN_PROTO) {
      frame.tag.tpid = value;
      proto = true;
    } else {
      frame.tag.tci = value;
      tci = true;
    }
  }
  frame.tagged = proto && tci;
  return a.ok();
}

/// Whether the EtherType of a link header is the one that the kernel gave the packet. Of an 802.3
/// frame it gives ETH_P_802_2 or ETH_P_802_3 instead of the length that stands there.
bool is_ethernet(Bytes header, std::uint16_t protocol) noexcept {
  if (header.size() < ethernet_octets) return false;
  const auto type = be16(header.data() + 12);
  return type == protocol ||
         (type < ETH_P_802_3_MIN && (protocol == ETH_P_802_2 || protocol == ETH_P_802_3));
}

struct LinkLayer {
  Bytes hwheader{}, l2hdr{};
  std::uint16_t hwtype = 0, hwlen = 0;
  bool has_hwtype = false;
};

void choose_link(const LinkLayer& l, Frame& frame) noexcept {
  frame.link = linktype::raw;
  const bool ethernet_like =
      !l.has_hwtype || l.hwtype == ARPHRD_ETHER || l.hwtype == ARPHRD_LOOPBACK;
  if (ethernet_like && is_ethernet(l.l2hdr, frame.protocol)) {
    frame.link = linktype::ethernet;
    frame.link_header = l.l2hdr;  // what goes beyond 14 octets are tags in line
    return;
  }
  // Beyond 14 octets the kernel counts room for a tag that is not there (a VLAN device).
  if (l.has_hwtype && l.hwtype == ARPHRD_ETHER && l.hwlen == l.hwheader.size() &&
      is_ethernet(l.hwheader, frame.protocol)) {
    frame.link = linktype::ethernet;
    frame.link_header = l.hwheader.first(ethernet_octets);
  }
}

}  // namespace

std::uint16_t group_of(Bytes payload) noexcept {
  return payload.size() < nfgenmsg_octets ? std::uint16_t{0} : be16(payload.data() + 2);
}

bool decode(Bytes payload, WallTime receipt, Frame& frame, NflogExtra& extra,
            Numbers& numbers) noexcept {
  frame = Frame{};
  extra = NflogExtra{};
  numbers = Numbers{};
  if (payload.size() < nfgenmsg_octets) return false;
  extra.family = payload[0];
  frame.group = group_of(payload);
  frame.grouped = true;
  frame.at = receipt;
  frame.at_is_receipt = true;

  LinkLayer link;
  bool has_header = false;
  netlink::Attributes a(payload.subspan(nfgenmsg_octets));
  while (a.next()) {
    const auto type = a.type();
    const auto value = a.data();
    const auto* p = value.data();
    if (type < lengths.size() && lengths[type] != any_length && lengths[type] != value.size())
      return false;
    switch (type) {
      case NFULA_PACKET_HDR:
        has_header = true;
        frame.protocol = be16(p);
        extra.hook = p[2];
        break;
      case NFULA_MARK:
        extra.has |= NflogExtra::has_mark;
        extra.mark = be32(p);
        break;
      case NFULA_TIMESTAMP:
        frame.at_is_receipt = !read_time(p, frame.at);
        break;
      case NFULA_IFINDEX_INDEV:
        numbers.in = be32(p);
        break;
      case NFULA_IFINDEX_OUTDEV:
        numbers.out = be32(p);
        break;
      case NFULA_IFINDEX_PHYSINDEV:
        numbers.phys_in = be32(p);
        break;
      case NFULA_IFINDEX_PHYSOUTDEV:
        numbers.phys_out = be32(p);
        break;
      case NFULA_PAYLOAD:
        frame.data = value;
        break;
      case NFULA_PREFIX:
        extra.prefix = text(value);
        break;
      case NFULA_UID:
        extra.has |= NflogExtra::has_uid;
        extra.uid = be32(p);
        break;
      case NFULA_GID:
        extra.has |= NflogExtra::has_gid;
        extra.gid = be32(p);
        break;
      case NFULA_SEQ:
        numbers.has_seq = true;
        numbers.seq = be32(p);
        break;
      case NFULA_HWTYPE:
        link.has_hwtype = true;
        link.hwtype = be16(p);
        break;
      case NFULA_HWLEN:
        link.hwlen = be16(p);
        break;
      case NFULA_HWHEADER:
        link.hwheader = value;
        break;
      case attr_l2hdr:
        link.l2hdr = value;
        break;
      case attr_vlan:
        if (!read_vlan(value, frame)) return false;
        break;
      default:
        break;
    }
  }
  if (!a.ok() || !has_header) return false;
  choose_link(link, frame);
  return true;
}

}  // namespace netweir::nflog
