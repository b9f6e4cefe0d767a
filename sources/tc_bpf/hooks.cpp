// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc_bpf/hooks.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace netweir::tc_bpf {

extern const SourceKind kind;

namespace {

// Linux 6.6 and later (linux/bpf.h): of enum bpf_attach_type, a flag, and the part of union
// bpf_attr that makes a link of tcx.
constexpr std::uint32_t tcx_ingress = 46, tcx_egress = 47;
constexpr std::uint32_t before = 1U << 3;  // BPF_F_BEFORE; relative to nothing, it is the first
struct LinkCreate {
  std::uint32_t program = 0, ifindex = 0, attach_type = 0, flags = 0;
  std::uint32_t relative = 0, reserved = 0;
  std::uint64_t expected_revision = 0;
};

constexpr std::uint16_t first_priority = 1, priorities = 16;

Fd tcx_link(int program, std::uint32_t ifindex, Direction direction) noexcept {
  LinkCreate request;
  request.program = static_cast<std::uint32_t>(program);
  request.ifindex = ifindex;
  request.attach_type = direction == Direction::egress ? tcx_egress : tcx_ingress;
  request.flags = before;
  return Fd(static_cast<int>(::syscall(__NR_bpf, BPF_LINK_CREATE, &request, sizeof request)));
}

Error tcx_failed(int code) {
  std::string mend;
  if (code == EPERM || code == EACCES) mend = "run as root, or give it CAP_BPF and CAP_NET_ADMIN";
  if (code == EINVAL || code == EOPNOTSUPP) mend = "attach: clsact, or Linux 6.6 or later";
  return {code, "attach by tcx: " + std::generic_category().message(code), std::move(mend)};
}

}  // namespace

Hooks::Hooks(Privileged& privileged, const NetnsName& netns, const Program& program, Route& route,
             const Settings& settings)
    : privileged_(privileged),
      netns_(netns),
      program_(program),
      route_(route),
      attach_(settings.attach) {
  if (settings.ingress) directions_.push_back(Direction::ingress);
  if (settings.egress) directions_.push_back(Direction::egress);
}

Status Hooks::act(const Request& request) {
  return privileged_.act(kind, route_.fd(),
                         {reinterpret_cast<const std::uint8_t*>(&request), sizeof request});
}

Result<Attached> Hooks::attach(std::uint32_t ifindex) {
  Attached to;
  to.ifindex = ifindex;
  to.made = remove_leftovers(ifindex);
  if (attach_ != Attach::clsact) {
    auto linked = add_links(to);
    if (linked) {
      if (to.made) remove_empty_clsact(ifindex);
      return to;
    }
    to.sides.clear();
    const int code = linked.error().code;
    if (attach_ == Attach::tcx || (code != EINVAL && code != EOPNOTSUPP))
      return std::move(linked).error();
    attach_ = Attach::clsact;
  }
  auto added = add_filters(to);
  if (added) return to;
  detach(to);
  return std::move(added).error();
}

Status Hooks::add_links(Attached& to) {
  int code = 0;
  // The index is one of the namespace that the thread is in.
  auto entered = privileged_.in_namespace(netns_, [&] {
    for (const auto direction : directions_) {
      auto link = tcx_link(program_.fd(direction), to.ifindex, direction);
      if (!link) {
        code = errno;
        return;
      }
      to.sides.push_back({direction, std::move(link)});
    }
  });
  if (!entered) return entered;
  if (code == 0) return Ok{};
  return tcx_failed(code);
}

Status Hooks::add_filters(Attached& to) {
  if (auto claimed = claim(); !claimed) return claimed;
  auto qdisc = route_.qdisc(to.ifindex);
  if (qdisc.empty()) {
    auto added = act({.act = Request::Act::add_qdisc, .ifindex = to.ifindex});
    if (!added && added.error().code != EEXIST) return added;
    to.made = to.made || added;
    qdisc = route_.qdisc(to.ifindex);
  }
  for (const auto direction : directions_) {
    if (direction == Direction::egress && qdisc != "clsact")
      return Error{EBUSY, "its qdisc `" + qdisc + "` has no egress",
                   "replace it by clsact: tc qdisc replace dev NAME clsact"};
    if (auto added = add_filter(to.ifindex, to.made, direction); !added) return added;
    to.sides.push_back({.direction = direction, .filter = true});
  }
  return Ok{};
}

Status Hooks::add_filter(std::uint32_t ifindex, bool made, Direction direction) {
  Request request{.act = Request::Act::add_filter,
                  .ifindex = ifindex,
                  .parent = parent_of(direction),
                  .program = program_.fd(direction)};
  const auto name = owner_->filter_name(made);
  std::copy_n(name.begin(), std::min(name.size(), request.name.size() - 1), request.name.begin());
  Status added = Error{EBUSY, "no priority is left for a filter of cls_bpf", {}};
  for (std::uint16_t i = 0; i < priorities; ++i) {
    request.priority = static_cast<std::uint16_t>(first_priority + i);
    // Filters of cls_bpf share a priority; those of another kind, or for one protocol, have theirs
    // alone.
    for (request.handle = 1; request.handle <= priorities; ++request.handle) {
      added = act(request);
      if (added || added.error().code != EEXIST) break;
    }
    if (added) return added;
    if (added.error().code != EINVAL && added.error().code != EEXIST) return added;
  }
  return added;
}

bool Hooks::remove(std::uint32_t ifindex, const std::function<bool(std::string_view token)>& goes) {
  bool made = false;
  for (const auto direction : {Direction::ingress, Direction::egress}) {
    for (const auto& filter : route_.filters(ifindex, direction)) {
      const auto name = read_filter_name(filter.name);
      if (!name || filter.handle == 0) continue;
      made = made || name->made;
      if (!goes(name->token)) continue;
      (void)act({.act = Request::Act::delete_filter,
                 .ifindex = ifindex,
                 .parent = parent_of(direction),
                 .priority = filter.priority,
                 .handle = filter.handle});
    }
  }
  return made;
}

bool Hooks::remove_leftovers(std::uint32_t ifindex) {
  if (route_.qdisc(ifindex).empty()) return false;
  return remove(ifindex, [this](std::string_view token) {
    bool gone = false;
    auto entered = privileged_.in_namespace(netns_, [&] { gone = is_gone(token); });
    return entered && gone;
  });
}

void Hooks::remove_empty_clsact(std::uint32_t ifindex) {
  if (route_.qdisc(ifindex) != "clsact") return;
  for (const auto direction : {Direction::ingress, Direction::egress}) {
    if (!route_.filters(ifindex, direction).empty()) return;
  }
  (void)act({.act = Request::Act::delete_qdisc, .ifindex = ifindex});
}

void Hooks::detach(Attached& attached) {
  const bool filters = std::any_of(attached.sides.begin(), attached.sides.end(),
                                   [](const Attached::Side& side) { return side.filter; });
  attached.sides.clear();
  if (filters && owner_)
    (void)remove(attached.ifindex, [this](std::string_view token) { return owner_->has(token); });
  if (attached.made && !uses_tcx()) remove_empty_clsact(attached.ifindex);
  attached.made = false;
}

Status Hooks::claim() {
  if (owner_) return Ok{};
  std::optional<Result<Owner>> claimed;
  auto entered = privileged_.in_namespace(netns_, [&] { claimed.emplace(Owner::claim()); });
  if (!entered) return entered;
  if (!*claimed) return std::move(*claimed).error();
  owner_ = std::move(**claimed);
  return Ok{};
}

}  // namespace netweir::tc_bpf
