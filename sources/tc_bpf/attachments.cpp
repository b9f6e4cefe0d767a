// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc_bpf/attachments.h"

#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "os/pattern.h"

namespace netweir::tc_bpf {
namespace {

constexpr std::size_t reads_at_most = 256;

/// Whether its packets begin with an IP header (true) or an Ethernet header (false).
std::optional<bool> begins_with_ip(std::uint16_t type) noexcept {
  switch (type) {
    case ARPHRD_ETHER:
    case ARPHRD_LOOPBACK:
      return false;
    case ARPHRD_NONE:
    case ARPHRD_RAWIP:
      return true;
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<std::unique_ptr<Attachments>> Attachments::open(Privileged& privileged,
                                                       const NetnsName& netns, Program& program,
                                                       const Settings& settings) {
  NetlinkSocket socket;
  socket.protocol = NETLINK_ROUTE;
  socket.netns = netns;
  auto route = privileged.netlink_socket(socket);
  if (!route) return std::move(route).error();
  socket.groups[0] = RTNLGRP_LINK;
  auto monitor = privileged.netlink_socket(socket);
  if (!monitor) return std::move(monitor).error();
  std::unique_ptr<Attachments> made(new Attachments(privileged, netns, program, settings,
                                                    *std::move(monitor), *std::move(route)));
  if (auto looked = made->look(); !looked) return std::move(looked).error();
  return made;
}

Attachments::Attachments(Privileged& privileged, const NetnsName& netns, Program& program,
                         const Settings& settings, Fd monitor, Fd route)
    : program_(program),
      settings_(settings),
      monitor_(std::move(monitor)),
      route_(std::move(route)),
      hooks_(privileged, netns, program, route_, settings) {}

Attachments::~Attachments() { detach_all(); }

bool Attachments::changed() {
  bool any = false;
  for (std::size_t i = 0; i < reads_at_most; ++i) {
    // One that comes with the index and the name of one that went is another.
    auto read = receiver_.read(monitor_.get(), 1, [this](const netlink::Message& m) {
      ifinfomsg head;
      if (m.type != RTM_DELLINK || m.payload.size() < sizeof head) return;
      std::memcpy(&head, m.payload.data(), sizeof head);
      // A bridge's that a port leaves it is of family AF_BRIDGE.
      if (head.ifi_family == AF_UNSPEC) forget(static_cast<std::uint32_t>(head.ifi_index));
    });
    // What was lost of it is found by looking.
    any = any || !read || read->datagrams > 0 || read->overruns > 0;
    if (!read || read->empty) break;
  }
  return any;
}

Status Attachments::look() {
  auto listed = route_.interfaces();
  if (!listed) {
    if (looked_ && listed.error().code == EINTR) return Ok{};  // whatever changed says so
    return std::move(listed).error();
  }
  std::map<std::uint32_t, const Interface*> wanted;
  for (const auto& interface : *listed) {
    if (settings_.wants(interface.name)) wanted.emplace(interface.ifindex, &interface);
  }
  for (auto it = attached_.begin(); it != attached_.end();) {
    const auto ifindex = it->first;
    const auto same = wanted.find(ifindex);
    const bool stays = same != wanted.end() && same->second->name == it->second.name;
    ++it;
    if (!stays) drop(ifindex);
  }
  std::erase_if(seen_, [&](const auto& one) {
    const auto same = wanted.find(one.first);
    return same == wanted.end() || same->second->name != one.second;
  });
  Status problem = Ok{};
  for (const auto& [ifindex, interface] : wanted) {
    if (attached_.contains(ifindex) || seen_.contains(ifindex)) continue;
    if (attached_.size() == attached_at_most) {
      if (!std::exchange(full_, true))
        notes_.emplace_back(Note::Level::warning, "attached to " +
                                                      std::to_string(attached_at_most) +
                                                      " interfaces; those beyond are left out");
      break;
    }
    if (auto added = add(*interface); !added) problem = std::move(added);
  }
  tell_missing();
  looked_ = true;
  // Their packets may still be in the ring; how many are kept of those that are gone is bounded.
  if (raw_.size() > 2 * attached_at_most)
    std::erase_if(raw_, [&](std::uint32_t ifindex) { return !attached_.contains(ifindex); });
  if (!attached_.empty()) return Ok{};
  if (!problem) return problem;
  if (settings_.has_pattern()) return Ok{};
  return Error{ENODEV, "there is no interface " + settings_.interfaces.front(), "ip link"};
}

void Attachments::drop(std::uint32_t ifindex) {
  const auto it = attached_.find(ifindex);
  if (it == attached_.end()) return;
  hooks_.detach(it->second.attached);
  forget(ifindex);
}

void Attachments::forget(std::uint32_t ifindex) {
  if (attached_.erase(ifindex) > 0) (void)program_.rate(ifindex, std::nullopt);
  seen_.erase(ifindex);
}

Status Attachments::add(const Interface& interface) {
  const auto raw = begins_with_ip(interface.type);
  if (!raw) {
    auto refused = refuse(interface, {EPROTONOSUPPORT,
                                      "interface " + interface.name + " has a link type of " +
                                          std::to_string(interface.type) +
                                          " (linux/if_arp.h), neither Ethernet nor IP",
                                      {}});
    if (settings_.names(interface.name)) return refused;
    return Ok{};  // a pattern may match what nobody meant
  }
  const auto ifindex = interface.ifindex;
  const auto rate = settings_.rate_of(interface.name);
  const bool own = rate != settings_.sample_rate;
  if (auto set = program_.rate(ifindex, own ? std::optional(rate) : std::nullopt); !set)
    return refuse(interface, std::move(set).error());
  if (*raw) {
    raw_.insert(ifindex);
  } else {
    raw_.erase(ifindex);
  }
  auto attached = hooks_.attach(ifindex);
  if (attached) {
    attached_.emplace(ifindex, One{interface.name, *std::move(attached)});
    return Ok{};
  }
  (void)program_.rate(ifindex, std::nullopt);
  auto error = std::move(attached).error();
  if (error.code == ENODEV) return Ok{};  // it is gone again
  error.what = "interface " + interface.name + ": " + error.what;
  return refuse(interface, std::move(error));
}

Status Attachments::refuse(const Interface& interface, Error error) {
  seen_.emplace(interface.ifindex, interface.name);
  notes_.emplace_back(Note::Level::warning,
                      error.what + (error.mend.empty() ? "" : "; try: " + error.mend));
  return error;
}

void Attachments::tell_missing() {
  for (const auto& name : settings_.interfaces) {
    const bool there =
        std::any_of(attached_.begin(), attached_.end(),
                    [&](const auto& one) { return is_like(one.second.name, name); }) ||
        std::any_of(seen_.begin(), seen_.end(),
                    [&](const auto& one) { return is_like(one.second, name); });
    if (there) {
      missing_.erase(name);
    } else if (missing_.insert(name).second) {
      notes_.emplace_back(
          Note::Level::info,
          is_pattern(name) ? "no interface matches " + name + "; one that comes is attached to"
                           : "there is no interface " + name + "; when it comes it is attached to");
    }
  }
}

std::vector<std::pair<Note::Level, std::string>> Attachments::notes() {
  return std::exchange(notes_, {});
}

void Attachments::detach_all() {
  while (!attached_.empty()) drop(attached_.begin()->first);
}

}  // namespace netweir::tc_bpf
