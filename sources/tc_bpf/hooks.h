// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "netweir/source_kind.h"
#include "os/fd.h"
#include "os/privileged.h"
#include "tc_bpf/owner.h"
#include "tc_bpf/program.h"
#include "tc_bpf/request.h"
#include "tc_bpf/route.h"
#include "tc_bpf/settings.h"

namespace netweir::tc_bpf {

/// The program at the hooks of one interface.
struct Attached {
  std::uint32_t ifindex = 0;
  /// One direction: a link of tcx, which the kernel removes with its descriptor, or else a filter
  /// of cls_bpf.
  struct Side {
    Direction direction = Direction::ingress;
    Fd link{};
    bool filter = false;
  };
  std::vector<Side> sides;
  bool made = false;  ///< a netweir made the clsact
};

/// Attaches the program and takes it away again, before every other program of the hook, so that
/// it sees all that comes there. Touches nothing that is not a netweir's. One thread.
class Hooks {
 public:
  /// All outlive it. `route` is a socket in the namespace.
  Hooks(Privileged& privileged, const NetnsName& netns, const Program& program, Route& route,
        const Settings& settings);

  /// What a netweir that is no more has left at the interface goes first.
  Result<Attached> attach(std::uint32_t ifindex);
  /// Only filters that have the name of ours go.
  void detach(Attached& attached);

  bool uses_tcx() const noexcept { return attach_ != Attach::clsact; }

 private:
  Status act(const Request& request);
  Status add_links(Attached& to);
  Status add_filters(Attached& to);
  Status add_filter(std::uint32_t ifindex, bool made, Direction direction);
  /// Removes the filters of netweirs whose token is to go; whether a netweir made the clsact.
  bool remove(std::uint32_t ifindex, const std::function<bool(std::string_view token)>& goes);
  bool remove_leftovers(std::uint32_t ifindex);
  void remove_empty_clsact(std::uint32_t ifindex);
  Status claim();

  Privileged& privileged_;
  NetnsName netns_;
  const Program& program_;
  Route& route_;
  Attach attach_;  ///< automatic becomes clsact on a kernel without tcx
  std::vector<Direction> directions_;
  std::optional<Owner> owner_;  ///< from the first filter on
};

}  // namespace netweir::tc_bpf
