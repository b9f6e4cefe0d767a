// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "netweir/result.h"
#include "os/fd.h"

namespace netweir::tc_bpf {

/// Who attached a filter of cls_bpf, which outlives its process. Each owner holds the address of an
/// abstract Unix socket (unix(7)) in the network namespace of the interface as long as it lives:
/// the kernel gives it back however the process ends, and sees it from every PID namespace. The
/// name of the filter has the same token.
class Owner {
 public:
  /// In the namespace of the calling thread.
  static Result<Owner> claim();

  /// The name of a filter of ours; `made`: a netweir made the clsact below it, so that the last one
  /// to leave takes it away.
  std::string filter_name(bool made) const;
  bool has(std::string_view token) const noexcept { return token == token_; }

 private:
  Fd socket_;
  std::string token_;
};

/// What the name of a filter says.
struct FilterName {
  std::string_view token;  ///< of its owner
  bool made = false;
};

/// Nothing where it is not a netweir's.
std::optional<FilterName> read_filter_name(std::string_view name) noexcept;

/// Whether the owner is gone. In the namespace of the calling thread. False where that is not
/// known.
bool is_gone(std::string_view token) noexcept;

}  // namespace netweir::tc_bpf
