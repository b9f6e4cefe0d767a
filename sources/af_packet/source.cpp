// SPDX-License-Identifier: GPL-2.0-or-later
#include "af_packet/source.h"

#include <linux/net_tstamp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

#include "os/link_commands.h"
#include "os/privileged.h"

namespace netweir::af_packet {
namespace {

constexpr std::chrono::milliseconds look_interval{250};

/// `group` is nothing for the first socket, whose group the kernel chooses and names; it may be 0.
Status share(const Fd& socket, const Options& options, std::optional<std::uint16_t>& group) {
  fanout_args request{};
  request.id = group.value_or(0);
  request.type_flags =
      static_cast<std::uint16_t>(options.fanout | (group ? 0 : PACKET_FANOUT_FLAG_UNIQUEID));
  // An older kernel knows no max_num_members, which the flag for one's own group came with.
  constexpr socklen_t size = sizeof(std::uint32_t);
  if (::setsockopt(socket.get(), SOL_PACKET, PACKET_FANOUT, &request, size) != 0)
    return refused(options, "share the packets among sockets", errno);
  if (group) return Ok{};
  std::uint32_t chosen = 0;
  socklen_t length = sizeof chosen;
  if (::getsockopt(socket.get(), SOL_PACKET, PACKET_FANOUT, &chosen, &length) != 0)
    return refused(options, "share the packets among sockets", errno);
  group = static_cast<std::uint16_t>(chosen);
  return Ok{};
}

}  // namespace

PacketSource::PacketSource(const Options& options, const SourceContext& context)
    : options_(options),
      id_(context.id),
      links_(context.links),
      losses_(context.id, context.now,
              "packets are lost with a buffer of this size: see receive_buffer"),
      next_look_(context.now.age + look_interval) {
  if (options.receive == Receive::recvmmsg) batch_.emplace(options.snaplen);
  for (auto& f : frames_) {
    f.source = id_;
    f.one_in = options.sample;
  }
}

Result<std::unique_ptr<Source>> PacketSource::open(const Options& options,
                                                   const SourceContext& context) {
  auto netns = NetnsName::checked(options.netns);
  if (!netns) return std::move(netns).error();
  std::unique_ptr<PacketSource> source(new PacketSource(options, context));
  Status started = Ok{};
  auto entered =
      context.privileged.in_namespace(*netns, [&] { started = source->start(context.privileged); });
  if (!entered) return std::move(entered).error();
  if (!started) return std::move(started).error();
  return std::unique_ptr<Source>(std::move(source));
}

Status PacketSource::start(Privileged& privileged) {
  auto compiled = program(options_);
  if (!compiled) return std::move(compiled).error();
  std::optional<std::uint16_t> group;
  for (std::uint32_t i = 0; i < options_.sockets; ++i) {
    if (auto added = add_socket(privileged, group); !added) return added;
  }
  // Not before all share: the first ones would have the packets of the others.
  for (const auto& tap : taps_) {
    if (auto attached = attach(tap.socket, *compiled, options_); !attached) return attached;
  }
  switch_on_device();
  return wait_for_all();
}

void PacketSource::switch_on_device() {
  if (options_.stamps == Stamps::software) return;
  auto clock = DeviceClock::on(device_call(taps_[0].socket.get()), options_.interface, false);
  if (clock) {
    clock_.emplace(*std::move(clock));
    return;
  }
  const auto& why = clock.error();
  note_ = why.what + "; the kernel's are taken; try: " + why.mend;
}

Status PacketSource::add_socket(Privileged& privileged, std::optional<std::uint16_t>& group) {
  auto socket = open_socket(options_);
  if (!socket) return std::move(socket).error();
  Tap tap{*std::move(socket)};
  if (options_.receive == Receive::ring) {
    const int stamps = SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_SOFTWARE;
    if (options_.stamps == Stamps::hardware &&
        ::setsockopt(tap.socket.get(), SOL_PACKET, PACKET_TIMESTAMP, &stamps, sizeof stamps) != 0)
      return refused(options_, "ask for timestamps", errno);
    auto ring = Ring::map(tap.socket, options_);
    if (!ring) return std::move(ring).error();
    tap.ring.emplace(*std::move(ring));
  } else {
    if (auto prepared = Batch::prepare(tap.socket, options_); !prepared) return prepared;
    auto buffer = privileged.receive_buffer(tap.socket.get(), options_.buffer);
    if (!buffer) return std::move(buffer).error();
  }
  auto joined = join(tap.socket, options_);
  if (!joined) return std::move(joined).error();
  interface_ = *joined;
  if (options_.sockets > 1) {
    if (auto shared = share(tap.socket, options_, group); !shared) return shared;
  }
  taps_.push_back(std::move(tap));
  return Ok{};
}

Status PacketSource::wait_for_all() {
  if (taps_.size() == 1) return Ok{};
  all_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!all_) return refused(options_, "wait for several sockets", errno);
  for (const auto& tap : taps_) {
    epoll_event event{};
    event.events = EPOLLIN;
    if (::epoll_ctl(all_.get(), EPOLL_CTL_ADD, tap.socket.get(), &event) != 0)
      return refused(options_, "wait for several sockets", errno);
  }
  return Ok{};
}

