// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/psample.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "netlink/generic.h"
#include "netlink/receiver.h"
#include "netweir/psample.h"
#include "os/privileged.h"
#include "psample/sockets.h"

namespace netweir::psample {
namespace {

constexpr std::size_t slots = 32, control_slots = 4;

}  // namespace

struct Subscription::State {
  explicit State(Sockets s) : sockets(std::move(s)) {}

  Sockets sockets;
  netlink::Receiver receiver{slot, slots}, control{slot, control_slots};
  Sample sample;
  std::uint32_t drops = 0;

  /// Whether the family is still the one that was joined.
  Status look() {
    bool gone = false;
    auto read = control.read(sockets.control.get(), control_slots, [&](const netlink::Message& m) {
      gone = gone || (m.type == netlink::controller && concerns(m.payload, sockets.family));
    });
    if (!read) return std::move(read).error();
    if (gone) return family_gone();
    return Ok{};
  }

  /// All that is queued, at most about `most`.
  Status take(const Each& each, std::size_t most, Received& received) {
    const auto one = [&](const netlink::Message& m) {
      if (m.type != sockets.family || command_of(m.payload) != Command::sample) return;
      if (!decode(m.payload, sample)) {
        ++received.rejected;
        return;
      }
      ++received.samples;
      each(sample);
    };
    for (std::size_t taken = 0; taken < most;) {
      auto read = receiver.read(sockets.samples.get(), std::min(slots, most - taken), one);
      if (!read) return std::move(read).error();
      taken += read->datagrams;
      received.lost += read->truncated;
      received.rejected += read->malformed;
      if (read->empty) break;
    }
    const auto now = netlink::drops(sockets.samples.get());
    received.lost += static_cast<std::uint32_t>(now - std::exchange(drops, now));
    return Ok{};
  }
};

Subscription::Subscription(std::unique_ptr<State> state) : state_(std::move(state)) {}
Subscription::Subscription(Subscription&&) noexcept = default;
Subscription& Subscription::operator=(Subscription&&) noexcept = default;
Subscription::~Subscription() = default;

Result<Subscription> Subscription::subscribe(const Options& options) {
  auto netns = NetnsName::checked(options.netns);
  if (!netns) return std::move(netns).error();
  InProcess privileged;
  auto sockets = open_sockets(privileged, *netns);
  if (!sockets) return std::move(sockets).error();
  auto buffer = privileged.receive_buffer(sockets->samples.get(), options.receive_buffer);
  if (!buffer) return std::move(buffer).error();
  return Subscription(std::make_unique<State>(std::move(*sockets)));
}

int Subscription::fd() const noexcept { return state_->sockets.samples.get(); }

Result<Received> Subscription::receive(std::chrono::milliseconds wait, const Each& each,
                                       std::size_t most) {
  auto& s = *state_;
  pollfd both[] = {{.fd = s.sockets.samples.get(), .events = POLLIN, .revents = 0},
                   {.fd = s.sockets.control.get(), .events = POLLIN, .revents = 0}};
  (void)::poll(both, 2, static_cast<int>(std::clamp<std::int64_t>(wait.count(), -1, 3'600'000)));
  Received received;
  if (auto taken = s.take(each, most, received); !taken) return std::move(taken).error();
  if (received.samples > 0) return received;  // what was queued is handed out before the end
  if (auto there = s.look(); !there) return std::move(there).error();
  return received;
}

}  // namespace netweir::psample
