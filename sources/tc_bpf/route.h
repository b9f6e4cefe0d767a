// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "netlink/receiver.h"
#include "netweir/frame.h"
#include "netweir/result.h"
#include "os/fd.h"

namespace netweir::tc_bpf {

/// An interface as the kernel lists it.
struct Interface {
  std::uint32_t ifindex = 0;
  std::string name;
  std::uint16_t type = 0;  ///< ARPHRD_*, linux/if_arp.h
};

/// A filter of tc. A list has entries for the place that filters share too: `handle` 0.
struct Filter {
  std::uint16_t priority = 0;
  std::uint32_t handle = 0;
  std::string name;  ///< TCA_BPF_NAME; empty where it is of another kind than cls_bpf
};

/// Questions to the kernel on a socket of NETLINK_ROUTE, in the namespace it was opened in. They
/// need no capability, and the answers are there when send() returns. One thread.
class Route {
 public:
  explicit Route(Fd fd) : fd_(std::move(fd)) {}
  int fd() const noexcept { return fd_.get(); }

  /// EINTR: they changed while they were listed, three times.
  Result<std::vector<Interface>> interfaces();

  /// The kind of the qdisc that holds its filters: "clsact", "ingress"; empty = none.
  std::string qdisc(std::uint32_t ifindex);

  std::vector<Filter> filters(std::uint32_t ifindex, Direction direction);

 private:
  /// The errno of a dump; 0 = done.
  int dump(std::uint16_t type, Bytes header, const netlink::Receiver::Each& each);

  Fd fd_;
  netlink::Receiver receiver_{131072, 1};  // a dump's messages grow with what an interface has
  std::uint32_t sequence_ = 0;
};

}  // namespace netweir::tc_bpf
