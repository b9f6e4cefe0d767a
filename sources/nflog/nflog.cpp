// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/netlink.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "netweir/source_kind.h"
#include "nflog/decode.h"
#include "nflog/decoder.h"
#include "nflog/holder.h"
#include "nflog/request.h"
#include "nflog/source.h"
#include "os/privileged.h"

namespace netweir::nflog {
namespace {

constexpr std::int64_t group_at_most = 65535;
constexpr std::int64_t ms = 1'000'000;  // nanoseconds

constexpr std::array options{
    Option{.key = "group",
           .type = OptionType::integer,
           .max = group_at_most,
           .help = "the group of the log rules (this or `groups`)"},
    Option{.key = "groups",
           .type = OptionType::integers,
           .max = group_at_most,
           .help = "several groups: one sequence each, one ledger"},
    Option{.key = "copy_range",
           .type = OptionType::size,
           .standard = "256",
           .min = 1,
           .max = 65531,
           .help = "octets kept of each packet (a rule's own snaplen lowers it)"},
    Option{.key = "batch_size",
           .type = OptionType::size,
           .standard = "64KiB",
           .min = 4096,
           .max = 131072,
           .help = "the kernel's batch: the setting that decides the cost"},
    Option{.key = "queue_threshold",
           .type = OptionType::integer,
           .standard = "1024",
           .min = 1,
           .max = 1'000'000,
           .help = "packets a batch at most (a rule's own queue-threshold lowers it)"},
    Option{.key = "queue_timeout",
           .type = OptionType::duration,
           .standard = "50ms",
           .min = ms,
           .max = 600'000 * ms,
           .help = "a batch waits no longer than this; the kernel counts in steps of 10ms, "
                   "rounded up"},
    Option{.key = "overload",
           .type = OptionType::choice,
           .standard = "count",
           .choices = "count shed",
           .help = "while packets are lost although the receive buffer cannot grow: count them; "
                   "or shed, let the kernel hand out a random one of N"},
};

std::optional<OptionProblem> validate(const Values& values) {
  const bool one = values.has("group");
  const bool several = values.has("groups");
  if (one && several) return OptionProblem{"groups", "either `group` or `groups`, not both"};
  if (!one && !several) return OptionProblem{"group", "`group` or `groups` is needed"};
  if (one) return std::nullopt;
  auto groups = values.get<std::vector<std::int64_t>>("groups");
  if (groups.empty()) return OptionProblem{"groups", "at least one group is needed"};
  std::sort(groups.begin(), groups.end());
  const auto twice = std::adjacent_find(groups.begin(), groups.end());
  if (twice != groups.end())
    return OptionProblem{"groups", "group " + std::to_string(*twice) + " is named twice"};
  return std::nullopt;
}

std::string_view quick_key(std::string_view) { return "groups"; }

Result<std::unique_ptr<Source>> open(const SourceConfig& config, const SourceContext& context) {
  return open_from(config, context, 0);
}

std::unique_ptr<MessageDecoder> decoder(SourceId id, const Values& values, Links& links) {
  const std::size_t groups =
      values.has("group") ? 1 : values.get<std::vector<std::int64_t>>("groups").size();
  return Decoder::of_recording(id, links, groups);
}

std::optional<Error> trouble(const Values& values, Privileged& privileged);

}  // namespace

extern const SourceKind kind;
const SourceKind kind{
    .name = "nflog",
    .summary = "packets that nftables or iptables log to a group",
    .options = options,
    .validate = validate,
    .quick_key = quick_key,
    .open = open,
    .decoder = decoder,
    .recording = {.link_type = linktype::nflog,
                  .message_type = packet_message,
                  .netlink_family = NETLINK_NETFILTER,
                  .type_mask = 0xffff,
                  .type_match = packet_message},
    .act = act,
    .trouble = trouble,
};

namespace {

/// Asks the kernel to unbind a group that this socket does not hold: ENODEV says that all is well,
/// and nothing changes.
std::optional<Error> trouble(const Values& values, Privileged& privileged) {
  Request probe;
  probe.act = Request::Act::probe;
  probe.group = group_at_most;
  if (values.has("group")) probe.group = static_cast<std::uint16_t>(values.integer("group"));
  if (const auto groups = values.get<std::vector<std::int64_t>>("groups"); !groups.empty())
    probe.group = static_cast<std::uint16_t>(groups.front());

  NetlinkSocket request;
  request.protocol = NETLINK_NETFILTER;
  request.netns = NetnsName::from(values.text("netns"));
  const auto socket = privileged.netlink_socket(request);
  if (!socket) return explain(socket.error(), privileged, request.netns, probe.group);
  const auto* begin = reinterpret_cast<const std::uint8_t*>(&probe);
  auto answer = privileged.act(kind, socket->get(), {begin, sizeof probe});
  if (answer || answer.error().code == ENODEV) return std::nullopt;
  return explain(std::move(answer).error(), privileged, request.netns, probe.group);
}

}  // namespace

}  // namespace netweir::nflog
