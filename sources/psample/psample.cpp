// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/netlink.h>
#include <linux/psample.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "netweir/source_kind.h"
#include "os/privileged.h"
#include "psample/decoder.h"
#include "psample/findings.h"
#include "psample/sockets.h"
#include "psample/source.h"

namespace netweir::psample {
namespace {

constexpr std::int64_t group_at_most = 0xffffffff;

constexpr std::array options{
    Option{.key = "groups",
           .type = OptionType::integers,
           .max = group_at_most,
           .help = "sample groups to receive; without it all"},
    Option{.key = "group_vlan",
           .type = OptionType::map,
           .min = 1,
           .max = 4094,
           .key_max = group_at_most,
           .help = "VLAN of the tag that is off before a group's packets are sampled (tc ingress)"},
    Option{.key = "group_direction",
           .type = OptionType::map,
           .choices = "ingress egress",
           .key_max = group_at_most,
           .help = "on which side of the interface a group samples; egress: a packet without a tag "
                   "has the VLAN of the interface that it leaves by"},
    Option{.key = "overload",
           .type = OptionType::choice,
           .standard = "count",
           .choices = "count shed",
           .help = "while samples are lost although the receive buffer cannot grow: count them; "
                   "or shed, let the kernel hand out a random one of N"},
};

std::optional<OptionProblem> validate(const Values& values) {
  if (!values.has("groups")) return std::nullopt;
  auto groups = values.get<std::vector<std::int64_t>>("groups");
  if (groups.empty())
    return OptionProblem{"groups", "at least one group is needed; leave the key out for all"};
  std::sort(groups.begin(), groups.end());
  if (const auto twice = std::adjacent_find(groups.begin(), groups.end()); twice != groups.end())
    return OptionProblem{"groups", "group " + std::to_string(*twice) + " is named twice"};
  for (const auto* key : {"group_vlan", "group_direction"}) {
    for (const auto& [group, value] :
         values.get<std::map<std::string, std::int64_t, std::less<>>>(key)) {
      if (!std::binary_search(groups.begin(), groups.end(), std::stoll(group)))
        return OptionProblem{key, "group " + group + " is not among `groups`"};
    }
  }
  return std::nullopt;
}

std::string_view quick_key(std::string_view) { return "groups"; }

std::unique_ptr<MessageDecoder> decoder(SourceId id, const Values& values, Links& links) {
  return std::make_unique<Decoder>(id, links, GroupSettings::from(values));
}

/// Joins as a life would, and leaves again.
std::optional<Error> trouble(const Values& values, Privileged& privileged) {
  auto sockets = open_sockets(privileged, NetnsName::from(values.text("netns")));
  if (sockets) return std::nullopt;
  return std::move(sockets).error();
}

}  // namespace

extern const SourceKind kind;
const SourceKind kind{
    .name = "psample",
    .summary = "packets that tc, Open vSwitch or a switch's driver sample",
    .generic_family = PSAMPLE_GENL_NAME,
    .sequence_check = true,
    .options = options,
    .validate = validate,
    .quick_key = quick_key,
    .open = open,
    .decoder = decoder,
    .trouble = trouble,
    .findings = findings,
};

}  // namespace netweir::psample
