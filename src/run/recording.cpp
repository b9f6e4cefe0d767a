// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/recording.h"

#include "netlink/messages.h"

namespace netweir::run {
namespace {

// LINKTYPE_NETLINK: packet type, ARPHRD 824, 10 unused octets, netlink family; all big-endian 16
// bit.
constexpr std::size_t cooked_header = 16;
constexpr std::size_t cooked_family = 14;

}  // namespace

Recordings::Recordings(SourceId id, const Values& values, Links& links)
    : id_(id), values_(values), links_(links), decoders_(source_kinds().size()) {}

MessageDecoder* Recordings::decoder(std::size_t kind) {
  const auto* k = source_kinds()[kind];
  if (!decoders_[kind] && k->decoder != nullptr) decoders_[kind] = k->decoder(id_, values_, links_);
  return decoders_[kind].get();
}

bool Recordings::frame(const Frame& frame, Intake& intake) {
  if (frame.link == linktype::netlink) return netlink(frame, intake);
  for (std::size_t k = 0; k < source_kinds().size(); ++k) {
    const auto& r = source_kinds()[k]->recording;
    if (r.link_type == 0 || r.link_type != frame.link) continue;
    auto* d = decoder(k);
    if (d == nullptr) return false;
    d->message(r.message_type, frame.data, frame.at, intake);
    d->flush(intake);
    return true;
  }
  return false;
}

bool Recordings::netlink(const Frame& frame, Intake& intake) {
  Bytes rest = frame.data;
  if (rest.size() < cooked_header) return false;
  const int family = rest[cooked_family] << 8 | rest[cooked_family + 1];
  rest = rest.subspan(cooked_header);
  bool ours = false;
  // What is before a message that does not add up counts.
  (void)netweir::netlink::each_message(rest, [&](const netweir::netlink::Message& m) {
    for (std::size_t k = 0; k < source_kinds().size(); ++k) {
      const auto& r = source_kinds()[k]->recording;
      if (r.netlink_family != family || (m.type & r.type_mask) != r.type_match) continue;
      if (auto* d = decoder(k); d != nullptr) {
        d->message(m.type, m.payload, frame.at, intake);
        d->flush(intake);
        ours = true;
      }
    }
  });
  return ours;
}

}  // namespace netweir::run
