// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "netlink/causes.h"
#include "netlink/overload.h"
#include "netlink/receive_buffer.h"
#include "netweir/source.h"
#include "netweir/source_kind.h"
#include "os/sampler.h"

namespace netweir::netlink {

/// What a source does when the receive buffer of its socket overflows: lets it grow; where it
/// cannot, says that the source is overloaded, and sheds if it was told to. One thread.
class Overflow {
 public:
  struct Settings {
    std::uint32_t most = 0;    ///< receive_buffer_max
    std::uint32_t wanted = 0;  ///< receive_buffer
    bool sheds = false;
  };
  static Settings settings(const Values& values);

  /// `fd` is the source's socket, whose buffer has `in_force` octets.
  Overflow(const SourceContext& context, int fd, std::uint32_t in_force, const Settings& settings);

  /// Datagrams that were offered and not received: the socket's drop counter, and what was shed.
  /// Reads the former; wraps at 2^32.
  std::uint32_t drops() noexcept;
  /// What drops() counts now, in the words of docs/events.md.
  std::string_view cause() const noexcept {
    return load_.one_in() > 1 ? cause_shed : cause_receive_buffer;
  }

  /// Acts on what drops() has read since. In every drain().
  void look(const Now& now, Intake& intake);

  /// Each datagram that is read stands for as many.
  std::uint32_t one_in() const noexcept { return load_.one_in(); }

  /// Nothing is shed any more. Before requests whose answers must come.
  void stop() noexcept;

 private:
  std::string shed();
  void say(bool on, const std::string& reason, Intake& intake) const;

  SourceId id_;
  Privileged& privileged_;
  int fd_;
  ReceiveBuffer buffer_;
  Overload load_;
  std::optional<Sampler> sampler_;
  std::uint32_t read_ = 0, acted_on_ = 0;  ///< of the socket's drop counter
};

}  // namespace netweir::netlink
