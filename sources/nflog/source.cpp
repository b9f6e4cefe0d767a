// SPDX-License-Identifier: GPL-2.0-or-later
#include "nflog/source.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "netlink/overflow.h"
#include "netlink/receiver.h"
#include "netlink/socket_tap.h"
#include "nflog/decoder.h"
#include "nflog/holder.h"
#include "nflog/request.h"
#include "os/privileged.h"

namespace netweir::nflog {
namespace {

constexpr std::size_t slots = 16;
constexpr std::chrono::milliseconds check_every{250};
constexpr int again_at_most = 4;  // reads to the end in one drain() while drops are found
constexpr std::uint32_t packet_at_most = 65531 + 1024;  // before our copy_range is in force
constexpr std::uint32_t bookkeeping = 320;              // struct skb_shared_info

struct Settings {
  std::vector<std::uint16_t> groups;
  NetnsName netns{};
  std::uint32_t copy_range = 0, batch_size = 0, threshold = 0, timeout = 0;
  netlink::Overflow::Settings overflow;
};

Settings settings_of(const Values& values) {
  Settings s;
  if (values.has("group")) s.groups.push_back(static_cast<std::uint16_t>(values.integer("group")));
  for (const auto g : values.get<std::vector<std::int64_t>>("groups"))
    s.groups.push_back(static_cast<std::uint16_t>(g));
  s.netns = NetnsName::from(values.text("netns"));
  s.copy_range = values.octets("copy_range");
  s.batch_size = values.octets("batch_size");
  s.threshold = values.octets("queue_threshold");
  constexpr std::chrono::milliseconds tick{10};
  const auto ticks = (values.duration("queue_timeout") + tick - std::chrono::nanoseconds{1}) / tick;
  s.timeout = static_cast<std::uint32_t>(std::max<std::int64_t>(ticks, 1));
  s.overflow = netlink::Overflow::settings(values);
  return s;
}

class NflogSource final : public Source {
 public:
  NflogSource(const SourceContext& context, const SourceKind& kind, Settings settings, Fd fd,
              std::uint32_t buffer, std::uint32_t sender)
      : id_(context.id),
        privileged_(context.privileged),
        kind_(kind),
        settings_(std::move(settings)),
        fd_(std::move(fd)),
        receiver_(slot_size(settings_.batch_size, settings_.copy_range), slots, sender),
        overflow_(context, fd_.get(), buffer, settings_.overflow),
        tap_(
            context.tap, NETLINK_NETFILTER, [this] { return overflow_.drops(); }, receiver_),
        decoder_(context.id, context.links,
                 Losses(context.id, Losses::Start::live, settings_.groups.size(),
                        [this] { return overflow_.drops(); })),
        checked_(context.now.age) {}

  int fd() const override { return fd_.get(); }

  std::optional<AgeTime> deadline() const override { return checked_ + check_every; }

  Result<Drained> drain(const Now& now, std::size_t budget, Intake& intake) override {
    auto result = read(now, budget, intake, turns_at_most);
    overflow_.look(now, intake);
    decoder_.kept_one_in(overflow_.one_in());
    return result;
  }

  void stop(const Now& now, Intake& intake) override {
    stopping_ = true;
    overflow_.stop();
    for (const auto group : settings_.groups) {
      (void)read(now, everything, intake, turns_for_room);  // what UNBIND flushes must fit
      Request request;
      request.act = Request::Act::unbind;
      request.group = group;
      (void)ask(request);
    }
    (void)read(now, everything, intake, turns_to_end);
  }

  Status ask(const Request& request) {
    const auto* begin = reinterpret_cast<const std::uint8_t*>(&request);
    return privileged_.act(kind_, fd_.get(), {begin, sizeof request});
  }

 private:
  Result<Drained> read(const Now& now, std::size_t budget, Intake& intake, std::size_t turns) {
    const auto room = ~std::uint64_t{0} - decoder_.packets();
    const auto end = decoder_.packets() + std::min<std::uint64_t>(budget, room);
    struct {
      Decoder& decoder;
      WallTime at;
      Intake& intake;
    } turn_state{decoder_, now.wall, intake};
    const netlink::Receiver::Each each = [s = &turn_state](const netlink::Message& m) {
      s->decoder.message({m.type, m.flags, m.payload, s->at}, s->intake);
    };
    tap_.begin(now.wall);
    int again = 0;
    for (std::size_t turn = 0; turn < turns; ++turn) {
      const auto before = decoder_.packets();
      if (before >= end) break;
      auto received = receiver_.read(fd_.get(), want(end - before), each);
      decoder_.flush(intake);
      if (!received) return std::move(received).error();
      if (auto failure = tally(*received, intake); failure) return std::move(*failure);
      if (received->datagrams > 0)
        per_datagram_ =
            std::max<std::uint64_t>((decoder_.packets() - before) / received->datagrams, 1);
      if (!received->empty) continue;
      checked_ = now.age;
      const auto drained = decoder_.losses().drained(now.wall);
      if (drained.changed) tap_.looked(true);
      if (drained.loss) intake.loss(*drained.loss);
      if (!drained.again || ++again >= again_at_most) return Drained::idle;
    }
    if (now.age - checked_ >= check_every) {
      checked_ = now.age;
      const auto checked = decoder_.losses().check(now.wall);
      if (checked.changed) tap_.looked(false);
      if (checked.loss) intake.loss(*checked.loss);
    }
    return Drained::more;
  }

