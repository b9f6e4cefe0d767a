// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "netweir/address.h"
#include "netweir/packet_socket.h"
#include "probe/account.h"
#include "probe/message.h"

namespace netweir::app {

/// One end of `netweir probe`: answers the probes of others and, where it has an account, sends its
/// own. One thread.
class ProbeEnd {
 public:
  /// `account`: null = it only answers.
  ProbeEnd(PacketSocket& socket, std::uint64_t session, std::size_t frame_octets,
           probe::Account* account);

  /// Sends the next probe. An Error where the interface is gone or down.
  Status send(const Mac& to, AgeTime now);
  /// Takes what has come and what is known of what left, and answers. An Error likewise.
  Status take();

  std::uint64_t reflected() const noexcept { return reflected_; }
  /// Answers that the interface's queue did not take.
  std::uint64_t unanswered() const noexcept { return unanswered_; }
  /// Frames that this end had no room for.
  std::uint64_t overrun() const noexcept { return overrun_; }
  /// Who answered first.
  const std::optional<Mac>& answerer() const noexcept { return answerer_; }

 private:
  /// What a frame that left was, by its number.
  struct Outgoing {
    enum class What : std::uint8_t { other, probe, reply } what = What::other;
    std::uint32_t number = 0, sequence = 0;
    std::uint64_t session = 0;
    Mac to{};
  };
  Status send(const Mac& to, const probe::Message& message, std::size_t octets, Outgoing what);
  void frame(const netweir::Frame& frame);
  Status reflect(const Mac& from, const probe::Message& probe, std::size_t octets,
                 const probe::Stamps& came);
  Status tell_left(const SentFrame& sent);
  Status flush_times();

  PacketSocket& socket_;
  std::uint64_t session_;
  std::size_t frame_octets_;
  probe::Account* account_;
  std::uint32_t next_ = 0;
  std::vector<Outgoing> left_;  ///< of the last frames
  probe::Message times_;        ///< for `times_to_`, not sent yet
  Mac times_to_{};
  std::uint64_t reflected_ = 0, unanswered_ = 0, overrun_ = 0;
  std::optional<Mac> answerer_;
  std::vector<std::uint8_t> payload_, frame_;
  std::array<netweir::Frame, 64> came_{};
  std::optional<Error> broken_;
};

}  // namespace netweir::app
