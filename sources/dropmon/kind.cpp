// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/net_dropmon.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dropmon/decoder.h"
#include "dropmon/sockets.h"
#include "dropmon/source.h"
#include "netweir/source_kind.h"
#include "os/privileged.h"

namespace netweir::dropmon {
extern const SourceKind kind;
namespace {

constexpr std::array options{
    Option{.key = "origins",
           .type = OptionType::choices,
           .standard = "[software, hardware]",
           .choices = "software hardware",
           .help = "whose drops: the kernel's own, those that a device traps and tells of"},
    Option{.key = "hide",
           .type = OptionType::texts,
           .help = "reasons, places, traps and groups of traps whose drops are counted filtered; "
                   "`*` and `?` stand for others"},
    Option{.key = "limit",
           .type = OptionType::integer,
           .standard = "10000",
           .min = 1,
           .max = 100'000'000,
           .help = "drops a second; what is above it is counted filtered"},
    Option{.key = "truncation",
           .type = OptionType::size,
           .standard = "256",
           .min = 1,
           .max = 65535,
           .help = "octets kept of each packet"},
    Option{.key = "queue_length",
           .type = OptionType::integer,
           .standard = "1000",
           .min = 1,
           .max = 1'000'000,
           .help = "packets that the kernel's monitor holds for each CPU and origin; one more is "
                   "lost"},
    Option{.key = "single_netns",
           .type = OptionType::boolean,
           .standard = "false",
           .help = "the host has no other network namespace, so that an interface index tells the "
                   "interface; the kernel does not say of which namespace one is"},
};

std::optional<OptionProblem> validate(const Values& values) {
  if (values.has("netns") && !values.text("netns").empty())
    return OptionProblem{"netns",
                         "the kernel monitors the drops of all network namespaces at once, and "
                         "tells of them in its first one only: leave `netns` out, and run there"};
  if (values.get<std::vector<std::string>>("origins").empty())
    return OptionProblem{"origins", "at least one of software and hardware is needed"};
  for (const auto& pattern : values.get<std::vector<std::string>>("hide")) {
    if (pattern.empty()) return OptionProblem{"hide", "an empty pattern hides nothing"};
  }
  return std::nullopt;
}

std::string_view quick_key(std::string_view) { return "origins"; }

std::unique_ptr<MessageDecoder> decoder(SourceId id, const Values& values, Links& links) {
  auto decoder = std::make_unique<Decoder>(id, links, Filter::from(values));
  decoder->single_netns(values.boolean("single_netns"));
  return decoder;
}

/// Joins as a life would, and starts nothing.
std::optional<Error> trouble(const Values&, Privileged& privileged) {
  auto sockets = open_sockets(privileged);
  if (!sockets) return std::move(sockets).error();
  const Monitor monitor(privileged, kind, *sockets);
  auto running = monitor.is_running();
  if (!running) return std::move(running).error();
  if (!*running) return std::nullopt;
  auto config = monitor.config();
  if (!config) return std::move(config).error();
  if (config->alert_mode != NET_DM_ALERT_MODE_PACKET) return only_summaries();
  return std::nullopt;
}

}  // namespace

const SourceKind kind{
    .name = "dropmon",
    .summary = "packets that the kernel or a device dropped, where and why",
    .generic_family = "NET_DM",
    .against_loss = "a larger receive_buffer or queue_length may help",
    .options = options,
    .validate = validate,
    .quick_key = quick_key,
    .open = open,
    .decoder = decoder,
    .act = act,
    .trouble = trouble,
};

}  // namespace netweir::dropmon
