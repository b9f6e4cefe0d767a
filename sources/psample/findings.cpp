// SPDX-License-Identifier: GPL-2.0-or-later
#include "psample/findings.h"

#include <linux/if_ether.h>
#include <linux/netlink.h>
#include <linux/psample.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "netlink/generic.h"
#include "os/shell.h"
#include "psample/sockets.h"

namespace netweir::psample {
namespace {

constexpr std::chrono::seconds patience{5};

std::string protocol_name(std::uint16_t protocol) {
  switch (protocol) {
    case ETH_P_ALL:
      return "all";
    case ETH_P_IP:
      return "ip";
    case ETH_P_IPV6:
      return "ipv6";
    case ETH_P_ARP:
      return "arp";
    case ETH_P_8021Q:
      return "802.1Q";
    case ETH_P_8021AD:
      return "802.1ad";
    default:
      break;
  }
  const unsigned number = protocol;
  std::string out = "0x";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += "0123456789abcdef"[(number >> shift) & 15U];
  return out;
}

std::string in(std::string_view netns) {
  return netns.empty() ? std::string() : "netns " + std::string(netns) + ": ";
}

void say_netns(Finding& finding, std::string_view netns) {
  if (!netns.empty()) finding.fields.emplace_back("netns", std::string(netns));
}

std::string tc(std::string_view netns) {
  if (netns.empty()) return "tc ";
  if (netns.find('/') == std::string_view::npos) return "tc -n " + shell_word(netns) + " ";
  return "nsenter --net=" + shell_word(netns) + " tc ";
}

/// The family's groups. ENOENT: the kernel does not have the family.
Result<std::vector<Group>> groups_in(const NetnsName& netns, Privileged& privileged) {
  NetlinkSocket request;
  request.protocol = NETLINK_GENERIC;
  request.netns = netns;
  auto socket = privileged.netlink_socket(request);
  if (!socket) return std::move(socket).error();
  auto answer = netlink::ask_family(socket->get(), PSAMPLE_GENL_NAME);
  if (!answer) return std::move(answer).error();
  const auto family = netlink::family_in(*answer, PSAMPLE_GENL_NAME);
  return list_groups(socket->get(), family ? family->id : std::uint16_t{0});
}

Result<TrafficControl> rules_in(const NetnsName& netns, Privileged& privileged) {
  NetlinkSocket request;
  request.protocol = NETLINK_ROUTE;
  request.netns = netns;
  auto socket = privileged.netlink_socket(request);
  if (!socket) return std::move(socket).error();
  return list_rules(socket->get(), patience);
}

Finding problem(std::string what, std::string_view netns) {
  Finding f{in(netns) + what, {{"what", std::move(what)}}};
  say_netns(f, netns);
  return f;
}

}  // namespace

Finding describe(const Group& group, std::string_view netns) {
  Finding f;
  f.text = in(netns) + "group " + std::to_string(group.number) + ": used by " +
           std::to_string(group.references) + (group.references == 1 ? " sampler" : " samplers") +
           ", next sequence number " + std::to_string(group.sequence);
  f.fields = {{"group", std::int64_t{group.number}},
              {"references", std::int64_t{group.references}},
              {"sequence", std::int64_t{group.sequence}}};
  say_netns(f, netns);
  return f;
}

Finding describe(const Installed& installed, std::string_view netns) {
  const auto& r = installed.rule;
  const std::string direction = installed.ingress ? "ingress" : "egress";
  const auto protocol = protocol_name(r.protocol);
  Finding f;
  f.text = in(netns) + installed.interface + " " + direction + ": " + std::string(r.classifier) +
           ", protocol " + protocol + ", pref " + std::to_string(r.preference) + ": 1 in " +
           std::to_string(r.rate) + " to group " + std::to_string(r.group) + ", " +
           (r.truncation == 0 ? "whole packets" : std::to_string(r.truncation) + " octets of each");
  f.fields = {{"interface", installed.interface},
              {"direction", direction},
              {"classifier", std::string(r.classifier)},
              {"protocol", protocol},
              {"pref", std::int64_t{r.preference}},
              {"rate", std::int64_t{r.rate}},
              {"group", std::int64_t{r.group}},
              {"truncation", std::int64_t{r.truncation}},
              {"in_hw", r.in_hardware},
              {"skip_sw", r.skip_software}};
  if (r.in_hardware) f.text += ", in hardware";
  if (r.skip_software) f.text += ", not in software";
  if (r.chain != 0) {
    f.text += ", chain " + std::to_string(r.chain);
    f.fields.emplace_back("chain", std::int64_t{r.chain});
  }
  if (r.block != 0) {
    f.text += ", shared block " + std::to_string(r.block);
    f.fields.emplace_back("block", std::int64_t{r.block});
  }
  say_netns(f, netns);
  return f;
}

std::vector<Finding> suggest(const Place& place, const TrafficControl& there) {
  std::vector<Finding> out;
  if (!there.rules.empty()) return out;
  const auto add = [&](std::string command) {
    Finding f{"to sample: " + command, {{"command", std::move(command)}}};
    out.push_back(std::move(f));
  };
  const std::array placeholder{std::string("DEV")};
  const auto interfaces =
      place.interfaces.empty() ? std::span<const std::string>(placeholder) : place.interfaces;
  for (const auto& interface : interfaces) {
    const auto dev = shell_word(interface);
    if (there.ready.count(interface) == 0)
      add(tc(place.netns) + "qdisc add dev " + dev + " clsact");
    add(tc(place.netns) + "filter add dev " + dev +
        " ingress matchall action sample rate 1000 group 1 trunc 128");
  }
  return out;
}

std::vector<FindingList> findings(const Place& place, Privileged& privileged) {
  FindingList groups{"groups"};
  FindingList rules{"rules"};
  FindingList suggestions{"suggestions"};
  FindingList problems{"problems"};
  const auto netns = NetnsName::from(place.netns);
  if (auto found = groups_in(netns, privileged)) {
    for (const auto& group : *found) groups.items.push_back(describe(group, place.netns));
  } else if (found.error().code != ENOENT) {  // else SourceKind::trouble says it
    problems.items.push_back(problem(found.error().what, place.netns));
  }
  if (const auto found = rules_in(netns, privileged)) {
    for (const auto& rule : found->rules) rules.items.push_back(describe(rule, place.netns));
    if (!found->whole)
      problems.items.push_back(problem(
          "not all rules of tc are shown: there are too many, or it takes too long", place.netns));
    if (found->unread > 0)
      problems.items.push_back(problem(
          std::to_string(found->unread) + " filters of tc could not be understood", place.netns));
    if (found->whole && found->unread == 0) suggestions.items = suggest(place, *found);
  } else {
    problems.items.push_back(problem(found.error().what, place.netns));
  }
  return {std::move(groups), std::move(rules), std::move(suggestions), std::move(problems)};
}

}  // namespace netweir::psample
