// SPDX-License-Identifier: GPL-2.0-or-later
#include "psample/source.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "netlink/generic.h"
#include "netlink/nap.h"
#include "netlink/overflow.h"
#include "netlink/receiver.h"
#include "netlink/socket_tap.h"
#include "os/privileged.h"
#include "psample/decoder.h"

namespace netweir::psample {
namespace {

constexpr std::size_t slots = 64, control_slots = 4;
constexpr std::chrono::milliseconds check_every{250};
constexpr std::chrono::milliseconds control_every{50};
constexpr std::chrono::seconds missing_for{10};
constexpr std::chrono::seconds group_note_every{1};

class PsampleSource final : public Source {
 public:
  PsampleSource(const SourceConfig& config, const SourceContext& context, Sockets sockets, Fd epoll,
                std::uint32_t sender, std::uint32_t buffer)
      : id_(context.id),
        privileged_(context.privileged),
        sockets_(std::move(sockets)),
        epoll_(std::move(epoll)),
        receiver_(slot, slots, sender),
        control_receiver_(slot, control_slots, sender),
        overflow_(context, sockets_.samples.get(), buffer,
                  netlink::Overflow::settings(config.values)),
        tap_(
            context.tap, NETLINK_GENERIC, [this] { return overflow_.drops(); }, receiver_),
        control_tap_(context.tap, NETLINK_GENERIC, {}, control_receiver_),
        decoder_(context.id, context.links, GroupSettings::from(config.values)),
        unfilled_(netlink::memory(sockets_.samples.get())),
        checked_(context.now.age),
        control_read_(context.now.age),
        quiet_since_(context.now.wall) {
    tap_.begin(context.now.wall);
    tap_.hand(sockets_.answer);
    decoder_.on_group([this](Command command, const Group& group) { changed(command, group); });
  }

  int fd() const override { return epoll_.get(); }

  std::optional<AgeTime> deadline() const override {
    return nap_.napping() ? std::min(nap_.wake(), checked_ + check_every) : checked_ + check_every;
  }

  Result<Drained> drain(const Now& now, std::size_t budget, Intake& intake) override {
    now_ = now;
    intake_ = &intake;
    std::size_t found = 0;
    const auto before = nap_.napping() ? netlink::memory(sockets_.samples.get()) : unfilled_;
    auto drained = samples(now, budget, found);
    if (!drained) return drained;
    if (*drained == Drained::idle || now.age - control_read_ >= control_every) {
      if (auto read = control(now); !read) return std::move(read).error();
    }
    if (nap_.update(now.age, before, found))
      watch(nap_.napping() ? 0U : static_cast<std::uint32_t>(EPOLLIN));
    overflow_.look(now, intake);
    decoder_.kept_one_in(overflow_.one_in());
    return drained;
  }

  void stop(const Now& now, Intake& intake) override {
    now_ = now;
    intake_ = &intake;
    overflow_.stop();
    leave(sockets_);
    std::size_t found = 0;
    (void)samples(now, static_cast<std::size_t>(-1), found);
    count_drops(now);
  }

 private:
  Result<Drained> samples(const Now& now, std::size_t budget, std::size_t& found) {
    const netlink::Receiver::Each each = [this](const netlink::Message& m) {
      if (m.type == sockets_.family)
        decoder_.message({m.type, m.flags, m.payload, now_.wall}, *intake_);
    };
    tap_.begin(now.wall);
    while (found < budget) {
      const auto want = std::min(budget - found, slots);
      auto received = receiver_.read(sockets_.samples.get(), want, each);
      decoder_.flush(*intake_);
      if (!received) return std::move(received).error();
      found += received->datagrams;
      tally(*received);
      // Fewer than asked for: that was all, and epoll tells of more without another call.
      if (received->datagrams == want || (received->datagrams == 0 && !received->empty)) continue;
      count_drops(now);
      return Drained::idle;
    }
    if (now.age - checked_ >= check_every) count_drops(now);
    return Drained::more;
  }

