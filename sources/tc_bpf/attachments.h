// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "netlink/receiver.h"
#include "netweir/source.h"
#include "netweir/source_kind.h"
#include "os/fd.h"
#include "tc_bpf/hooks.h"
#include "tc_bpf/program.h"
#include "tc_bpf/route.h"
#include "tc_bpf/settings.h"

namespace netweir::tc_bpf {

inline constexpr std::size_t attached_at_most = 1024;

/// The program at the interfaces that the settings want, as they come, go and are renamed. Not
/// movable. One thread.
class Attachments {
 public:
  /// `program` and `settings` outlive it.
  static Result<std::unique_ptr<Attachments>> open(Privileged& privileged, const NetnsName& netns,
                                                   Program& program, const Settings& settings);
  Attachments(const Attachments&) = delete;
  Attachments& operator=(const Attachments&) = delete;
  ~Attachments();

  /// Readable when an interface may have come or gone.
  int fd() const noexcept { return monitor_.get(); }
  /// Reads what it says. True: look() has something to look for.
  bool changed();

  /// Attaches to what has come, forgets what is gone. ENODEV: interfaces are given by name, and
  /// none of them is there.
  Status look();

  /// Notes that have come up since it was called last.
  std::vector<std::pair<Note::Level, std::string>> notes();

  /// Whether its packets begin with an IP header.
  bool is_raw(std::uint32_t ifindex) const { return !raw_.empty() && raw_.contains(ifindex); }
  std::size_t size() const noexcept { return attached_.size(); }

  void detach_all();

 private:
  struct One {
    std::string name;
    Attached attached;
  };
  Attachments(Privileged& privileged, const NetnsName& netns, Program& program,
              const Settings& settings, Fd monitor, Fd route);
  void drop(std::uint32_t ifindex);
  /// The interface is no more: there is nothing to detach from.
  void forget(std::uint32_t ifindex);
  Status add(const Interface& interface);
  Status refuse(const Interface& interface, Error error);
  void tell_missing();

  Program& program_;
  const Settings& settings_;
  Fd monitor_;
  netlink::Receiver receiver_{131072, 1};
  Route route_;
  Hooks hooks_;
  std::map<std::uint32_t, One> attached_;      ///< by ifindex
  std::map<std::uint32_t, std::string> seen_;  ///< interfaces that are refused, by ifindex
  std::set<std::uint32_t> raw_;
  std::set<std::string, std::less<>> missing_;  ///< names whose absence was said
  std::vector<std::pair<Note::Level, std::string>> notes_;
  bool looked_ = false;
  bool full_ = false;  ///< that was said
};

}  // namespace netweir::tc_bpf
