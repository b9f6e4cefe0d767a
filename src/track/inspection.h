// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "netweir/link.h"
#include "netweir/observation.h"
#include "netweir/packet.h"
#include "netweir/time.h"
#include "track/segments.h"

namespace netweir::track {

/// What is wrong with what hosts say of themselves.
enum class Suspicion : std::uint8_t {
  l2_mismatch,  ///< a MAC in ARP or ND that is not the frame's
  bogon,        ///< an address that is of no network here
  proxy,        ///< one MAC has many addresses
  arp_flood     ///< more ARP and ND a second than hosts need
};
inline constexpr std::size_t suspicions = 4;

struct InspectionSettings {
  std::vector<IpPrefix> on_link;
  bool interfaces = false;      ///< the networks of the interfaces' own addresses are on link too
  std::uint32_t arp_flood = 0;  ///< a second of ageing time on one port; 0 = any number

  friend bool operator==(const InspectionSettings&, const InspectionSettings&) = default;
};

/// What is known of the networks where a frame was seen.
struct Networks {
  std::span<const OnLink> all{};       ///< of the interface; read only with `interfaces`
  std::array<std::uint16_t, 2> vid{};  ///< of the frame, outermost first
};

/// Looks at evidence before it is tracked. Says of each suspicion and port (classes of ports, as
/// Segment has them) at most once a minute how often it was so. Nothing allocates but the
/// constructor. One thread.
class Inspection {
 public:
  explicit Inspection(InspectionSettings settings) : settings_(std::move(settings)) {}

  /// Whether the address is of a network here; link-local ones always are. False where none is
  /// known.
  bool on_link(const Ip& ip, const Networks& here) const noexcept;

  bool l2_mismatch(const Packet& packet, const Observation& seen) const noexcept;
  /// Never where no network of the address's version is known.
  bool bogon(const Observation& seen, const Networks& here) const noexcept;
  /// One packet of ARP or ND on this port; true where it is one too many.
  bool floods(LinkId port, AgeTime now) noexcept;

  /// Whether Networks::all is read.
  bool asks_interfaces() const noexcept { return settings_.interfaces; }

  /// How often it was so since it was said, this time included; 0 = not now.
  std::uint64_t say(Suspicion what, LinkId port, AgeTime now) noexcept;

 private:
  struct Said {
    std::uint64_t times = 0;
    std::optional<AgeTime> at{};
  };
  struct Rate {
    AgeTime second{};
    std::uint32_t packets = 0;
  };

  InspectionSettings settings_;
  std::array<Said, suspicions * Segment::ports> said_{};
  std::array<Rate, Segment::ports> rates_{};
};

}  // namespace netweir::track
