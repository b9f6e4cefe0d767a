// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/source.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "conntrack/decoder.h"
#include "conntrack/event_filter.h"
#include "conntrack/lister.h"
#include "conntrack/losses.h"
#include "conntrack/reliable.h"
#include "conntrack/schedule.h"
#include "conntrack/settings.h"
#include "conntrack/sysctls.h"
#include "netlink/nap.h"
#include "netlink/overflow.h"
#include "netlink/receiver.h"
#include "netlink/socket_tap.h"
#include "os/privileged.h"

namespace netweir::conntrack {
namespace {

// An event takes a few hundred octets; labels, a helper and a security context come on top.
constexpr std::size_t slot = 16384, slots = 64;
constexpr std::chrono::milliseconds check_every{250};
constexpr std::chrono::milliseconds look_for_room{10};
/// A queue that is never read to its end keeps a listing from being told apart from what came
/// after.
constexpr std::chrono::seconds settled_within{5};

class ConntrackSource final : public Source {
 public:
  ConntrackSource(const SourceConfig& config, const SourceContext& context, Settings settings,
                  Filter filter, Fd fd, Fd epoll, std::unique_ptr<Reliable> reliable,
                  std::uint32_t buffer, std::uint32_t sender)
      : id_(context.id),
        privileged_(context.privileged),
        tap_sink_(context.tap),
        netns_(settings.netns),
        netns_name_(config.values.text("netns")),
        fd_(std::move(fd)),
        epoll_(std::move(epoll)),
        receiver_(slot, slots, sender),
        overflow_(context, fd_.get(), buffer, {settings.buffer_max, settings.buffer, false}),
        tap_(
            context.tap, NETLINK_NETFILTER, [this] { return overflow_.drops(); }, receiver_),
        lister_(*config.kind, privileged_, netns_, filter, context.tap, sender),
        decoder_(context.id, std::move(filter)),
        losses_(context.id, reliable != nullptr, context.now.wall),
        unfilled_(netlink::memory(fd_.get())),
        schedule_({settings.reconcile, settings.resync_min}, context.now.age),
        reliable_(std::move(reliable)),
        checked_(context.now.age) {}

  int fd() const override { return epoll_.get(); }

  std::optional<AgeTime> deadline() const override {
    auto at = checked_ + check_every;
    if (nap_.napping()) at = std::min(at, nap_.wake());
    if (step_ != Step::none) return std::min(at, step_at_);
    return std::min(at, schedule_.next());
  }

  Result<Drained> drain(const Now& now, std::size_t budget, Intake& intake) override {
    say_sysctls(intake);
    std::size_t found = 0;
    const auto before = nap_.napping() ? netlink::memory(fd_.get()) : unfilled_;
    auto drained = events(now, budget, found, intake);
    if (!drained) return drained;
    if (nap_.update(now.age, before, found)) watch(!nap_.napping());
    overflow_.look(now, intake);
    const bool emptied = *drained == Drained::idle;
    if (reliable_) {
      if (const auto say = reliable_->beat(now.age, emptied))
        intake.note({id_, Note::Level::warning, *say});
    }
    listing(now, emptied, intake);
    return drained;
  }

  void stop(const Now& now, Intake& intake) override {
    leave(fd_.get());
    std::size_t found = 0;
    (void)events(now, static_cast<std::size_t>(-1), found, intake);
    if (const auto loss = losses_.stop(now.wall)) intake.loss(*loss);
    if (step_ != Step::none) end_listing(now, FlowListing::Phase::fails, intake);
  }

 private:
  Result<Drained> events(const Now& now, std::size_t budget, std::size_t& found, Intake& intake) {
    const netlink::Receiver::Each each = [&](const netlink::Message& m) {
      decoder_.message({m.type, m.flags, m.payload, now.wall}, intake);
    };
    tap_.begin(now.wall);
    while (found < budget) {
      const auto want = std::min(budget - found, slots);
      auto received = receiver_.read(fd_.get(), want, each);
      decoder_.flush(intake);
      if (!received) return std::move(received).error();
      found += received->datagrams;
      tally(*received, now, intake);
      // Fewer than asked for: that was all, and epoll tells of more without another call.
      if (received->datagrams == want || (received->datagrams == 0 && !received->empty)) continue;
      if (look(now, true, intake)) continue;
      schedule_.drained();
      return Drained::idle;
    }
    if (now.age - checked_ >= check_every) (void)look(now, false, intake);
    return Drained::more;
  }

  void tally(const netlink::Received& received, const Now& now, Intake& intake) {
    if (received.overruns > 0) losses_.overrun();
    if (const auto counts = netlink::counts(received, id_)) intake.count(*counts);
    if (received.truncated == 0) return;
    intake.loss(losses_.truncated(received.truncated, now.wall));
    schedule_.lost(now.age);
  }

  /// Whether it found a loss.
  bool look(const Now& now, bool emptied, Intake& intake) {
    checked_ = now.age;
    const auto loss = losses_.look(overflow_.drops(), emptied, now);
    if (!loss) return false;
    tap_.looked(emptied);
    intake.loss(*loss);
    schedule_.lost(now.age);
    return true;
  }

  /// Takes the listing a step further.
  void listing(const Now& now, bool emptied, Intake& intake) {
    if (step_ == Step::none) begin_listing(now, intake);
    if (step_ == Step::reading) read_listing(now, intake);
    // What the listing lacks has ended before; its own event, if it was not lost, was queued by
    // then. Only when that was read it is known not to have come.
    else if (step_ == Step::settling && emptied)
      step_ = Step::closing;
    else if (step_ == Step::settling && now.age - step_at_ >= settled_within)
      end_listing(now, FlowListing::Phase::fails, intake);
    if (step_ == Step::closing) close_flows(now, intake);
  }

