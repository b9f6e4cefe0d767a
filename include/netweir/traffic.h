// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "netweir/address.h"
#include "netweir/frame.h"

namespace netweir {

/// What totals can be told apart by, besides the source.
enum class Dimension : std::uint8_t {
  in_iface,
  out_iface,
  vlan,     ///< the VIDs of the two outermost tags
  src_ip,   ///< or its prefix
  dest_ip,  ///< or its prefix
  proto,    ///< IP protocol; ARP
  src_port,
  dest_port,
  dscp,    ///< RFC 2474
  ecn,     ///< RFC 3168
  length,  ///< class of the packet's length, as RMON has them (RFC 2819, etherStatsPkts64Octets...)
  tcp_flags,   ///< the flags octet of TCP
  flow_label,  ///< of IPv6 (RFC 6437)
  group,       ///< of psample or NFLOG
  queue,       ///< psample's egress queue
  prefix,      ///< NFLOG's
  mark         ///< NFLOG's
};
inline constexpr std::size_t dimensions = 17;

/// Bits, 1 << Dimension.
using DimensionSet = std::uint32_t;
constexpr DimensionSet bit(Dimension d) noexcept {
  return DimensionSet{1} << static_cast<unsigned>(d);
}

/// What one packet is totalled under, or a total is of. A packet without a value (an ARP without
/// ports) has none: `has` lacks the bit.
struct TrafficKey {
  DimensionSet has = 0;
  LinkId in = 0, out = 0;
  std::array<std::uint16_t, 2> vlan{};  ///< outermost first; unused ones are 0
  Ip src{}, dst{};                      ///< the octets beyond a prefix are 0
  bool arp = false;                     ///< of proto
  std::uint8_t protocol = 0;
  std::uint8_t dscp = 0, ecn = 0;
  std::uint8_t length_class = 0;  ///< see length_class()
  std::uint8_t tcp_flags = 0;
  std::uint16_t src_port = 0, dst_port = 0;
  std::uint16_t queue = 0;
  std::uint16_t prefix = 0;  ///< a number that the caller gave the text
  std::uint32_t flow_label = 0;
  std::uint32_t group = 0;
  std::uint32_t mark = 0;

  friend bool operator==(const TrafficKey&, const TrafficKey&) noexcept = default;
};

/// Classes of lengths in octets, link header included and without frame check sequence: up to 64,
/// to 127, 255, 511, 1023, 1518, and more.
inline constexpr std::array<std::uint32_t, 6> length_bounds{64, 127, 255, 511, 1023, 1518};
constexpr std::uint8_t length_class(std::uint32_t octets) noexcept {
  std::uint8_t n = 0;
  while (n < length_bounds.size() && octets > length_bounds[n]) ++n;
  return n;
}

/// How totals are kept.
struct TotalsSettings {
  DimensionSet key = 0;
  std::uint8_t prefix_v4 = 32, prefix_v6 = 128;  ///< bits of an address that count
  std::size_t max = 65536;                       ///< keys kept at a time; at least 16
  bool by_packets = false;  ///< which keys are large: by packets, else by octets (both estimated)
  bool latency = false;     ///< keep psample's latencies, some 700 octets a key
  std::uint64_t hash_seed = 0;

  friend bool operator==(const TotalsSettings&, const TotalsSettings&) noexcept = default;
};

/// An estimate from a random sample. Exact where everything was seen: error 0, low = high = value.
/// The interval covers the truth in 93 to 97 of 100 cases from some 5 sampled packets on. That of
/// the octets covers less where rare long packets make most of them and few packets were sampled:
/// lengths that were not seen cannot be known. Its upper limit is high where the few are short.
struct Estimate {
  double value = 0;
  double error = 0;          ///< standard error
  double low = 0, high = 0;  ///< the 95 % interval
};

/// Nanoseconds.
struct LatencyTotals {
  std::uint64_t count = 0;
  double mean = 0;
  double p50 = 0, p99 = 0;  ///< within 6 %, from 64 ns to 17 s
};

/// What was seen of one key in one interval, or of several together.
struct TrafficTotal {
  TrafficKey key{};
  std::uint64_t packets = 0, octets = 0;  ///< seen
  Estimate all_packets{}, all_octets{};   ///< that there were, sampling and loss included
  LatencyTotals latency{};
  /// At most so much of the key may be missing above (in what keys are large by), since there was
  /// no room for it before; that is in the rest. The estimates above are of what is counted above.
  double missed_at_most = 0;
};

/// Packets and octets of one source by key, for one interval after the other, in bounded memory
/// however many keys there are. A plain state machine: no clock, thread, lock, log or I/O. All
/// memory is reserved by the constructor; add() never allocates. One thread.
///
/// Estimates: each packet stands for w = one_in packets (Horvitz and Thompson 1952, for packets
/// that are taken independently: psample's random 1 in N); loss makes that w * (received + lost) /
/// received. The variance of the sum over w * x is estimated by the sum over w * (w - 1) * x^2,
/// less what is known since the numbers received and lost are: src/track/estimate.cpp has it whole.
/// Loss is taken for random: of a key whose packets came when more than elsewhere was lost, too
/// little is said.
///
/// Memory: where `max` keys are there and another comes, the smaller half goes into the rest: the
/// batched form of Misra and Gries (1982) that Anderson et al. describe (IMC 2017). No key that has
/// more than 2 W / max of the interval's W is missing, and what is said of a key lacks at most that
/// much; how much it was is `missed_at_most`.
class Totals {
 public:
  explicit Totals(const TotalsSettings& settings);  ///< throws std::bad_alloc
  ~Totals();
  Totals(Totals&&) noexcept;
  Totals& operator=(Totals&&) noexcept;

  /// One packet of `octets` octets, link header included. `key` may have more than the settings
  /// ask for; addresses are cut to their prefix here. `latency_ns` < 0: not known.
  void add(const TrafficKey& key, std::uint32_t octets, double one_in,
           std::int64_t latency_ns = -1) noexcept;

  /// The interval is over: `received` packets of the source reached us in it, `lost` did not.
  /// Before lines() and rest(); then add() only after clear().
  void close(std::uint64_t received, std::uint64_t lost);

  /// The largest keys of the closed interval, the largest first; at most so many. Good until
  /// clear().
  std::span<const TrafficTotal> lines(std::size_t most);
  /// All that is not in the lines that lines() gave, and how many keys that are at most: a key that
  /// left and came again is counted for each time.
  TrafficTotal rest() const;
  std::uint64_t rest_keys() const noexcept;

  /// Begins the next interval.
  void clear() noexcept;

  bool empty() const noexcept;  ///< nothing was added since clear()
  std::size_t keys() const noexcept;

 private:
  struct Table;
  std::unique_ptr<Table> table_;
};

}  // namespace netweir
