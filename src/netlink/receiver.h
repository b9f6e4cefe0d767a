// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "netlink/messages.h"
#include "netweir/bytes.h"
#include "netweir/result.h"
#include "netweir/source.h"

namespace netweir::netlink {

/// What one read() saw besides messages. Increments.
struct Received {
  std::size_t datagrams = 0;
  std::uint64_t foreign = 0;    ///< datagrams whose sender is not the kernel: dropped
  std::uint64_t truncated = 0;  ///< datagrams cut by a slot: dropped
  std::uint64_t malformed =
      0;  ///< datagrams whose nlmsghdrs do not add up; what is before is handed out
  std::uint64_t overruns = 0;  ///< ENOBUFS, or NLMSG_OVERRUN
  int error = 0;      ///< errno of an NLMSG_ERROR message or of a dump's NLMSG_DONE; 0 = none
  bool done = false;  ///< a dump has ended (NLMSG_DONE with NLM_F_MULTI)
  bool interrupted = false;  ///< a dump changed under the kernel's hands (NLM_F_DUMP_INTR)
  bool empty = false;        ///< the queue was read to EAGAIN
};

/// What of it belongs into the ledger of a source. Nothing where there is none.
std::optional<Counts> counts(const Received& received, SourceId source) noexcept;

/// Reads datagrams from a netlink socket into storage of its own, several a system call. Knows no
/// protocol. Views handed out live until the next read(). One thread.
class Receiver {
 public:
  /// `slot` octets hold the largest datagram there can be; `slots` are read in one recvmmsg.
  /// Datagrams count only from `sender` (0 is the kernel).
  Receiver(std::size_t slot, std::size_t slots, std::uint32_t sender = 0);

  using Each = std::function<void(const Message&)>;
  /// One recvmmsg of at most `max` datagrams. An Error means that the socket is of no more use:
  /// it is none, or eight reads in a row failed.
  Result<Received> read(int fd, std::size_t max, const Each& each);

  /// One datagram as it came, whoever sent it.
  struct Raw {
    Bytes octets{};
    std::uint32_t length = 0;  ///< of the whole; more than `octets` has where a slot cut it
    std::uint32_t port = 0;    ///< the sender's
    bool first = false;        ///< of those that one system call brought
  };
  /// Sees every datagram before its messages.
  void tap(std::function<void(const Raw&)> tap) { tap_ = std::move(tap); }

 private:
  bool walk(Bytes datagram, const Each& each, Received& r);
  std::size_t slot_;
  std::uint32_t sender_;
  unsigned errors_ = 0;  ///< in a row, without a datagram or an empty queue between
  std::unique_ptr<std::uint8_t[]> store_;  ///< not touched before the kernel writes to it
  std::vector<mmsghdr> messages_;
  std::vector<iovec> vectors_;
  std::vector<sockaddr_nl> from_;
  std::function<void(const Raw&)> tap_;
};

/// The memory of a socket (SO_MEMINFO, linux/sock_diag.h). All 0 where the descriptor is no socket.
struct Memory {
  std::uint32_t queued = 0;  ///< octets that what is queued takes, bookkeeping included
  std::uint32_t limit = 0;   ///< octets; twice what setsockopt was given
  std::uint32_t drops = 0;   ///< datagrams dropped so far: exact, wraps at 2^32
};
Memory memory(int fd) noexcept;

/// Memory::drops.
inline std::uint32_t drops(int fd) noexcept { return memory(fd).drops; }

}  // namespace netweir::netlink
