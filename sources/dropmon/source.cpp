// SPDX-License-Identifier: GPL-2.0-or-later
#include "dropmon/source.h"

#include <linux/net_dropmon.h>
#include <linux/netlink.h>
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>

#include "dropmon/decoder.h"
#include "netlink/generic.h"
#include "netlink/nap.h"
#include "netlink/overflow.h"
#include "netlink/receiver.h"
#include "netlink/socket_tap.h"
#include "os/privileged.h"

namespace netweir::dropmon {
namespace {

constexpr std::size_t slots = 64, control_slots = 4;
constexpr std::chrono::milliseconds check_every{250};
constexpr std::chrono::seconds probe_every{1};
constexpr std::chrono::minutes limited_note_every{1};

class DropmonSource final : public Source {
 public:
  DropmonSource(const SourceConfig& config, const SourceContext& context, Sockets sockets,
                Ownership ours, Fd epoll, std::uint32_t sender, std::uint32_t buffer)
      : id_(context.id),
        sockets_(std::move(sockets)),
        monitor_(context.privileged, *config.kind, sockets_),
        ours_(std::move(ours)),
        epoll_(std::move(epoll)),
        receiver_(slot, slots, sender),
        control_receiver_(slot, control_slots, sender),
        answers_receiver_(slot, control_slots, sender),
        overflow_(context, sockets_.alerts.get(), buffer,
                  netlink::Overflow::settings(config.values)),
        tap_(
            context.tap, NETLINK_GENERIC, [this] { return overflow_.drops(); }, receiver_),
        control_tap_(context.tap, NETLINK_GENERIC, {}, control_receiver_),
        answers_tap_(context.tap, NETLINK_GENERIC, {}, answers_receiver_),
        decoder_(context.id, context.links, Filter::from(config.values)),
        limit_(config.values.octets("limit")),
        unfilled_(netlink::memory(sockets_.alerts.get())),
        checked_(context.now.age),
        probed_(context.now.age),
        quiet_since_(context.now.wall) {
    tap_.begin(context.now.wall);
    tap_.hand(sockets_.answer);
    tap_.hand(sockets_.statistics);
    (void)netlink::each_message(sockets_.statistics, [this](const netlink::Message& m) {
      if (const auto stats = read_stats(m.payload)) decoder_.count_from(*stats, quiet_since_);
    });
    decoder_.limit(limit_);
    decoder_.single_netns(config.values.boolean("single_netns"));
  }

  ~DropmonSource() override {
    if (ours_.any()) dropmon::stop(monitor_, ours_);
  }
  DropmonSource(const DropmonSource&) = delete;
  DropmonSource& operator=(const DropmonSource&) = delete;

  int fd() const override { return epoll_.get(); }

  std::optional<AgeTime> deadline() const override {
    return nap_.napping() ? std::min(nap_.wake(), checked_ + check_every) : checked_ + check_every;
  }

  Result<Drained> drain(const Now& now, std::size_t budget, Intake& intake) override {
    now_ = now;
    intake_ = &intake;
    for (const auto& note : std::exchange(ours_.notes, {}))
      intake.note({id_, Note::Level::info, note});
    std::size_t found = 0;
    const auto before = nap_.napping() ? netlink::memory(sockets_.alerts.get()) : unfilled_;
    auto drained = alerts(now, budget, found);
    if (!drained) return drained;
    if (now.age - checked_ >= check_every || !looked_) {
      if (auto looked = look(now); !looked) return std::move(looked).error();
    }
    if (nap_.update(now.age, before, found))
      watch(nap_.napping() ? 0U : static_cast<std::uint32_t>(EPOLLIN));
    overflow_.look(now, intake);
    return drained;
  }

  void stop(const Now& now, Intake& intake) override {
    now_ = now;
    intake_ = &intake;
    leave(sockets_);
    const auto asked = ask_statistics();  // the answer waits: it is of the moment in which we left
    std::size_t found = 0;
    (void)alerts(now, static_cast<std::size_t>(-1), found);
    count_drops(now);
    if (asked) (void)statistics(now);
    if (ours_.any()) dropmon::stop(monitor_, ours_);
    ours_ = {};
  }

 private:
  Result<Drained> alerts(const Now& now, std::size_t budget, std::size_t& found) {
    const netlink::Receiver::Each each = [this](const netlink::Message& m) {
      if (m.type == sockets_.family)
        decoder_.message({m.type, m.flags, m.payload, now_.wall}, *intake_);
    };
    decoder_.at(now.age);
    tap_.begin(now.wall);
    while (found < budget) {
      const auto want = std::min(budget - found, slots);
      auto received = receiver_.read(sockets_.alerts.get(), want, each);
      decoder_.flush(*intake_);
      if (!received) return std::move(received).error();
      found += received->datagrams;
      tally(*received);
      // Fewer than asked for: that was all, and epoll tells of more without another call.
      if (received->datagrams == want || (received->datagrams == 0 && !received->empty)) continue;
      count_drops(now);
      return Drained::idle;
    }
    return Drained::more;
  }

