// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/recording.h"

#include <linux/netlink.h>

#include <algorithm>
#include <cstring>

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
  while (rest.size() >= sizeof(nlmsghdr)) {
    nlmsghdr h;
    std::memcpy(&h, rest.data(), sizeof h);
    if (h.nlmsg_len < sizeof h || h.nlmsg_len > rest.size()) break;
    const Bytes payload = rest.subspan(sizeof h, h.nlmsg_len - sizeof h);
    for (std::size_t k = 0; k < source_kinds().size(); ++k) {
      const auto& r = source_kinds()[k]->recording;
      if (r.netlink_family != family || (h.nlmsg_type & r.type_mask) != r.type_match) continue;
      if (auto* d = decoder(k); d != nullptr) {
        d->message(h.nlmsg_type, payload, frame.at, intake);
        d->flush(intake);
        ours = true;
      }
    }
    rest = rest.subspan(std::min<std::size_t>((h.nlmsg_len + 3U) & ~3U, rest.size()));
  }
  return ours;
}

}  // namespace netweir::run
