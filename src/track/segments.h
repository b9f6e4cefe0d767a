// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#define XXH_INLINE_ALL  // header only: whoever links the library needs no libxxhash
#include <xxhash.h>

#include "netweir/frame.h"
#include "track/slab.h"

namespace netweir::track {

/// Who shares a table: classes of ports, and classes of the VLANs of each. Strangers choose VIDs
/// but neither the port nor the seed.
struct Segment {
  static constexpr std::size_t ports = 64, vlans = 64, all = ports * vlans;

  static std::uint16_t of(LinkId port, const std::array<std::uint16_t, 2>& vid,
                          std::uint64_t seed) noexcept {
    const auto tags = std::uint64_t{port} << 32U | std::uint64_t{vid[0]} << 16U | vid[1];
    const auto low = XXH3_64bits_withSeed(&tags, sizeof tags, seed) % vlans;
    return static_cast<std::uint16_t>(port_of(port) * vlans + low);
  }
  /// Links are numbered as they appear: no hash spreads them better.
  static constexpr std::size_t port_of(LinkId port) noexcept { return port % ports; }
  static constexpr std::size_t port(std::uint16_t segment) noexcept { return segment / vlans; }
};

/// The entries of each segment in the order in which they were seen, on probation or not, or fixed
/// where the table has such. `Links` is a callable that gives the link of a place, with `Place
/// earlier, later`. Nothing allocates but the constructor.
class SegmentLists {
 public:
  enum Kind : std::uint8_t { probation, confirmed, fixed };
  static constexpr std::size_t kinds = 3;

  std::size_t count(Kind kind) const noexcept { return of_all_[kind]; }
  Place first(Kind kind, std::size_t segment) const noexcept {
    return lists_[kind * Segment::all + segment].first;
  }

  template <class Links>
  void append(Kind kind, std::uint16_t segment, Place place, Links links) noexcept {
    auto& ends = lists_[kind * Segment::all + segment];
    auto& link = links(place);
    link.earlier = ends.last;
    link.later = none;
    (ends.last == none ? ends.first : links(ends.last).later) = place;
    ends.last = place;
    add(kind, segment, 1);
  }
  template <class Links>
  void remove(Kind kind, std::uint16_t segment, Place place, Links links) noexcept {
    auto& ends = lists_[kind * Segment::all + segment];
    const auto& link = links(place);
    (link.earlier == none ? ends.first : links(link.earlier).later) = link.later;
    (link.later == none ? ends.last : links(link.later).earlier) = link.earlier;
    add(kind, segment, -1);
  }

  /// The longest unseen of the VLAN that holds most, of the port that holds most. REQUIRES: there
  /// is one of this kind.
  Place worst(Kind kind) const noexcept {
    const auto* ports = &of_port_[kind * Segment::ports];
    const auto port =
        static_cast<std::size_t>(std::max_element(ports, ports + Segment::ports) - ports);
    const auto base = kind * Segment::all + port * Segment::vlans;
    const auto* vlans = &of_segment_[base];
    const auto vlan =
        static_cast<std::size_t>(std::max_element(vlans, vlans + Segment::vlans) - vlans);
    return lists_[base + vlan].first;
  }

 private:
  struct Ends {
    Place first, last;
  };
  void add(Kind kind, std::uint16_t segment, int n) noexcept {
    const auto more = static_cast<std::uint32_t>(n);
    of_segment_[kind * Segment::all + segment] += more;
    of_port_[kind * Segment::ports + Segment::port(segment)] += more;
    of_all_[kind] += more;
  }

  Lazy<Ends> lists_ = zeros<Ends>(kinds * Segment::all);
  Lazy<std::uint32_t> of_segment_ = zeros<std::uint32_t>(kinds * Segment::all);
  Lazy<std::uint32_t> of_port_ = zeros<std::uint32_t>(kinds * Segment::ports);
  std::array<std::uint32_t, kinds> of_all_{};
};

}  // namespace netweir::track
