// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "netlink/link_table.h"
#include "netlink/monitor.h"
#include "os/privileged.h"
#include "run/loop.h"
#include "run/pipeline.h"
#include "run/recorder.h"

namespace netweir::run {

/// What the sources wait for: the interfaces and the generic netlink families of the namespaces
/// they are in. A monitor whose socket broke, or whose namespace is not there yet, is opened again.
/// The loop thread's.
class Monitors {
 public:
  enum class What : std::uint8_t { links, families };
  /// `changed` is called when something came or went: who waits may try again.
  using Changed = std::function<void(const Now&)>;

  Monitors(Loop& loop, Privileged& privileged, netlink::LinkTable& links, const Report& report,
           Recorder* recorder, Changed changed);
  ~Monitors();

  /// From now on; opens it at once where that is possible.
  void want(What what, std::string_view netns, const Now& now);
  /// Opens what is due; returns when it wants to be called again.
  AgeTime turn(const Now& now);

 private:
  struct One;
  void open(One& one, const Now& now);
  Result<std::unique_ptr<netlink::Monitor>> make(const One& one, WallTime at);
  void drain(One& one, const Now& now);

  Loop& loop_;
  Privileged& privileged_;
  netlink::LinkTable& links_;
  const Report& report_;
  Recorder* recorder_;  ///< null = nobody records
  Changed changed_;
  std::vector<std::unique_ptr<One>> all_;
};

}  // namespace netweir::run
