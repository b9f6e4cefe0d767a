// SPDX-License-Identifier: GPL-2.0-or-later
#include "tc_bpf/source.h"

#include <linux/membarrier.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "netlink/causes.h"
#include "tc_bpf/decode.h"

namespace netweir::tc_bpf {
namespace {

constexpr std::chrono::milliseconds look_interval{250};
constexpr std::chrono::milliseconds interfaces_interval{100};  // a dump of all of them costs
constexpr int waits_at_most = 100;                             // milliseconds

bool watch(const Fd& epoll, int fd) noexcept {
  epoll_event event{};
  event.events = EPOLLIN;
  return ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

TcBpfSource::TcBpfSource(Settings settings, Program program, Ring ring, Fd epoll,
                         const SourceContext& context)
    : settings_(std::move(settings)),
      program_(std::move(program)),
      ring_(std::move(ring)),
      epoll_(std::move(epoll)),
      id_(context.id),
      links_(context.links),
      losses_(context.id, context.now,
              "packets are lost with a ring of this size: see receive_buffer, sample_rate"),
      next_look_(context.now.age + look_interval) {}

Result<std::unique_ptr<Source>> TcBpfSource::open(const Settings& settings,
                                                  const SourceContext& context) {
  auto netns = NetnsName::checked(settings.netns);
  if (!netns) return std::move(netns).error();
  auto program = Program::load({.snaplen = settings.snaplen,
                                .sample_rate = settings.sample_rate,
                                .rate_by_interface = !settings.interface_sample_rate.empty(),
                                .ring = settings.ring});
  if (!program) return std::move(program).error();
  auto ring = Ring::map(program->ring(), settings.ring);
  if (!ring) return std::move(ring).error();
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  const int ring_fd = program->ring();
  std::unique_ptr<TcBpfSource> source(
      new TcBpfSource(settings, *std::move(program), *std::move(ring), std::move(epoll), context));
  auto attachments =
      Attachments::open(context.privileged, *netns, source->program_, source->settings_);
  if (!attachments) return std::move(attachments).error();
  source->attachments_ = *std::move(attachments);
  if (!source->epoll_ || !watch(source->epoll_, ring_fd) ||
      !watch(source->epoll_, source->attachments_->fd())) {
    const int code = errno;
    return Error{code, "wait for the ring buffer: " + std::generic_category().message(code), {}};
  }
  return std::unique_ptr<Source>(std::move(source));
}

std::size_t TcBpfSource::take(const Now& now, std::size_t budget, Intake& intake) {
  // Both clocks were read together: the offset is exact to what either was set since the packet.
  const auto wall = now.wall.time_since_epoch() - now.age.time_since_epoch();
  std::size_t count = 0;
  std::uint32_t ifindex = 0;
  LinkId link = 0;
  const auto taken = ring_.take(std::min(budget, frames_a_batch), [&](Bytes record) {
    auto& frame = frames_[count];
    const auto index = decode(record, wall, frame, extras_[count]);
    if (index == 0) return;
    if (index != ifindex) {
      ifindex = index;
      link = links_.by_index(index);
    }
    (frame.direction == Direction::egress ? frame.out : frame.in) = link;
    if (attachments_->is_raw(index)) frame.link = linktype::raw;
    frame.source = id_;
    ++count;
  });
  if (count > 0) intake.frames(std::span<const Frame>(frames_).first(count));
  ring_.release();
  received_ += taken;
  if (const auto rejected = taken - count; rejected > 0) {
    Counts counts;
    counts.source = id_;
    counts.rejected = rejected;
    intake.count(counts);
  }
  return taken;
}

Result<Drained> TcBpfSource::drain(const Now& now, std::size_t budget, Intake& intake) {
  const netlink::Memory before{static_cast<std::uint32_t>(ring_.queued()),
                               static_cast<std::uint32_t>(ring_.size()), 0};
  std::size_t got = 0;
  const auto most = std::max<std::size_t>(budget, 1);
  while (got < most) {
    const auto taken = take(now, most - got, intake);
    got += taken;
    if (taken == 0 && !ring_.ready()) break;
  }
  count_losses(now, intake);
  if (nap_.update(now.age, before, got) && !watch_ring(!nap_.napping())) {
    const int code = errno;
    return Error{code, "wait for the ring buffer: " + std::generic_category().message(code), {}};
  }
  // Woken by nothing in the ring: an interface has changed.
  if (got == 0 || next_look_ <= now.age)
    interfaces_changed_ = attachments_->changed() || interfaces_changed_;
  if (next_look_ <= now.age) next_look_ = now.age + look_interval;
  if (auto looked = look_at_interfaces(now); !looked) return std::move(looked).error();
  for (const auto& [level, text] : attachments_->notes()) intake.note({id_, level, text});
  return ring_.ready() ? Drained::more : Drained::idle;
}

Status TcBpfSource::look_at_interfaces(const Now& now) {
  if (!interfaces_changed_ || now.age < interfaces_at_) return Ok{};
  interfaces_changed_ = false;
  interfaces_at_ = now.age + interfaces_interval;
  return attachments_->look();
}

bool TcBpfSource::watch_ring(bool on) noexcept {
  program_.wakes(on);
  if (on) return watch(epoll_, program_.ring());
  return ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, program_.ring(), nullptr) == 0;
}

std::optional<AgeTime> TcBpfSource::deadline() const {
  auto due = nap_.napping() ? std::min(next_look_, nap_.wake()) : next_look_;
  if (interfaces_changed_) due = std::min(due, interfaces_at_);
  return due;
}

void TcBpfSource::count_losses(const Now& now, Intake& intake) {
  const auto all = program_.counts().lost;
  const auto lost = all - std::exchange(lost_, all);
  losses_.tell(now, lost, intake);
}

void TcBpfSource::stop(const Now& now, Intake& intake) {
  program_.switch_off();
  // Until the programs that run now have ended (a grace period of RCU); where a kernel with
  // nohz_full has none to offer, the counts tell.
  (void)::syscall(__NR_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
  for (int waits = 0; waits < waits_at_most; ++waits) {
    while (take(now, frames_a_batch, intake) > 0 || ring_.ready()) {
    }
    count_losses(now, intake);
    if (received_ + lost_ == program_.counts().chosen) break;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  const auto chosen = program_.counts().chosen;
  if (const auto known = received_ + lost_; known < chosen) {
    intake.loss({id_, Unit::packets, chosen - known, false, netlink::cause_receive_buffer,
                 losses_.told(), now.wall});
  }
  attachments_->detach_all();
}

}  // namespace netweir::tc_bpf
