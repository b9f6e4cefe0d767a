// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "netweir/frame_view.h"

namespace netweir {

/// Who takes the frames of an EtherType: protocols of a user's own, behind any tags. Handlers are
/// called on the thread that hands frames in, and must not change the registry. One thread.
class FrameHandlers {
 public:
  using Handler = std::function<void(const EthernetView& frame)>;

  /// From now on, instead of the handler before. `ether_type` 0 is 802.3 with LLC other than SNAP.
  void on(std::uint16_t ether_type, Handler handler) {
    handlers_.insert_or_assign(ether_type, std::move(handler));
  }
  /// False: there was none.
  bool off(std::uint16_t ether_type) { return handlers_.erase(ether_type) > 0; }

  /// Hands the frame to its handler. False: it has none. Allocates nothing.
  bool handle(const EthernetView& frame) const {
    const auto it = handlers_.find(frame.ether_type);
    if (it == handlers_.end() || !it->second) return false;
    it->second(frame);
    return true;
  }

  /// Reads it first; with a fault, nobody is called. `handled` says what handle() does.
  FrameFault handle(Bytes octets, bool& handled, const FrameLimits& limits = {}) const {
    EthernetView view;
    const auto fault = read_ethernet(octets, view, limits);
    handled = fault == FrameFault::none && handle(view);
    return fault;
  }

 private:
  std::map<std::uint16_t, Handler> handlers_;
};

}  // namespace netweir
