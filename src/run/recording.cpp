// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/recording.h"

#include <linux/netlink.h>

#include <algorithm>
#include <utility>

#include "config/config.h"
#include "netlink/generic.h"
#include "netlink/messages.h"
#include "run/recorder.h"

namespace netweir::run {
namespace {

// LINKTYPE_NETLINK: packet type, ARPHRD 824, 10 unused octets, netlink family; all big-endian 16
// bit.
constexpr std::size_t cooked_header = 16;
constexpr std::size_t cooked_family = 14;

/// The place of the kind in source_kinds() whose messages can be recorded; nothing = unknown.
std::optional<std::size_t> place_of(std::string_view type) {
  const auto kinds = source_kinds();
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    if (kinds[k]->name == type && kinds[k]->decoder != nullptr) return k;
  }
  return std::nullopt;
}

SocketNews news_of(const RecordedExtra& extra, WallTime at) {
  SocketNews news;
  news.drops = extra.drops;
  news.at = at;
  switch (extra.what) {
    case RecordedExtra::What::begins:
      news.what = SocketNews::What::begins;
      break;
    case RecordedExtra::What::looked:
      news.what = SocketNews::What::looked;
      break;
    case RecordedExtra::What::emptied:
      news.what = SocketNews::What::emptied;
      break;
    case RecordedExtra::What::listing:
      news.what = SocketNews::What::listing;
      news.listing = extra.listing;
      news.listing.at = at;
      break;
    case RecordedExtra::What::datagram:
      news.what = SocketNews::What::dropped;
      break;
  }
  return news;
}

}  // namespace

Recordings::Recordings(SourceId id, SourceConfig file, netlink::LinkTable& table, Enter enter,
                       Begins begins)
    : file_(std::move(file)), table_(table), enter_(std::move(enter)), begins_(std::move(begins)) {
  own_.id = id;
  own_.values = file_.values;
  own_.scope = scope({});
  own_.decoders.resize(source_kinds().size());
}

/// Not the scope of the file's own interfaces: those are entered by name, these by message.
std::string Recordings::scope(std::string_view netns) const {
  return "recorded:" + file_.name + ":" + std::string(netns);
}

Recordings::Receiver& Recordings::receiver(const RecordedSource* from) {
  if (from == nullptr) return own_;
  auto it = named_.find(from);
  if (it == named_.end()) it = named_.emplace(from, named(*from)).first;
  return it->second ? *it->second : own_;
}

/// Null where this build knows no such kind of source, as in a capture of another program.
std::unique_ptr<Recordings::Receiver> Recordings::named(const RecordedSource& from) {
  auto made = std::make_unique<Receiver>();
  made->id = own_.id;
  if (from.type == recorded_links) {
    made->scope = scope(from.name);
    return made;
  }
  const auto place = place_of(from.type);
  if (!place || from.name.empty()) return nullptr;
  SourceConfig config;
  config.name = from.name;
  config.kind = source_kinds()[*place];
  config.values = file_.values;
  auto recorded = config::source_of(from.settings, {source_kinds(), {}});
  if (recorded && recorded->kind == config.kind) config.values = std::move(recorded->values);
  const auto id = enter_(config);
  if (!id) return nullptr;
  made->id = *id;
  made->kind = config.kind;
  made->scope = scope(config.values.text("netns"));
  made->values = std::move(config.values);
  made->decoders.resize(source_kinds().size());
  return made;
}

MessageDecoder* Recordings::decoder(Receiver& receiver, std::size_t kind) {
  if (receiver.decoders.empty()) return nullptr;
  const auto* k = source_kinds()[kind];
  if (receiver.kind != nullptr && receiver.kind != k) return nullptr;
  auto& d = receiver.decoders[kind];
  if (!d && k->decoder != nullptr)
    d = k->decoder(receiver.id, receiver.values, table_.scope(receiver.scope));
  return d.get();
}

