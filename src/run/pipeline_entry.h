// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "netweir/event.h"
#include "netweir/flow_table.h"
#include "run/pipeline.h"
#include "run/recording.h"

namespace netweir::run {

/// A source as the pipeline knows it. Never removed: its ledger is part of goodbye.
struct Pipeline::Entry {
  SourceName name;
  Ledger ledger{};
  std::string_view against_loss{};  ///< SourceKind's
  DomainId domain = 0;
  std::map<std::string, std::int64_t, std::less<>> interface_vlan;
  Values values;
  std::unique_ptr<Recordings> recordings;
  /// What the link table says of an interface, as of one version of it.
  struct Link {
    LinkId id = 0;
    std::uint64_t version = 0;
    std::array<std::uint16_t, 2> outer{};
    std::uint16_t untagged = 0;
    std::string name;
    bool has_networks = false;
    std::vector<OnLink> networks;
  };
  std::array<Link, 64> links;  ///< a cache, by the low bits of LinkId
  /// Good until the next call. `networks`: those are wanted too.
  const Link& link_of(LinkId id, const netlink::LinkTable& table, bool networks) {
    auto& link = links[id % links.size()];
    if (link.id == id && link.version == table.version() && (link.has_networks || !networks))
      return link;
    const auto view = table.view(id);  // of 0: nothing
    link.id = id;
    link.version = table.version();
    link.outer = view.vid;
    link.name = view.name;
    const auto it = interface_vlan.find(view.name);
    link.untagged =
        it == interface_vlan.end() ? std::uint16_t{0} : static_cast<std::uint16_t>(it->second);
    link.has_networks = networks;
    link.networks = networks ? table.networks(id) : std::vector<OnLink>{};
    for (auto& network : link.networks) {
      if (network.vid[0] == 0) network.vid[0] = link.untagged;
    }
    return link;
  }
  std::optional<FlowTable> flows;  ///< of a kind that pushes flows
  OnceAMinute flow_table_full;
  std::optional<PacketTime> packet_time;  ///< live: of a capture, which has a time of its own
  OnceAMinute time_jumps;
  bool tail_unknown = false;    ///< a life has ended with a loss that was not exact
  std::uint64_t shed = 0;       ///< of ledger.lost: known in the frames' rate
  std::uint64_t said_lost = 0;  ///< of ledger.lost, in the report
  std::optional<AgeTime> said_at;
};

/// The VIDs of a key, outermost first. A view into it.
inline std::span<const std::uint16_t> vids_of(const std::array<std::uint16_t, 2>& vid) noexcept {
  return {vid.data(), vid[0] == 0 ? 0U : vid[1] == 0 ? 1U : 2U};
}

/// An alert that is of no packet.
inline Event alert_event(const AlertEvent& body, WallTime at, const SourceName* source = nullptr) {
  Event event;
  event.at = at;
  event.source = source;
  event.body = body;
  return event;
}

}  // namespace netweir::run
