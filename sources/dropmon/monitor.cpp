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

/// dropwatch's words; it stops software drops alone unless told otherwise.
constexpr char stop_command[] = R"(printf 'set sw true\nset hw true\nstop\nexit\n' | dropwatch)";
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

std::string joined(const Config& config) {
  return "monitoring runs already, started by somebody else: joined, and left running at the end; "
         "its settings stay: " +
         size(config.truncation) + ", " + std::to_string(config.queue_length) +
         " packets queued. To end it: " + stop_command;
}

}  // namespace

Error only_summaries() {
  return {EBUSY,
          "dropmon: monitoring runs already, in alert mode `summary`: it tells of no packets",
          stop_command};
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

/// EAGAIN: somebody else's monitoring of that origin runs.
Result<bool> Monitor::start(bool software) const {
  auto request = of(Act::start);
  (software ? request.software : request.hardware) = true;
  auto started = act(request);
  if (started) return true;
  if (started.error().code == EAGAIN) return false;
  return std::move(started).error();
}

Result<Ownership> start(const Monitor& monitor, const Config& wanted, bool software,
                        bool hardware) {
  Ownership ours;
  ours.wants_software = software;
  ours.wants_hardware = hardware;
  auto before = monitor.config();
  if (!before) return std::move(before).error();
  ours.before = *before;
  auto configured = monitor.act(configure(wanted));
  if (!configured) {
    if (configured.error().code != EBUSY) return std::move(configured).error();
    // Somebody else's. What it is set to cannot change while it runs.
    if (before->alert_mode != NET_DM_ALERT_MODE_PACKET) return only_summaries();
    ours.notes.push_back(joined(*before));
  }
  if (software) {
    auto started = monitor.start(true);
    if (!started) {
      stop(monitor, ours);
      return std::move(started).error();
    }
    ours.software = *started;
  }
  if (hardware) {
    auto started = monitor.start(false);
    if (started) {
      ours.hardware = *started;
    } else if (!software) {
      stop(monitor, ours);
      return std::move(started).error();
    } else {
      ours.wants_hardware = false;
      ours.notes.push_back("of software only: " + started.error().what);
    }
  }
  return ours;
}

Result<bool> keep(const Monitor& monitor, Ownership& ours) {
  auto running = monitor.is_running();
  if (!running) return std::move(running).error();
  if (!*running) {
    ours.software = ours.hardware = false;
    return false;
  }
  for (const bool software : {true, false}) {
    if (!(software ? ours.wants_software : ours.wants_hardware)) continue;
    auto started = monitor.start(software);
    if (!started) return std::move(started).error();
    if (!*started) continue;
    (software ? ours.software : ours.hardware) = true;
    ours.notes.push_back(std::string("somebody else stopped the monitoring of ") +
                         (software ? "software" : "hardware") + " drops: started again");
  }
  return true;
}

void stop(const Monitor& monitor, const Ownership& ours) noexcept {
  if (ours.any()) {
    auto request = of(Act::stop);
    request.software = ours.software;
    request.hardware = ours.hardware;
    (void)monitor.act(request);
  }
  (void)monitor.act(configure(ours.before));  // EBUSY: what somebody else started goes on
}

}  // namespace netweir::dropmon
