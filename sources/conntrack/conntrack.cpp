// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conntrack/decode.h"
#include "conntrack/decoder.h"
#include "conntrack/filter.h"
#include "conntrack/request.h"
#include "conntrack/settings.h"
#include "conntrack/source.h"
#include "conntrack/sysctls.h"
#include "netlink/receiver.h"
#include "netweir/source_kind.h"
#include "os/address_text.h"

namespace netweir::conntrack {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t day = second * 3600 * 24;

constexpr std::array options{
    Option{.key = "events",
           .type = OptionType::choices,
           .standard = "[new, update, destroy]",
           .choices = "new update destroy",
           .help = "what to receive, and to write as NEW, UPDATE and END"},
    Option{.key = "reconcile",
           .type = OptionType::duration,
           .standard = "5m",
           .min = second,
           .max = day,
           .help = "how often the kernel's table is compared with ours, also without loss"},
    Option{.key = "resync_min",
           .type = OptionType::duration,
           .standard = "10s",
           .min = second / 10,
           .max = day,
           .help = "after loss: at most one such comparison in this time"},
    Option{.key = "interim",
           .type = OptionType::duration,
           .standard = "5m",
           .min = second / 10,
           .max = day,
           .choices = "off",
           .help = "UPDATE with counters for a flow that goes on, at most once in this time, when "
                   "tables are compared"},
    Option{.key = "max",
           .type = OptionType::integer,
           .standard = "1048576",
           .min = 1,
           .max = 67'108'864,
           .help = "flows kept, about 210 octets each; memory is taken as they come"},
    Option{.key = "protocols",
           .type = OptionType::texts,
           .help = "only these: tcp, udp, udplite, icmp, icmpv6, sctp, dccp, gre or numbers"},
    Option{.key = "networks",
           .type = OptionType::texts,
           .help = "only flows with an address in one of these prefixes, translated or not"},
    Option{.key = "zones",
           .type = OptionType::integers,
           .max = 65535,
           .help = "only flows of these zones"},
    Option{.key = "mark",
           .type = OptionType::text,
           .help = "only flows with this mark: VALUE or VALUE/MASK"},
    Option{.key = "reliable",
           .type = OptionType::boolean,
           .standard = "false",
           .help = "the kernel repeats what it could not deliver, while we keep up (see the README "
                   "of the source)"},
};

std::optional<OptionProblem> validate(const Values& values) {
  for (const auto& text : values.get<std::vector<std::string>>("protocols")) {
    if (!read_protocol(text))
      return OptionProblem{"protocols", "`" + text +
                                            "` is no protocol: tcp, udp, udplite, icmp, "
                                            "icmpv6, sctp, dccp, gre or a number from 0 to 255"};
  }
  for (const auto& text : values.get<std::vector<std::string>>("networks")) {
    if (!read_network(text))
      return OptionProblem{"networks", "`" + text +
                                           "` is no prefix such as 192.0.2.0/24 or "
                                           "2001:db8::/32"};
  }
  if (values.has("mark") && !read_mark(values.text("mark")))
    return OptionProblem{"mark", "`" + values.text("mark") +
                                     "` is no mark such as 0x10 or 0x10/0xff, within its mask"};
  return std::nullopt;
}

std::string_view quick_key(std::string_view) { return "zones"; }

Result<std::unique_ptr<Source>> open(const SourceConfig& config, const SourceContext& context) {
  return open_from(config, context, 0);
}

std::unique_ptr<MessageDecoder> decoder(SourceId id, const Values& values, Links&) {
  return std::make_unique<Decoder>(id, Filter::from(values));
}

FlowSettings flow_settings(const Values& values) {
  const auto settings = Settings::from(values);
  FlowSettings s;
  if (values.has("max")) s.max = static_cast<std::size_t>(values.integer("max"));
  const auto interim = values.duration("interim");
  s.interim = interim.count() == 0 ? std::nullopt : std::optional(interim);
  // Of a recording without settings nothing is known: all.
  if (values.has("events")) {
    s.created = settings.created;
    s.updated = settings.updated;
    s.ended = settings.destroyed;
  }
  return s;
}

std::optional<Error> trouble(const Values& values, Privileged& privileged);

}  // namespace

extern const SourceKind kind;
const SourceKind kind{
    .name = "conntrack",
    .summary = "sessions that the kernel tracks: new, changed, ended, translated",
    .unit = "events",
    .options = options,
    .validate = validate,
    .quick_key = quick_key,
    .open = open,
    .decoder = decoder,
    .recording = {.netlink_family = NETLINK_NETFILTER, .type_mask = 0xff00, .type_match = 0x0100},
    .act = act,
    .flow_settings = flow_settings,
    .trouble = trouble,
    .findings = findings,
};

namespace {

constexpr int answer_within_ms = 1000;

/// Joins as a life would, and asks for the table: reads the first of it.
std::optional<Error> trouble(const Values& values, Privileged& privileged) {
  NetlinkSocket request;
  request.protocol = NETLINK_NETFILTER;
  request.netns = NetnsName::from(values.text("netns"));
  request.groups[0] = groups({.created = true})[0];
  auto events = privileged.netlink_socket(request);
  if (!events) return std::move(events).error();
  request.groups = {};
  auto socket = privileged.netlink_socket(request);
  if (!socket) return std::move(socket).error();
  const Request list;
  const auto* begin = reinterpret_cast<const std::uint8_t*>(&list);
  if (auto asked = privileged.act(kind, socket->get(), {begin, sizeof list}); !asked)
    return std::move(asked).error();
  pollfd p{.fd = socket->get(), .events = POLLIN, .revents = 0};
  (void)::poll(&p, 1, answer_within_ms);
  netlink::Receiver receiver(65536, 1);
  auto read = receiver.read(socket->get(), 1, [](const netlink::Message&) {});
  if (!read) return std::move(read).error();
  if (read->error == 0) return std::nullopt;
  if (read->error == EPERM)
    return Error{EPERM, "conntrack: list the flows: Operation not permitted",
                 "run as root, or give it CAP_NET_ADMIN"};
  return Error{EPROTONOSUPPORT, "conntrack: the kernel has no ctnetlink",
               "modprobe nf_conntrack_netlink"};
}

}  // namespace

}  // namespace netweir::conntrack