int PacketSource::fd() const { return taps_.size() == 1 ? taps_[0].socket.get() : all_.get(); }

int PacketSource::take(Tap& tap, std::size_t most, const Now& now, Intake& intake) {
  const auto room = std::span(frames_).first(std::min(most, frames_.size()));
  const int got = tap.ring ? static_cast<int>(tap.ring->take(room, link_))
                           : batch_->take(tap.socket, room, link_, options_.stamps, now.wall);
  if (got > 0) {
    taken_ += static_cast<std::uint64_t>(got);
    intake.frames(room.first(static_cast<std::size_t>(got)));
  }
  if (tap.ring) tap.ring->release();
  return got;
}

Result<Drained> PacketSource::drain(const Now& now, std::size_t budget, Intake& intake) {
  if (!note_.empty()) intake.note({id_, Note::Level::warning, std::exchange(note_, {})});
  // The link table may hear of the interface after we did.
  if (link_ == 0) link_ = links_.by_index(interface_.index);
  const auto most = std::max<std::size_t>(budget, 1);
  std::size_t got = 0;
  for (std::size_t i = 0; i < taps_.size() && got < most; ++i) {
    auto& tap = taps_[(turn_ + i) % taps_.size()];
    while (got < most) {
      const int n = take(tap, most - got, now, intake);
      if (n <= 0) break;  // an error is forgotten by now; trouble() says whether it matters
      got += static_cast<std::size_t>(n);
    }
  }
  turn_ = (turn_ + 1) % taps_.size();
  if (next_look_ <= now.age) look(now, intake);
  // Only where nothing came can an error have woken us.
  if (got == 0) {
    if (auto error = trouble()) return *std::move(error);
  }
  return got < most ? Drained::idle : Drained::more;
}

std::optional<Error> PacketSource::trouble() {
  // A socket whose interface went down goes on when it is up again.
  for (const auto& tap : taps_) (void)take_error(tap.socket);
  if (is_there(taps_[0].socket, interface_.index)) return std::nullopt;
  return Error{ENODEV, "interface " + options_.interface + " is gone", list_links(options_.netns)};
}

void PacketSource::look(const Now& now, Intake& intake) {
  next_look_ = now.age + look_interval;
  std::uint64_t lost = 0;
  for (const auto& tap : taps_) {
    const auto counted = take_counts(tap.socket);
    offered_ += counted.packets;
    lost += counted.dropped;
  }
  lost_ += lost;
  losses_.tell(now, lost, intake);
}

void PacketSource::stop(const Now& now, Intake& intake) {
  for (const auto& tap : taps_) refuse_all(tap.socket);
  // The last block comes when its time is over. The kernel has said how many there are.
  for (int waits = 0; waits < 50; ++waits) {
    for (auto& tap : taps_) {
      while (take(tap, frames_.size(), now, intake) > 0) {
      }
    }
    look(now, intake);
    if (taken_ + lost_ >= offered_) return;
    pollfd wait{fd(), POLLIN, 0};
    (void)::poll(&wait, 1, static_cast<int>(2 * Ring::patience.count()));
  }
}

}  // namespace netweir::af_packet