  void begin_listing(const Now& now, Intake& intake) {
    const auto reason = schedule_.begin(now.age);
    if (!reason) return;
    reason_ = *reason;
    entries_broken_ = decoder_.broken_entries();
    (void)say(now, FlowListing::Phase::begins, intake);
    step_ = Step::reading;
    step_at_ = now.age;
    if (auto begun = lister_.begin(now); !begun) fail(now, begun.error(), intake);
  }

  void read_listing(const Now& now, Intake& intake) {
    if (now.age < step_at_) return;
    if (!intake.has_room()) {
      step_at_ = now.age + look_for_room;
      return;
    }
    const netlink::Receiver::Each each = [&](const netlink::Message& m) {
      decoder_.message({m.type, m.flags, m.payload, now.wall}, intake);
    };
    const auto state = lister_.read(now, each);
    decoder_.flush(intake);
    if (!state) return fail(now, state.error(), intake);
    step_at_ = lister_.next();
    if (*state == Lister::State::more) return;
    if (decoder_.broken_entries() != entries_broken_)
      return fail(now, {EBADMSG, "conntrack: list the flows: an entry cannot be read", {}}, intake);
    step_ = Step::settling;
    step_at_ = now.age;
  }

  void close_flows(const Now& now, Intake& intake) {
    while (intake.has_room()) {
      if (say(now, FlowListing::Phase::ends, intake)) continue;
      step_ = Step::none;
      schedule_.ended(now.age);
      return;
    }
    step_at_ = now.age + look_for_room;
  }

  void fail(const Now& now, const Error& error, Intake& intake) {
    if (std::exchange(failed_with_, error.what) != error.what)
      intake.note({id_, Note::Level::warning, error.what});
    end_listing(now, FlowListing::Phase::fails, intake);
  }

  void end_listing(const Now& now, FlowListing::Phase phase, Intake& intake) {
    lister_.abandon();
    step_ = Step::none;
    (void)say(now, phase, intake);
    schedule_.failed(now.age);
  }

  bool say(const Now& now, FlowListing::Phase phase, Intake& intake) {
    FlowListing listing;
    listing.source = id_;
    listing.phase = phase;
    listing.reason = reason_;
    listing.repeated = phase == FlowListing::Phase::ends && schedule_.repeats();
    listing.at = now.wall;
    const bool more = intake.listing(listing);
    if (!more && tap_sink_ != nullptr) tap_sink_->listing(listing);
    return more;
  }

  void say_sysctls(Intake& intake) {
    if (std::exchange(said_sysctls_, true)) return;
    if (const auto say = advice(read_sysctls(privileged_, netns_), netns_name_); !say.empty())
      intake.note({id_, Note::Level::warning, say});
  }

  void watch(bool on) {
    epoll_event e{};
    e.events = on ? static_cast<std::uint32_t>(EPOLLIN) : 0U;
    (void)::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd_.get(), &e);
  }

  enum class Step : std::uint8_t { none, reading, settling, closing };

  SourceId id_;
  Privileged& privileged_;
  Tap* tap_sink_;
  NetnsName netns_;
  std::string netns_name_;
  Fd fd_, epoll_;
  netlink::Receiver receiver_;
  netlink::Overflow overflow_;
  netlink::SocketTap tap_;
  Lister lister_;
  Decoder decoder_;
  Losses losses_;
  netlink::Memory unfilled_;  ///< at the start
  netlink::Nap nap_;
  Schedule schedule_;
  std::unique_ptr<Reliable> reliable_;  ///< null = the kernel drops what we do not read
  AgeTime checked_;
  Step step_ = Step::none;
  AgeTime step_at_{};  ///< not before; of settling: since
  FlowReason reason_ = FlowReason::dump;
  std::uint64_t entries_broken_ = 0;
  std::string failed_with_;  ///< said
  bool said_sysctls_ = false;
};

}  // namespace

Result<std::unique_ptr<Source>> open_from(const SourceConfig& config, const SourceContext& context,
                                          std::uint32_t sender) {
  auto netns = NetnsName::checked(config.values.text("netns"));
  if (!netns) return std::move(netns).error();
  auto settings = Settings::from(config.values);
  settings.netns = *netns;
  auto filter = Filter::from(config.values);

  NetlinkSocket request;
  request.protocol = NETLINK_NETFILTER;
  request.netns = settings.netns;
  request.groups = groups(settings);
  auto opened = context.privileged.netlink_socket(request);
  if (!opened) {
    auto error = std::move(opened).error();
    if (error.code != EPERM) return error;
    return Error{EPERM, "conntrack: join the groups of its events: Operation not permitted",
                 "run as root, or give it CAP_NET_ADMIN"};
  }
  auto buffer = context.privileged.receive_buffer(opened->get(), settings.buffer);
  if (!buffer) return std::move(buffer).error();
  if (auto attached = attach(filter, opened->get()); !attached) return std::move(attached).error();
  std::unique_ptr<Reliable> reliable;
  if (settings.reliable) {
    auto made = Reliable::start(opened->get(), context.now.age);
    if (!made) return std::move(made).error();
    reliable = *std::move(made);
  }
  Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event e{};
  e.events = EPOLLIN;
  if (!epoll || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, opened->get(), &e) != 0) {
    const int code = errno;
    return Error{code, "conntrack: epoll: " + std::generic_category().message(code), {}};
  }
  return std::unique_ptr<Source>(std::make_unique<ConntrackSource>(
      config, context, settings, std::move(filter), std::move(*opened), std::move(epoll),
      std::move(reliable), *buffer, sender));
}

}  // namespace netweir::conntrack
