// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/monitors.h"

#include <algorithm>
#include <utility>

#include "netlink/family_monitor.h"

namespace netweir::run {
namespace {

constexpr auto again = std::chrono::seconds{1};

std::string_view without(Monitors::What what) {
  return what == Monitors::What::links ? "interface names are not known: "
                                       : "modules that are loaded are found by retrying only: ";
}

}  // namespace

struct Monitors::One {
  What what;
  std::string netns;
  std::unique_ptr<netlink::Monitor> life;
  AgeTime next = AgeTime::min();
  bool said = false;
};

Monitors::Monitors(Loop& loop, Privileged& privileged, netlink::LinkTable& links,
                   const Report& report, Recorder* recorder, Changed changed)
    : loop_(loop),
      privileged_(privileged),
      links_(links),
      report_(report),
      recorder_(recorder),
      changed_(std::move(changed)) {}

Monitors::~Monitors() = default;

void Monitors::want(What what, std::string_view netns, const Now& now) {
  const auto known = std::any_of(all_.begin(), all_.end(), [&](const auto& one) {
    return one->what == what && one->netns == netns;
  });
  if (known) return;
  all_.push_back(std::make_unique<One>());
  auto& one = *all_.back();
  one.what = what;
  one.netns = netns;
  open(one, now);
}

AgeTime Monitors::turn(const Now& now) {
  AgeTime next = AgeTime::max();
  for (auto& one : all_) {
    if (!one->life && one->next <= now.age) open(*one, now);
    if (!one->life) next = std::min(next, one->next);
  }
  return next;
}

Result<std::unique_ptr<netlink::Monitor>> Monitors::make(const One& one, WallTime at) {
  if (one.what == What::links) {
    auto life = netlink::LinkMonitor::open(
        privileged_, one.netns, links_,
        recorder_ == nullptr ? nullptr : recorder_->links(one.netns), at);
    if (!life) return std::move(life).error();
    return std::unique_ptr<netlink::Monitor>(std::move(*life));
  }
  auto life = netlink::FamilyMonitor::open(privileged_, one.netns);
  if (!life) return std::move(life).error();
  return std::unique_ptr<netlink::Monitor>(std::move(*life));
}

void Monitors::open(One& one, const Now& now) {
  one.next = now.age + again;
  auto life = make(one, now.wall);
  if (!life) {
    if (!std::exchange(one.said, true))
      report_(Note::Level::warning, std::string(without(one.what)) + life.error().what);
    return;
  }
  auto watched =
      loop_.watch((*life)->fd(), [this, which = &one](const Now& at) { drain(*which, at); });
  if (!watched) return;
  one.life = std::move(*life);
  one.said = false;
  changed_(now);
}

void Monitors::drain(One& one, const Now& now) {
  auto changed = one.life->drain(now.wall);
  if (!changed) {
    loop_.forget(one.life->fd());
    one.life.reset();
    one.next = now.age + again;
    return;
  }
  // Any message about a link: one that only came up changes no name.
  if (*changed || one.what == What::links) changed_(now);
}

}  // namespace netweir::run
