// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "netweir/frame_builder.h"
#include "netweir/time.h"

namespace netweir {

struct ResponderSettings {
  Mac mac{};                  ///< at which the addresses are
  std::vector<Ip> addresses;  ///< IPv4 and IPv6
  std::uint32_t rate = 100;   ///< answers a second of ageing time, and at once; 0 = none
};

/// Answers who asks for addresses that it was given: ARP requests (RFC 826; also probes, RFC 5227),
/// neighbor solicitations (RFC 4861, section 7.2.3; also of duplicate address detection), and echo
/// requests to them (RFC 792, RFC 4443), so that ping tells whether the way there is open. It says
/// nothing of itself and nothing for others. Pure: a frame in, a frame out; one thread.
class Responder {
 public:
  explicit Responder(ResponderSettings settings);

  /// The answer, in the VLAN of the question, into `out` (as long as frames are here); `octets` 0 =
  /// none is due. Allocates nothing.
  Built answer(Bytes frame, AgeTime now, Buffer out) noexcept;

  struct Counts {
    std::uint64_t asked = 0;  ///< questions for an address of ours that may be answered
    std::uint64_t answered = 0;
    std::uint64_t limited = 0;  ///< questions over the rate
  };
  const Counts& counts() const noexcept { return counts_; }
  const Mac& mac() const noexcept { return settings_.mac; }

 private:
  bool ours(const Ip& ip) const noexcept;
  bool may_answer(AgeTime now) noexcept;
  Built arp(const Packet& packet, const VlanTags& vlan, AgeTime now, Buffer out) noexcept;
  Built nd(const Packet& packet, const VlanTags& vlan, AgeTime now, Buffer out) noexcept;
  Built echo(const Packet& packet, const EthernetView& view, AgeTime now, Buffer out) noexcept;

  ResponderSettings settings_;
  Counts counts_;
  AgeTime due_{};  ///< of the next answer, were they evenly spread
};

}  // namespace netweir
