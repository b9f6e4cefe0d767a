// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/net_dropmon.h>

#include <cerrno>
#include <string>
#include <utility>

#include "dropmon/sockets.h"
#include "netlink/messages.h"
#include "netlink/receiver.h"
#include "os/privileged.h"

namespace netweir::dropmon {
namespace {

using Act = Request::Act;

constexpr int answers_at_most = 64;  // answers to older questions may stand before ours

Request of(Act act) {
  Request request;
  request.act = act;
  return request;
}

Request configure(const Config& config) {
  auto request = of(Act::configure);
  request.alert_mode = config.alert_mode;
  request.truncation = config.truncation;
  request.queue_length = config.queue_length;
  return request;
}

std::string size(std::uint32_t octets) {
  return octets == 0 ? "packets whole" : std::to_string(octets) + " octets of a packet";
}

/// One origin: whether it is ours now. EAGAIN: somebody was faster, and it is not.
Result<bool> start_one(const Monitor& monitor, bool software) {
  auto request = of(Act::start);
  (software ? request.software : request.hardware) = true;
  auto started = monitor.act(request);
  if (started) return true;
  if (started.error().code == EAGAIN) return false;
  return std::move(started).error();
}

std::string joined(const Config& config) {
  return "monitoring runs already, started by somebody else: joined, and left running at the end; "
         "its settings stay: " +
         size(config.truncation) + ", " + std::to_string(config.queue_length) +
         " packets queued. To end it: dropwatch, and there `stop`";
}

}  // namespace

Error only_summaries() {
  return {EBUSY,
          "dropmon: monitoring runs already, in alert mode `summary`: it tells of no packets",
          "dropwatch, and there `stop`"};
}

Status Monitor::act(Request request) const {
  request.family = sockets_.family;
  const auto* begin = reinterpret_cast<const std::uint8_t*>(&request);
  return privileged_.act(kind_, sockets_.requests.get(), {begin, sizeof request});
}

Result<bool> Monitor::is_running() const {
  auto running = act(of(Act::is_running));
  if (running) return true;
  if (running.error().code == ENODATA) return false;
  return std::move(running).error();
}

Result<std::vector<std::uint8_t>> Monitor::ask(Act act_) const {
  if (auto asked = act(of(act_)); !asked) return std::move(asked).error();
  netlink::Receiver receiver(slot, 1);
  std::vector<std::uint8_t> datagram;
  receiver.tap([&](const netlink::Receiver::Raw& raw) {
    datagram.assign(raw.octets.begin(), raw.octets.end());
  });
  const auto wanted = act_ == Act::ask_config ? Command::config : Command::stats;
  for (int i = 0; i < answers_at_most; ++i) {
    bool found = false;
    auto read = receiver.read(sockets_.requests.get(), 1, [&](const netlink::Message& m) {
      found = m.type == sockets_.family && command_of(m.payload) == wanted;
    });
    if (!read) return std::move(read).error();
    if (found) return datagram;
    if (read->error == EOPNOTSUPP)
      return Error{EPROTONOSUPPORT,
                   "dropmon: this kernel's monitor has no alert mode `packet` (Linux 5.4)",
                   {}};
    if (read->empty) break;
  }
  return Error{ETIMEDOUT, "dropmon: the kernel's monitor does not answer", {}};
}

Result<Config> Monitor::config() const {
  auto datagram = ask(Act::ask_config);
  if (!datagram) return std::move(datagram).error();
  std::optional<Config> config;
  (void)netlink::each_message(*datagram,
                              [&](const netlink::Message& m) { config = read_config(m.payload); });
  if (!config) return Error{EPROTO, "dropmon: the monitor's configuration cannot be read", {}};
  return *config;
}

Result<Ownership> start(const Monitor& monitor, const Config& wanted, bool software,
                        bool hardware) {
  Ownership ours;
  auto before = monitor.config();
  if (!before) return std::move(before).error();
  ours.before = *before;
  auto configured = monitor.act(configure(wanted));
  if (!configured && configured.error().code != EBUSY) return std::move(configured).error();
  if (configured && software) {
    auto started = start_one(monitor, true);
    if (!started) {
      (void)monitor.act(configure(ours.before));
      return std::move(started).error();
    }
    ours.software = *started;
  }
  if (configured && hardware && ours.software == software) {
    auto started = start_one(monitor, false);
    if (started) {
      ours.hardware = *started;
    } else if (!software) {
      (void)monitor.act(configure(ours.before));
      return std::move(started).error();
    } else {
      ours.notes.push_back("of software only: " + started.error().what);
    }
  }
  if (ours.any()) return ours;
  // Somebody else's. What it is set to cannot change while it runs.
  auto theirs = monitor.config();
  if (!theirs) return std::move(theirs).error();
  if (theirs->alert_mode != NET_DM_ALERT_MODE_PACKET) return only_summaries();
  ours.notes.push_back(joined(*theirs));
  return ours;
}

void stop(const Monitor& monitor, const Ownership& ours) noexcept {
  if (!ours.any()) return;
  auto request = of(Act::stop);
  request.software = ours.software;
  request.hardware = ours.hardware;
  (void)monitor.act(request);
  (void)monitor.act(configure(ours.before));  // EBUSY: what somebody else started goes on
}

}  // namespace netweir::dropmon