  Status control(const Now& now) {
    control_read_ = now.age;
    control_tap_.begin(now.wall);
    bool gone = false;
    const netlink::Receiver::Each each = [this, &gone](const netlink::Message& m) {
      if (m.type == sockets_.family)
        decoder_.message({m.type, m.flags, m.payload, now_.wall}, *intake_);
      gone = gone || (m.type == netlink::controller && concerns(m.payload, sockets_.family));
    };
    auto received = control_receiver_.read(sockets_.control.get(), control_slots, each);
    if (!received) return std::move(received).error();
    decoder_.flush(*intake_);
    if (gone) return family_gone();
    return Ok{};
  }

  void tally(const netlink::Received& received) {
    if (const auto counts = netlink::counts(received, id_)) intake_->count(*counts);
    if (received.truncated > 0) report(received.truncated, "truncated");
  }

  void count_drops(const Now& now) {
    checked_ = now.age;
    const auto drops = overflow_.drops();
    if (const std::uint32_t more = drops - drops_; more > 0) {
      drops_ = drops;
      lost_ += more;
      tap_.looked(false);
      report(more, overflow_.cause());
    }
    quiet_since_ = now.wall;
    cross_check(now);
  }

  void report(std::uint64_t count, std::string_view cause) {
    Loss loss;
    loss.source = id_;
    loss.unit = Unit::packets;
    loss.count = count;
    loss.cause = cause;
    loss.from = quiet_since_;
    loss.to = now_.wall;
    intake_->loss(loss);
  }

  /// More numbers are missing than the socket dropped, and that stays so.
  void cross_check(const Now& now) {
    if (decoder_.missing() <= lost_) {
      missing_since_ = now.age;
      return;
    }
    if (now.age - missing_since_ < missing_for || said_missing_) return;
    said_missing_ = true;
    intake_->note({id_, Note::Level::warning,
                   "sequence numbers say that " + std::to_string(decoder_.missing() - lost_) +
                       " samples were lost before they reached the socket (no memory in the "
                       "kernel?)"});
  }

  void changed(Command command, const Group& group) {
    const bool here = command == Command::new_group;
    if (!here && command != Command::del_group) return;
    if (now_.age < next_note_) return;
    next_note_ = now_.age + group_note_every;
    intake_->note({id_, Note::Level::info,
                   "group " + std::to_string(group.number) +
                       (here ? " is there" : " is gone: nothing samples into it any more")});
  }

  void watch(std::uint32_t events) {
    epoll_event e{};
    e.events = events;
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, sockets_.samples.get(), &e);
  }

  SourceId id_;
  Privileged& privileged_;
  Sockets sockets_;
  Fd epoll_;
  netlink::Receiver receiver_, control_receiver_;
  netlink::Overflow overflow_;
  netlink::SocketTap tap_, control_tap_;
  Decoder decoder_;
  netlink::Memory unfilled_;  ///< at the start
  AgeTime checked_, control_read_;
  WallTime quiet_since_;
  std::uint32_t drops_ = 0;  ///< of the socket, reported
  std::uint64_t lost_ = 0;
  netlink::Nap nap_;
  AgeTime missing_since_{}, next_note_{};
  bool said_missing_ = false;
  Now now_{};
  Intake* intake_ = nullptr;  ///< of the drain() or stop() that runs
};

}  // namespace

Result<std::unique_ptr<Source>> open_on(const SourceConfig& config, const SourceContext& context,
                                        Sockets sockets, std::uint32_t sender) {
  auto buffer = context.privileged.receive_buffer(sockets.samples.get(),
                                                  config.values.octets("receive_buffer"));
  if (!buffer) return std::move(buffer).error();
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  for (const int fd : {sockets.samples.get(), sockets.control.get()}) {
    epoll_event e{};
    e.events = EPOLLIN;
    if (!epoll || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &e) != 0) {
      const int code = errno;
      return Error{code, "psample: epoll: " + std::generic_category().message(code), {}};
    }
  }
  return std::unique_ptr<Source>(std::make_unique<PsampleSource>(
      config, context, std::move(sockets), std::move(epoll), sender, *buffer));
}

Result<std::unique_ptr<Source>> open(const SourceConfig& config, const SourceContext& context) {
  auto netns = NetnsName::checked(config.values.text("netns"));
  if (!netns) return std::move(netns).error();
  auto sockets = open_sockets(context.privileged, *netns);
  if (!sockets) return std::move(sockets).error();
  return open_on(config, context, std::move(*sockets), 0);
}

}  // namespace netweir::psample