bool Recordings::frame(const Frame& frame, Intake& intake) {
  if (frame.link == linktype::netlink) return netlink(frame, intake);
  for (std::size_t k = 0; k < source_kinds().size(); ++k) {
    const auto& r = source_kinds()[k]->recording;
    if (r.link_type == 0 || r.link_type != frame.link) continue;
    auto* d = decoder(own_, k);
    if (d == nullptr) return false;
    d->message({r.message_type, 0, frame.data, frame.at}, intake);
    d->flush(intake);
    return true;
  }
  return false;
}

bool Recordings::netlink(const Frame& frame, Intake& intake) {
  const RecordedExtra none;
  const auto& extra = frame.recorded == nullptr ? none : *frame.recorded;
  auto& to = receiver(extra.from);
  const bool known = to.kind != nullptr;  // the file says whose it is
  if (known && extra.what == RecordedExtra::What::begins) begins_(to.id);
  if (known && (extra.what != RecordedExtra::What::datagram || extra.drops != 0)) {
    if (auto* d = decoder(to, *place_of(to.kind->name)); d != nullptr)
      d->news(news_of(extra, frame.at), intake);
  }
  if (extra.what != RecordedExtra::What::datagram) return true;

  Bytes rest = frame.data;
  if (rest.size() < cooked_header) return false;
  const int protocol = rest[cooked_family] << 8 | rest[cooked_family + 1];
  rest = rest.subspan(cooked_header);
  Counts counts;
  counts.source = to.id;
  if (extra.port != 0) {
    counts.foreign = 1;
  } else if (known && frame.wire_len > frame.data.size()) {
    counts.truncated = 1;
    if (auto* d = decoder(to, *place_of(to.kind->name)); d != nullptr)
      d->news({SocketNews::What::truncated, 0, frame.at}, intake);
  } else {
    return datagram(to, protocol, rest, frame.at, intake);
  }
  intake.count(counts);
  return true;
}

bool Recordings::datagram(Receiver& to, int protocol, Bytes octets, WallTime at, Intake& intake) {
  bool ours = false;
  // What is before a message that does not add up counts.
  const bool whole = netweir::netlink::each_message(octets, [&](const netlink::Message& m) {
    if (protocol == NETLINK_ROUTE) {
      ours = table_.message(to.scope, m.type, m.payload) || ours || &to != &own_;
      return;
    }
    if (protocol == NETLINK_GENERIC && m.type == netlink::controller) {
      ours = family(m.payload) || ours;
      return;
    }
    if (m.type < NLMSG_MIN_TYPE && to.kind != nullptr) {  // of netlink itself: no unit of a source
      ours = true;
      return;
    }
    for (std::size_t k = 0; k < source_kinds().size(); ++k) {
      const auto& r = source_kinds()[k]->recording;
      if (protocol == NETLINK_GENERIC) {
        if (const auto it = families_.find(m.type); it == families_.end() || it->second != k)
          continue;
      } else if (r.netlink_family != protocol || (m.type & r.type_mask) != r.type_match) {
        continue;
      }
      if (auto* d = decoder(to, k); d != nullptr) {
        d->message({m.type, m.flags, m.payload, at}, intake);
        d->flush(intake);
        ours = true;
      }
    }
  });
  if (!whole && to.kind != nullptr) {
    Counts counts;
    counts.source = to.id;
    counts.rejected = 1;
    intake.count(counts);
    return true;
  }
  return ours;
}

/// What the controller says of a family: from here on its messages are known by their type.
bool Recordings::family(Bytes payload) {
  const auto family = netlink::read_family(payload);
  if (!family) return true;  // of the controller all the same
  const auto kinds = source_kinds();
  for (std::size_t k = 0; k < kinds.size(); ++k) {
    if (kinds[k]->generic_family.empty() || kinds[k]->generic_family != family->name) {
      continue;
    }
    std::erase_if(families_, [k](const auto& known) { return known.second == k; });
    if (family->change == netlink::Family::Change::present) families_[family->id] = k;
  }
  return true;
}

}  // namespace netweir::run
