// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "netlink/monitor.h"
#include "netweir/bytes.h"
#include "netweir/link.h"
#include "netweir/result.h"
#include "netweir/tap.h"
#include "os/fd.h"
#include "os/privileged.h"

namespace netweir::netlink {

/// Names of interfaces, keyed by (namespace, ifindex, generation). Pure: messages in, names out.
///
/// A generation ends with RTM_DELLINK, or where a dump does not name the index any more. A renamed
/// interface is the same one: it keeps its LinkId, and the id its new name. A LinkId never means
/// another interface; one that is gone keeps its last name until 65,535 interfaces are remembered,
/// then the longest gone is forgotten first (its view is empty). With that many alive, further
/// ones are not known: by_index() says 0 until a message names them when there is room.
class LinkTable {
 public:
  LinkTable();
  ~LinkTable();

  /// The names of one namespace ("" is ours) or, with a key of the caller's own, of one file.
  /// The reference lives as long as the table.
  /// A scope that has had no message and no dump is a file's: there by_name() enters the name.
  Links& scope(std::string_view key);

  /// Applies one RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR or RTM_DELADDR message (rtnetlink(7); what
  /// follows the nlmsghdr) to a scope. False: another message, malformed, or of another family (a
  /// bridge's DELLINK of a port); nothing is changed then.
  bool message(std::string_view key, std::uint16_t type, Bytes payload);

  /// A dump begins: what it does not name until end_dump() is gone.
  void begin_dump(std::string_view key);
  void end_dump(std::string_view key);
  /// The same for addresses.
  void begin_address_dump(std::string_view key);
  void end_address_dump(std::string_view key);

  LinkView view(LinkId id) const noexcept;

  /// In which networks this host has an address behind an interface: its own, those of the bridge
  /// or bond that it is a port of, and those of the VLAN devices on any of these. At most 256.
  std::vector<OnLink> networks(LinkId id) const;

  /// Grows with every change, so that caches by LinkId know when to look again.
  std::uint64_t version() const noexcept;

 private:
  struct Scope;
  struct Entry;
  struct Change;
  class Collection;
  Scope& at(std::string_view key);
  LinkId enter(Scope& scope, std::uint32_t ifindex, std::string_view name);
  void end(Scope& scope, std::uint32_t ifindex);
  bool address(std::string_view key, std::uint16_t type, Bytes payload);
  bool apply(Scope& scope, std::uint32_t ifindex, const Change& change);
  void resolve(Scope& scope, LinkId id);
  Entry& entry(LinkId id) noexcept;
  const Entry* known(LinkId id) const noexcept;

  std::map<std::string, std::unique_ptr<Scope>, std::less<>> scopes_;
  std::vector<Entry> entries_;      ///< by the low 16 bits of a LinkId; the first is not used
  std::deque<std::uint16_t> gone_;  ///< places of what is gone, longest first
  std::uint64_t version_ = 0;
};

/// Keeps one namespace's scope of a LinkTable up to date: RTNLGRP_LINK and those of addresses,
/// dumps at the start and after every overrun. Needs no capability beyond entering the namespace.
class LinkMonitor final : public Monitor {
 public:
  /// `tap` gets what the socket receives; null = nobody records.
  static Result<std::unique_ptr<LinkMonitor>> open(Privileged& privileged, std::string_view netns,
                                                   LinkTable& table, Tap* tap = nullptr,
                                                   WallTime at = {});
  ~LinkMonitor() override;
  int fd() const noexcept override;
  Result<bool> drain(WallTime at = {}) override;

 private:
  struct State;
  explicit LinkMonitor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace netweir::netlink
