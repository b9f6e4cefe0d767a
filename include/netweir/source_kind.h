// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "netweir/finding.h"
#include "netweir/flow.h"
#include "netweir/link.h"
#include "netweir/option.h"
#include "netweir/source.h"

namespace netweir {

class Privileged;  // src/os/privileged.h
class Tap;         // netweir/tap.h
struct SourceKind;
namespace netlink {
class ReceiveBudget;  // src/netlink/receive_buffer.h
}

/// One configured source: checked, defaults filled in. `values` has the kind's own keys and those
/// that every source takes (common_source_options).
struct SourceConfig {
  std::string name;  ///< unique; appears in every event
  const SourceKind* kind = nullptr;
  Values values;
  /// What runs while this source cannot, and is left when it can: at most one, with this one's name
  /// and domain, and none of its own.
  std::vector<SourceConfig> fallback{};

  friend bool operator==(const SourceConfig&, const SourceConfig&) = default;
};

/// What one life of a source gets from the outside. All references outlive the Source.
struct SourceContext {
  SourceId id = 0;
  Now now{};
  Privileged& privileged;
  Links& links;
  Tap* tap = nullptr;  ///< gets what a netlink source receives; null = nobody records
  netlink::ReceiveBudget* budget = nullptr;  ///< of all receive buffers; null = without bound
};

/// Where a kind's messages are found in recordings.
struct Recording {
  std::uint16_t link_type = 0;     ///< a LINKTYPE of its own (NFLOG: 239); 0 = none
  std::uint16_t message_type = 0;  ///< nlmsg_type of that link type's packets
  int netlink_family = -1;         ///< NETLINK_NETFILTER, ...; -1 = none
  std::uint16_t type_mask = 0;     ///< in LINKTYPE_NETLINK: ours where (nlmsg_type & mask) == match
  std::uint16_t type_match = 0;
};

/// How one kind of source is described, checked and made. A row of the generated table.
struct SourceKind {
  std::string_view name;              ///< as in the configuration: "nflog"
  std::string_view summary{};         ///< one line, for `netweir sources`
  std::string_view absent{};          ///< why it is not in this build; empty = built
  std::string_view unit = "packets";  ///< of its ledger
  /// The generic netlink family it waits for, and whose messages a recording has; empty = none.
  std::string_view generic_family{};
  /// What may help where it loses, for the log.
  std::string_view against_loss = "a larger receive_buffer may help";
  bool sequence_check = false;  ///< its ledger has sequence_gaps and sequence_late
  std::span<const Option> options{};

  /// Checks what the table cannot: "group or groups". No socket, no file.
  std::optional<OptionProblem> (*validate)(const Values&) = nullptr;

  /// The key that the quick-start form fills: nflog:5 -> "groups", pcap:eth0 -> "interface".
  std::string_view (*quick_key)(std::string_view argument) = nullptr;

  /// Starts a life. Everything that can fail for reasons outside the configuration fails here.
  Result<std::unique_ptr<Source>> (*open)(const SourceConfig&, const SourceContext&) = nullptr;

  /// For recordings; null where there is none.
  std::unique_ptr<MessageDecoder> (*decoder)(SourceId, const Values&, Links&) = nullptr;
  Recording recording{};

  /// Runs on the privileged side: one of the kind's own requests, a fixed-size plain struct, on a
  /// descriptor that Privileged opened. Null where it needs none.
  Status (*act)(int fd, Bytes request) = nullptr;

  /// Of a kind that pushes flows (hash_seed is left to the caller).
  FlowSettings (*flow_settings)(const Values&) = nullptr;

  /// For `netweir sources`: why it cannot run here, and the command that mends it; nothing = it
  /// can.
  std::optional<Error> (*trouble)(const Values&, Privileged&) = nullptr;

  /// For `netweir sources`: what there is for it in a network namespace, also where it cannot run.
  /// The same lists in the same order each time. Changes nothing there, and takes bounded time.
  std::vector<FindingList> (*findings)(const Place&, Privileged&) = nullptr;

  /// Whether this configured source ends by itself (a file). Such a source waits for the outputs.
  bool (*finite)(const Values&) = nullptr;
};

/// Every kind known to this build, by name; generated from sources/CMakeLists.txt.
std::span<const SourceKind* const> source_kinds();

/// What every source takes besides its own keys: domain, netns, receive_buffer, receive_buffer_max,
/// interface_vlan.
std::span<const Option> common_source_options();

}  // namespace netweir
