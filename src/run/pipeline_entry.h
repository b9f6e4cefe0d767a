// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "netweir/event.h"
#include "netweir/flow_table.h"
#include "run/pipeline.h"
#include "run/recording.h"

namespace netweir::run {

/// A source as the pipeline knows it. Never removed: its ledger is part of goodbye.
struct Pipeline::Entry {
  SourceName name;
  Ledger ledger{};
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
  };
  std::array<Link, 64> links;  ///< a cache, by the low bits of LinkId
  /// Good until the next call.
  const Link& link_of(LinkId id, const netlink::LinkTable& table) {
    auto& link = links[id % links.size()];
    if (link.id == id && link.version == table.version()) return link;
    const auto view = table.view(id);  // of 0: nothing
    link.id = id;
    link.version = table.version();
    link.outer = view.vid;
    link.name = view.name;
    const auto it = interface_vlan.find(view.name);
    link.untagged =
        it == interface_vlan.end() ? std::uint16_t{0} : static_cast<std::uint16_t>(it->second);
    return link;
  }
  std::optional<FlowTable> flows;  ///< of a kind that pushes flows
  TableFull flow_table_full;
  std::uint64_t said_lost = 0;  ///< of ledger.lost, in the report
  std::optional<AgeTime> said_at;
};

}  // namespace netweir::run
