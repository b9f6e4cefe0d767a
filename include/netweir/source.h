// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "netweir/bytes.h"
#include "netweir/flow.h"
#include "netweir/frame.h"
#include "netweir/result.h"
#include "netweir/time.h"

namespace netweir {

enum class Unit : std::uint8_t { packets, batches, events, datagrams };

/// Units that were offered to a source and did not reach us. Counts add up: the sum over a source
/// is what it lost.
struct Loss {
  SourceId source = 0;
  Unit unit = Unit::packets;
  std::uint64_t count = 0;   ///< 0 only where `exact` turns true with nothing to add
  bool exact = true;         ///< false: the source has lost at least the sum so far
  std::string_view cause{};  ///< a word of docs/events.md: "receive_buffer", "sequence_gap", ...
  WallTime from{}, to{};     ///< the interval in which it happened
};

/// Something that users should know of a source: a finding, not a state (states are the
/// supervisor's).
struct Note {
  enum class Level : std::uint8_t { info, warning };
  SourceId source = 0;
  Level level = Level::info;
  std::string_view text{};
};

/// A source loses what it is offered although its receive buffer is as large as it may be; or no
/// longer does.
struct Overloaded {
  SourceId source = 0;
  bool is = true;
  std::uint32_t one_in = 1;  ///< of its packets a random one of these is kept
  std::string_view reason{};
};

/// Units that reached us and are no frames. Increments, not totals.
struct Counts {
  SourceId source = 0;
  std::uint64_t filtered = 0;   ///< refused by the source's own filter
  std::uint64_t rejected = 0;   ///< the message around the packet could not be decoded
  std::uint64_t malformed = 0;  ///< of flows: its attributes contradict themselves
  std::uint64_t foreign = 0;    ///< messages whose sender is not the kernel; never part of the sum
  std::uint64_t truncated = 0;  ///< messages cut by our buffer; their units are in the losses
  std::uint64_t sequence_gaps = 0;  ///< numbers left out by a sequence that only cross-checks
  std::uint64_t sequence_late = 0;  ///< numbers that came after a later one, or twice
};

/// What a source pushes into, only inside drain() and stop(). In order: a source hands over the
/// frames and flows it has before it reports a loss that came after them. Views die when the call
/// returns.
class Intake {
 public:
  virtual ~Intake() = default;
  virtual void frames(std::span<const Frame> batch) = 0;
  virtual void flows(std::span<const FlowRecord> batch) = 0;
  /// True: there is more to do, and room is needed for it; say the same again later. Only `ends`
  /// takes more than one call, and flows may come between two.
  virtual bool listing(const FlowListing& listing) = 0;
  virtual void loss(const Loss& loss) = 0;
  virtual void note(const Note& note) = 0;
  virtual void overloaded(const Overloaded&) {}
  virtual void count(const Counts& counts) = 0;
  /// Whether the outputs take more. For what can wait without loss: a file, a listing.
  virtual bool has_room() const { return true; }
};

enum class Drained : std::uint8_t {
  idle,     ///< nothing is left; wait for the descriptor
  more,     ///< the budget is used up; call again
  finished  ///< a file's end
};

/// ONE life of a socket or file: it never reopens itself. Passive: the loop tells it when to read;
/// no thread, no blocking call. An Error or `finished` ends the life. One thread.
class Source {
 public:
  virtual ~Source() = default;

  /// Readable when there is something to drain; the same for life. -1 = always ready (a file).
  virtual int fd() const = 0;

  /// Reads what is there, up to about `budget` packets (whole batches), and pushes it.
  virtual Result<Drained> drain(const Now& now, std::size_t budget, Intake& intake) = 0;

  /// Drain by then even if the descriptor is silent (timers, drop counters).
  virtual std::optional<AgeTime> deadline() const { return std::nullopt; }

  /// Stops the flow in the kernel first, then pushes all that is left. Called once, last.
  virtual void stop(const Now& now, Intake& intake) = 0;

  /// How far a file has been read, for a progress bar; total 0 = not known.
  struct Progress {
    std::uint64_t octets = 0, total = 0;
  };
  virtual Progress progress() const { return {}; }
};

/// What a live source learns from its socket besides messages, as a recording tells it.
struct SocketNews {
  enum class What : std::uint8_t {
    begins,     ///< a life: all that is known of sequences is void
    dropped,    ///< the counter had risen when the message that follows came
    looked,     ///< the source looked at the drop counter
    emptied,    ///< the same, after it had read the queue to its end
    truncated,  ///< a datagram came that our buffer had cut, and was not decoded
    listing     ///< `phase` of a listing, for `reason`
  };
  What what = What::begins;
  std::uint32_t drops = 0;  ///< datagrams, since the last news
  WallTime at{};
  FlowListing listing{};
};

/// One message of a netlink datagram (linux/netlink.h, struct nlmsghdr), and when it was received.
struct NetlinkMessage {
  std::uint16_t type = 0;   ///< nlmsg_type
  std::uint16_t flags = 0;  ///< nlmsg_flags
  Bytes payload{};          ///< what follows the nlmsghdr
  WallTime at{};
};

/// Pure: one netlink message in, frames or flows out; finds sequence gaps. Live sources and
/// recordings (LINKTYPE_NETLINK, LINKTYPE_NFLOG) go through the same one. Allocates only for a
/// group it has not seen yet.
class MessageDecoder {
 public:
  virtual ~MessageDecoder() = default;
  /// Frames and flows are pushed into `intake` before this returns or in flush(); views into the
  /// payload must live until then.
  virtual void message(const NetlinkMessage& message, Intake& intake) = 0;
  /// In a recording: does what the live source does at that point.
  virtual void news(const SocketNews& news, Intake& intake) = 0;
  /// Pushes the frames and flows kept back. Call before the storage behind the payloads is used
  /// again.
  virtual void flush(Intake& intake) = 0;
};

}  // namespace netweir