  /// Four times a second: what is to be asked for.
  Status look(const Now& now) {
    looked_ = true;
    checked_ = now.age;
    count_drops(now);
    if (auto read = control(now); !read) return read;
    if (auto asked = ask_statistics(); !asked) return asked;
    if (auto read = statistics(now); !read) return read;
    say_limited(now);
    if (decoder_.summaries() > 0) return only_summaries();
    if (now.age - probed_ < probe_every || !may_probe_) return Ok{};
    probed_ = now.age;
    auto kept = keep(monitor_, ours_);
    if (!kept) {
      may_probe_ = kept.error().code != EPERM;  // the capability may be gone since the start
      return may_probe_ ? Status(std::move(kept).error()) : Status(Ok{});
    }
    if (*kept) return Ok{};
    return Error{ENODATA, "dropmon: somebody else stopped the monitoring", {}};
  }

  Status control(const Now& now) {
    control_tap_.begin(now.wall);
    bool gone = false;
    const netlink::Receiver::Each each = [this, &gone](const netlink::Message& m) {
      gone = gone || (m.type == netlink::controller && concerns(m.payload, sockets_.family));
    };
    auto received = control_receiver_.read(sockets_.control.get(), control_slots, each);
    if (!received) return std::move(received).error();
    if (!gone) return Ok{};
    ours_ = {};
    return family_gone();
  }

  /// The kernel queues the answer before this returns.
  Status ask_statistics() const {
    Request request;
    request.act = Request::Act::ask_stats;
    return monitor_.act(request);
  }

  /// What the monitor's queues dropped, of the answers that wait.
  Status statistics(const Now& now) {
    answers_tap_.begin(now.wall);
    const netlink::Receiver::Each each = [this](const netlink::Message& m) {
      if (m.type == sockets_.family)
        decoder_.message({m.type, m.flags, m.payload, now_.wall}, *intake_);
    };
    auto received = answers_receiver_.read(sockets_.requests.get(), control_slots, each);
    if (!received) return std::move(received).error();
    return Ok{};
  }

  void tally(const netlink::Received& received) {
    if (const auto counts = netlink::counts(received, id_)) intake_->count(*counts);
    if (received.truncated > 0) report(received.truncated, "truncated");
  }

  void count_drops(const Now& now) {
    const auto drops = overflow_.drops();
    if (const std::uint32_t more = drops - drops_; more > 0) {
      drops_ = drops;
      tap_.looked(false);
      report(more, overflow_.cause());
    }
    quiet_since_ = now.wall;
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

  void say_limited(const Now& now) {
    const auto more = decoder_.limited() - said_limited_;
    if (more == 0 || (said_limited_ > 0 && now.age - limited_at_ < limited_note_every)) return;
    said_limited_ = decoder_.limited();
    limited_at_ = now.age;
    intake_->note({id_, Note::Level::warning,
                   std::to_string(more) + " drops above `limit` (" + std::to_string(limit_) +
                       " a second) were filtered"});
  }

  void watch(std::uint32_t events) {
    epoll_event e{};
    e.events = events;
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, sockets_.alerts.get(), &e);
  }

  SourceId id_;
  Sockets sockets_;
  Monitor monitor_;
  Ownership ours_;
  Fd epoll_;
  netlink::Receiver receiver_, control_receiver_, answers_receiver_;
  netlink::Overflow overflow_;
  netlink::SocketTap tap_, control_tap_, answers_tap_;
  Decoder decoder_;
  std::uint32_t limit_;
  netlink::Memory unfilled_;  ///< at the start
  AgeTime checked_, probed_;
  WallTime quiet_since_;
  std::uint32_t drops_ = 0;  ///< of the socket, reported
  netlink::Nap nap_;
  std::uint64_t said_limited_ = 0;
  AgeTime limited_at_{};
  bool looked_ = false;  ///< since the start
  bool may_probe_ = true;
  Now now_{};
  Intake* intake_ = nullptr;  ///< of the drain() or stop() that runs
};

}  // namespace

Result<std::unique_ptr<Source>> open_on(const SourceConfig& config, const SourceContext& context,
                                        Sockets sockets, Ownership ours, std::uint32_t sender) {
  auto buffer = context.privileged.receive_buffer(sockets.alerts.get(),
                                                  config.values.octets("receive_buffer"));
  if (!buffer) return std::move(buffer).error();
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  for (const int fd : {sockets.alerts.get(), sockets.control.get()}) {
    epoll_event e{};
    e.events = EPOLLIN;
    if (!epoll || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &e) != 0) {
      const int code = errno;
      return Error{code, "dropmon: epoll: " + std::generic_category().message(code), {}};
    }
  }
  return std::unique_ptr<Source>(std::make_unique<DropmonSource>(
      config, context, std::move(sockets), std::move(ours), std::move(epoll), sender, *buffer));
}

Result<std::unique_ptr<Source>> open(const SourceConfig& config, const SourceContext& context) {
  auto sockets = open_sockets(context.privileged);
  if (!sockets) return std::move(sockets).error();
  const Monitor monitor(context.privileged, *config.kind, *sockets);
  auto statistics = monitor.ask(Request::Act::ask_stats);
  if (!statistics) return std::move(statistics).error();
  sockets->statistics = std::move(*statistics);
  const auto& values = config.values;
  const Config wanted{NET_DM_ALERT_MODE_PACKET, values.octets("truncation"),
                      values.octets("queue_length")};
  const auto filter = Filter::from(values);
  auto ours = start(monitor, wanted, filter.software, filter.hardware);
  if (!ours) return std::move(ours).error();
  return open_on(config, context, std::move(*sockets), std::move(*ours), 0);
}

}  // namespace netweir::dropmon
