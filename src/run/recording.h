// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "netlink/link_table.h"
#include "netweir/recorded.h"
#include "netweir/source_kind.h"

namespace netweir::run {

/// Recorded netlink in a capture (LINKTYPE_NETLINK, LINKTYPE_NFLOG, ...): finds the kind whose
/// messages they are and feeds its decoder, the same one that live messages go through. Where the
/// file says which source received them, each has a decoder of its own, and events its name.
class Recordings {
 public:
  /// Enters a source that the file speaks of; nothing where there are too many.
  using Enter = std::function<std::optional<SourceId>(const SourceConfig&)>;

  /// Told that another life of a source begins.
  using Begins = std::function<void(SourceId)>;

  /// `file` is the source that reads the capture, known as `id`.
  Recordings(SourceId id, SourceConfig file, netlink::LinkTable& table, Enter enter, Begins begins);

  /// Pushes what the recorded message holds. False: a message of no kind that this build has.
  bool frame(const Frame& frame, Intake& intake);

 private:
  /// Who received a message: a source that the file names, or the file itself.
  struct Receiver {
    SourceId id = 0;
    const SourceKind* kind = nullptr;  ///< null = whichever fits
    Values values;
    std::string scope;                                      ///< of the link table
    std::vector<std::unique_ptr<MessageDecoder>> decoders;  ///< by place in source_kinds()
  };

  Receiver& receiver(const RecordedSource* from);
  std::unique_ptr<Receiver> named(const RecordedSource& from);
  MessageDecoder* decoder(Receiver& receiver, std::size_t kind);
  bool netlink(const Frame& frame, Intake& intake);
  bool datagram(Receiver& to, int protocol, Bytes octets, WallTime at, Intake& intake);
  bool family(Bytes payload);
  std::string scope(std::string_view netns) const;

  SourceConfig file_;
  netlink::LinkTable& table_;
  Enter enter_;
  Begins begins_;
  Receiver own_;
  std::map<const RecordedSource*, std::unique_ptr<Receiver>> named_;  ///< null = own_
  std::map<std::uint16_t, std::size_t> families_;  ///< nlmsg_type of NETLINK_GENERIC to a kind
};

}  // namespace netweir::run
