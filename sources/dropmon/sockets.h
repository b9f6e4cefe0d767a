// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dropmon/decode.h"
#include "dropmon/request.h"
#include "netweir/result.h"
#include "netweir/source_kind.h"
#include "os/fd.h"

namespace netweir::dropmon {

/// A datagram holds one message: at most 65,535 octets of attributes, and the headers before them.
inline constexpr std::size_t slot = 131072;

/// The sockets of one life. Alerts have one of their own, so that each of its drops is exactly one
/// alert.
struct Sockets {
  Fd alerts;    ///< joined to the family's `events`; reports no ENOBUFS, only counts its drops
  Fd control;   ///< joined to nlctrl's `notify`
  Fd requests;  ///< hears only the answers to what it asks
  std::uint16_t family = 0;              ///< nlmsg_type of the family's messages
  std::uint32_t group = 0;               ///< the number of `events`
  std::vector<std::uint8_t> answer;      ///< nlctrl's datagram that describes the family
  std::vector<std::uint8_t> statistics;  ///< the monitor's datagram of its counters at the start
};

/// Finds the family and joins its group. EPROTONOSUPPORT: the kernel does not show it here, now.
Result<Sockets> open_sockets(Privileged& privileged);

/// Whether a message of nlctrl says that the family went, or came again with another number.
bool concerns(Bytes payload, std::uint16_t family) noexcept;

/// What a life ends with then.
Error family_gone();

/// Ends the flow of alerts: what is queued stays.
void leave(const Sockets& sockets) noexcept;

/// What the monitor is asked, through Privileged. References outlive it.
class Monitor {
 public:
  Monitor(Privileged& privileged, const SourceKind& kind, const Sockets& sockets) noexcept
      : privileged_(privileged), kind_(kind), sockets_(sockets) {}

  Status act(Request request) const;
  /// Starts the monitoring of software or of hardware drops. False: it runs already.
  Result<bool> start(bool software) const;
  /// Whether monitoring runs, whoever started it.
  Result<bool> is_running() const;
  Result<Config> config() const;
  /// The datagram of the answer to ask_config or ask_stats.
  Result<std::vector<std::uint8_t>> ask(Request::Act act) const;

 private:
  Privileged& privileged_;
  const SourceKind& kind_;
  const Sockets& sockets_;
};

/// What of the running monitoring is this source's.
struct Ownership {
  bool wants_software = false, wants_hardware = false;
  bool software = false, hardware = false;  ///< started by it, to be stopped by it
  Config before{};                          ///< to be put back then
  std::vector<std::string> notes{};         ///< for the user

  bool any() const noexcept { return software || hardware; }
};

/// Starts monitoring in alert mode `packet`, with `wanted`'s truncation and queue length. What runs
/// already is joined: then nothing that is set is changed, and only what does not run is started.
Result<Ownership> start(const Monitor& monitor, const Config& wanted, bool software, bool hardware);

/// Now and then: starts again what somebody else stopped. False: no monitoring ran at all, so that
/// it may be set otherwise now: start() is needed.
Result<bool> keep(const Monitor& monitor, Ownership& ours);

/// Stops what start() started, and puts the configuration back that was before.
void stop(const Monitor& monitor, const Ownership& ours) noexcept;

/// Of alert mode `summary`, which tells of no packets.
Error only_summaries();

}  // namespace netweir::dropmon
