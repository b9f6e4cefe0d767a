// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "netweir/address.h"
#include "netweir/frame.h"
#include "netweir/time.h"

namespace netweir {

/// What the packets of one direction of a session carry (struct nf_conntrack_tuple).
struct FlowTuple {
  Ip src{}, dst{};
  std::uint8_t protocol = 0;                  ///< IP protocol number
  bool has_ports = false;                     ///< TCP, UDP, UDP-Lite, SCTP, DCCP; GRE: its keys
  bool has_icmp = false;                      ///< ICMP, ICMPv6
  std::uint8_t icmp_type = 0, icmp_code = 0;  ///< of the packets of this direction
  std::uint16_t icmp_id = 0;
  std::uint16_t src_port = 0, dst_port = 0;

  friend constexpr bool operator==(const FlowTuple&, const FlowTuple&) noexcept = default;
};

/// The tuple of the answers, where nobody translates (nf_ct_invert_tuple): sides change places, an
/// ICMP request becomes its reply.
FlowTuple inverse(const FlowTuple& tuple) noexcept;

/// What an address translation changed, seen from the original direction. The kernel's status bits
/// play no part.
struct FlowNat {
  bool source = false;       ///< the answers go to `reply.dst`, not to `orig.src`
  bool destination = false;  ///< they come from `reply.src`, not from `orig.dst`

  explicit constexpr operator bool() const noexcept { return source || destination; }
};
FlowNat nat_of(const FlowTuple& orig, const FlowTuple& reply) noexcept;

struct FlowCounters {
  std::uint64_t packets = 0, octets = 0;

  friend constexpr bool operator==(const FlowCounters&, const FlowCounters&) noexcept = default;
};

/// One session as a source found it: an event, or an entry of a listing (a dump). A view: texts
/// belong to the source and die with the call that passes it. Numbers are the kernel's
/// (linux/netfilter/nf_conntrack_common.h, nf_conntrack_tcp.h, nf_conntrack_sctp.h).
struct FlowRecord {
  enum class What : std::uint8_t {
    created,    ///< an event: IPCTNL_MSG_CT_NEW with NLM_F_CREATE
    updated,    ///< an event: IPCTNL_MSG_CT_NEW without it
    destroyed,  ///< an event: IPCTNL_MSG_CT_DELETE
    listed      ///< an entry of a dump
  };
  /// A bit says that the field is set. Events carry only some of them.
  enum Has : std::uint16_t {
    has_status = 1,
    has_timeout = 2,
    has_mark = 4,
    has_labels = 8,
    has_state = 16,
    has_counters = 32,
    has_start = 64,
    has_stop = 128,
    has_master = 256
  };
  What what = What::created;
  std::uint8_t state = 0;  ///< enum tcp_conntrack, sctp_conntrack or ct_dccp_states, by protocol
  std::uint16_t has = 0;
  SourceId source = 0;
  bool left =
      false;  ///< the source's filter does not match it (any more): a known one is forgotten
  bool at_is_receipt = false;    ///< the kernel gave the event no time; `at` is when we read it
  std::uint16_t zone = 0;        ///< of the original direction
  std::uint16_t reply_zone = 0;  ///< of the other: 0 where the zone has one direction only
  std::uint32_t id = 0;
  std::uint32_t status = 0;   ///< IPS_*
  std::uint32_t timeout = 0;  ///< seconds that it has left without a packet
  std::uint32_t mark = 0;
  WallTime at{};
  WallTime start{}, stop{};
  FlowTuple orig{}, reply{};
  FlowTuple master{};                     ///< original tuple of the flow that expected it
  FlowCounters to_server{}, to_client{};  ///< of the original direction, and of the answers
  std::array<std::uint8_t, 16> labels{};  ///< bit n is octet n / 8, bit n % 8
  std::string_view helper{};              ///< empty = none
  std::string_view secctx{};              ///< security context; empty = none
};
static_assert(std::is_trivially_copyable_v<FlowRecord>);

/// Why a change of a flow is known.
enum class FlowReason : std::uint8_t {
  kernel,     ///< the kernel's own event
  dump,       ///< the listing at the start of a life
  resync,     ///< a listing after loss
  reconcile,  ///< the listing at each interval
  filter      ///< it goes on, but the source's filter does not match it any more
};

enum class FlowAction : std::uint8_t { created, updated, ended };

/// How the flow table of a source shall be.
struct FlowSettings {
  std::size_t max = 1048576;  ///< flows; at least 1
  /// Flows whose counters changed are `updated` by a listing, at most once in this time; nothing =
  /// never.
  std::optional<std::chrono::nanoseconds> interim = std::chrono::minutes{5};
  bool created = true, updated = true, ended = true;  ///< the actions that become changes
  std::uint64_t hash_seed = 0;  ///< random where addresses are chosen by strangers
};

/// A listing of all flows of a source, in order with its records: begins, the `listed` ones, ends.
struct FlowListing {
  enum class Phase : std::uint8_t {
    begins,  ///< said before the kernel is asked; one that was not ended is void
    ends,    ///< complete, and every event that came before its end was handed over
    fails    ///< it says nothing of flows that are not in it
  };
  SourceId source = 0;
  Phase phase = Phase::begins;
  FlowReason reason = FlowReason::dump;
  bool repeated = false;  ///< of ends: events were lost meanwhile, so another one follows
  WallTime at{};
};

}  // namespace netweir
