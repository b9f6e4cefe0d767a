// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "netweir/source_kind.h"

namespace netweir::run {

/// Recorded netlink in a capture (LINKTYPE_NETLINK, LINKTYPE_NFLOG, ...): finds the kind whose
/// messages they are and feeds its decoder, the same one that live messages go through.
class Recordings {
 public:
  Recordings(SourceId id, const Values& values, Links& links);
  /// Pushes what the recorded message holds. False: a message of no kind that this build has.
  bool frame(const Frame& frame, Intake& intake);

 private:
  MessageDecoder* decoder(std::size_t kind);
  bool netlink(const Frame& frame, Intake& intake);

  SourceId id_;
  const Values& values_;
  Links& links_;
  std::vector<std::unique_ptr<MessageDecoder>> decoders_;  ///< by place in source_kinds()
};

}  // namespace netweir::run