  /// As many datagrams as hold about `packets`, by what the last ones held.
  std::size_t want(std::uint64_t packets) const {
    return static_cast<std::size_t>(std::clamp<std::uint64_t>(packets / per_datagram_, 1, slots));
  }

  std::optional<Error> tally(const netlink::Received& received, Intake& intake) {
    if (const auto counts = netlink::counts(received, id_)) intake.count(*counts);
    // An error that act() did not see, since packets of another group stood before it.
    if (received.error == 0 || stopping_) return std::nullopt;
    return Error{received.error, "nflog: " + std::generic_category().message(received.error), {}};
  }

  static constexpr std::size_t everything = static_cast<std::size_t>(-1);
  static constexpr std::size_t turns_at_most = 4096;  // where nothing counts against the budget
  static constexpr std::size_t turns_for_room = 64;
  static constexpr std::size_t turns_to_end = 1U << 20U;  // nothing new comes: more than fits

  SourceId id_;
  Privileged& privileged_;
  const SourceKind& kind_;
  Settings settings_;
  Fd fd_;
  netlink::Receiver receiver_;
  netlink::Overflow overflow_;
  netlink::SocketTap tap_;
  Decoder decoder_;
  AgeTime checked_;  ///< the drop counter was read
  std::uint64_t per_datagram_ = 1;
  bool stopping_ = false;
};

/// Whether the queue holds anything: an error may stand behind a packet.
bool is_empty(int fd) noexcept {
  char octet = 0;
  return ::recv(fd, &octet, sizeof octet, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

std::uint32_t port_of(int fd) noexcept {
  sockaddr_nl self{};
  socklen_t length = sizeof self;
  return ::getsockname(fd, reinterpret_cast<sockaddr*>(&self), &length) == 0 ? self.nl_pid : 0;
}

}  // namespace

std::size_t slot_size(std::uint32_t batch_size, std::uint32_t copy_range) noexcept {
  const std::size_t most = std::max({batch_size, copy_range + 1024, packet_at_most});
  return std::bit_ceil(most + bookkeeping) + bookkeeping;
}

Result<std::unique_ptr<Source>> open_from(const SourceConfig& config, const SourceContext& context,
                                          std::uint32_t sender) {
  auto settings = settings_of(config.values);
  if (auto fits = NetnsName::checked(config.values.text("netns")); !fits)
    return std::move(fits).error();
  auto& privileged = context.privileged;
  NetlinkSocket request;
  request.protocol = NETLINK_NETFILTER;
  request.netns = settings.netns;
  auto opened = privileged.netlink_socket(request);
  if (!opened) return std::move(opened).error();
  const int fd = opened->get();

  // Drops are counted by sequence numbers and SO_MEMINFO; without this the kernel would also
  // refuse everything after the first drop until the queue is empty.
  const int yes = 1;
  if (::setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &yes, sizeof yes) != 0) {
    const int code = errno;
    return Error{code, "set NETLINK_NO_ENOBUFS: " + std::generic_category().message(code), {}};
  }
  auto buffer = privileged.receive_buffer(fd, settings.overflow.wanted);
  if (!buffer) return std::move(buffer).error();

  auto source = std::make_unique<NflogSource>(context, *config.kind, settings, std::move(*opened),
                                              *buffer, sender);
  for (const auto group : settings.groups) {
    Request bind;
    bind.group = group;
    bind.copy_range = settings.copy_range;
    bind.batch_size = settings.batch_size;
    bind.threshold = settings.threshold;
    bind.timeout = settings.timeout;
    if (auto bound = source->ask(bind); !bound)
      return explain(std::move(bound).error(), privileged, settings.netns, group);
  }
  if (settings.groups.size() > 1 && sender == 0 && !is_empty(fd)) {
    const auto port = port_of(fd);
    for (const auto group : settings.groups) {
      if (holder(privileged, settings.netns, group) != port)
        return explain({EPERM, "nflog group " + std::to_string(group) + ": not bound", {}},
                       privileged, settings.netns, group);
    }
  }
  return std::unique_ptr<Source>(std::move(source));
}

}  // namespace netweir::nflog
