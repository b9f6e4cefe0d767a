// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include "netweir/result.h"
#include "netweir/source_kind.h"
#include "os/fd.h"

namespace netweir {

/// A network namespace as configured: empty = ours, a name = /run/netns/NAME, a path = itself.
/// Fixed size, so that a request is one plain struct.
struct NetnsName {
  std::array<char, 256> text{};
  /// nullopt-like: an empty name where `name` does not fit.
  static NetnsName from(std::string_view name) noexcept;
  /// An Error where it does not fit.
  static Result<NetnsName> checked(std::string_view name);
  std::string_view view() const noexcept;
};

/// Opens a netlink socket (bound, close-on-exec, non-blocking), joined to at most `groups`.
struct NetlinkSocket {
  int protocol = 0;                       ///< NETLINK_NETFILTER, ...
  std::array<std::uint32_t, 4> groups{};  ///< multicast group numbers; 0 = unused
  NetnsName netns{};
};

/// Every act that needs a capability, or another network namespace. Requests are plain structs of
/// fixed size, answers a descriptor or an errno: today the acts run in-process, later a helper
/// process runs them and the parsing worker has no capabilities. `netns` is honoured here and only
/// here.
class Privileged {
 public:
  virtual ~Privileged() = default;

  virtual Result<Fd> netlink_socket(const NetlinkSocket& request) = 0;

  /// One of the kind's own requests (SourceKind::act) on a descriptor from netlink_socket().
  virtual Status act(const SourceKind& kind, int fd, Bytes request) = 0;

  /// SO_RCVBUFFORCE where permitted, else SO_RCVBUF. `octets` as passed to setsockopt (the kernel
  /// accounts double). Returns what is in force, in the same terms.
  virtual Result<std::uint32_t> receive_buffer(int fd, std::uint32_t octets) = 0;

  /// attach_sampler() of os/sampler.h.
  virtual Result<Fd> sampler(int fd) = 0;

  /// Runs `act` inside the namespace, on this thread. Only for libraries that open their sockets
  /// themselves (libpcap) and for reading /proc/thread-self/net.
  virtual Status in_namespace(const NetnsName& netns, const std::function<void()>& act) = 0;
};

/// Privileged in this very process. One thread. Where the thread could not return from a namespace,
/// the call says so, and every later one first returns or fails.
class InProcess final : public Privileged {
 public:
  Result<Fd> netlink_socket(const NetlinkSocket& request) override;
  Status act(const SourceKind& kind, int fd, Bytes request) override;
  Result<std::uint32_t> receive_buffer(int fd, std::uint32_t octets) override;
  Result<Fd> sampler(int fd) override;
  Status in_namespace(const NetnsName& netns, const std::function<void()>& act) override;

 private:
  Fd stranded_;  ///< our own namespace, while this thread could not return to it
};

}  // namespace netweir
