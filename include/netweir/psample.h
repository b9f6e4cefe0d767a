// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "netweir/bytes.h"
#include "netweir/frame.h"
#include "netweir/result.h"

/// Sampled packets as the kernel's psample family multicasts them (linux/psample.h): by tc's sample
/// action, by Open vSwitch and by the drivers of switches.
namespace netweir::psample {

/// One sampled packet: every attribute of PSAMPLE_CMD_SAMPLE, in host order. A view: `data`,
/// `extra.cookie` and the options of `extra.tunnel` point into the message.
struct Sample {
  enum Has : std::uint16_t {
    has_in = 1,
    has_out = 2,
    has_original_size = 4,
    has_sequence = 8,
    has_rate = 16,
    has_timestamp = 32,
    has_protocol = 64
  };
  std::uint16_t has = 0;  ///< which of the following the kernel gave

  /// The low 16 bits of the interface indexes; Linux 4.11. tc ingress gives no `out`.
  std::uint16_t in_ifindex = 0, out_ifindex = 0;
  std::uint16_t protocol = 0;       ///< EtherType, or ETH_P_* below 1536; Linux 5.13
  std::uint32_t original_size = 0;  ///< octets of the packet before it was cut; Linux 4.11
  std::uint32_t group = 0;          ///< Linux 4.11
  std::uint32_t sequence = 0;       ///< of the group, wraps; always 0 from Open vSwitch; Linux 4.11
  std::uint32_t rate = 0;    ///< one in so many; with `probability` a share of 2^32 - 1; Linux 4.11
  bool probability = false;  ///< Linux 6.11
  std::uint64_t timestamp_ns = 0;  ///< CLOCK_REALTIME, nanoseconds since 1970; Linux 5.13
  Bytes data{};                    ///< from the link header on; empty where nothing was kept
  PsampleExtra extra{};  ///< queue, occupancy, latency: Linux 5.13; tunnel: 5.8; cookie: 6.11

  /// How many packets this one stands for; 1 where the kernel says nothing of use.
  double one_in() const noexcept;
};

/// Reads what follows the nlmsghdr of one message: genlmsghdr and attributes. False where it is no
/// sample, a known attribute has a wrong length, the attributes do not add up or the group is
/// missing; unknown attributes are skipped. `sample` is overwritten. Pure; no allocation; reads
/// nothing outside `message`.
bool decode(Bytes message, Sample& sample) noexcept;

/// What receive() saw. Loss is a value: the subscription goes on.
struct Received {
  std::size_t samples = 0;
  std::uint64_t lost = 0;      ///< that the kernel dropped since the last call: exact
  std::uint64_t rejected = 0;  ///< messages that could not be decoded
};

/// A subscription to the kernel's samples. One thread at a time. Needs CAP_NET_ADMIN to subscribe
/// (Linux 6.7 and its stable predecessors), nothing afterwards.
class Subscription {
 public:
  struct Options {
    std::string netns{};  ///< a name of `ip netns`, or a path; empty = this one
    std::uint32_t receive_buffer = 8U * 1024 * 1024;  ///< octets, as passed to setsockopt
  };

  /// Error codes: EPROTONOSUPPORT, the kernel has no psample family now (no module that samples is
  /// loaded); EPERM, no permission.
  static Result<Subscription> subscribe(const Options& options);
  static Result<Subscription> subscribe() { return subscribe(Options{}); }

  Subscription(Subscription&&) noexcept;
  Subscription& operator=(Subscription&&) noexcept;
  ~Subscription();

  /// Readable when there is something to receive; for a poll of the caller's own.
  int fd() const noexcept;

  using Each = std::function<void(const Sample&)>;
  /// Waits up to `wait` for a sample, then hands out all that is there, at most about `most`. The
  /// views die when `each` returns. An Error ends the subscription: the family is gone
  /// (EPROTONOSUPPORT), or
  /// the socket is of no more use.
  Result<Received> receive(std::chrono::milliseconds wait, const Each& each,
                           std::size_t most = 4096);

 private:
  struct State;
  explicit Subscription(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace netweir::psample
