// SPDX-License-Identifier: GPL-2.0-or-later
#include "track/flow_entry.h"

namespace netweir::track {
namespace {

void take(FlowEntry& e, const FlowRecord& r, unsigned what) noexcept {
  if ((what & FlowRecord::has_status) != 0) e.status = r.status;
  if ((what & FlowRecord::has_mark) != 0) e.mark = r.mark;
  if ((what & FlowRecord::has_labels) != 0) e.labels = r.labels;
  if ((what & FlowRecord::has_state) != 0) e.state = r.state;
  if ((what & FlowRecord::has_start) != 0) {
    e.start = r.start;
    e.flags |= FlowEntry::exact_start;
  }
  e.has = static_cast<std::uint16_t>(e.has | what);
}

constexpr unsigned kept = FlowRecord::has_status | FlowRecord::has_mark | FlowRecord::has_labels |
                          FlowRecord::has_state | FlowRecord::has_start;

}  // namespace

void merge(FlowEntry& e, const FlowRecord& r, HelperNames& names) noexcept {
  if (r.reply.src.version != IpVersion::none) e.reply = pack(r.reply, r.reply_zone, 0);
  if (const auto helper = names.number(r.helper); helper != 0) e.helper = helper;
  take(e, r, r.has & kept);
}

void complete(FlowEntry& e, const FlowRecord& r, HelperNames& names) noexcept {
  if (e.helper == 0) e.helper = names.number(r.helper);
  take(e, r, r.has & kept & ~unsigned{e.has});
}

void merge_counters(FlowEntry& e, const FlowRecord& r) noexcept {
  if ((r.has & FlowRecord::has_counters) == 0) return;
  if ((e.has & FlowRecord::has_counters) == 0 || e.to_server != r.to_server ||
      e.to_client != r.to_client) {
    e.flags |= FlowEntry::untold;
  }
  e.to_server = r.to_server;
  e.to_client = r.to_client;
  e.has |= FlowRecord::has_counters;
}

int compare_starts(const FlowRecord& r, const FlowEntry& e) noexcept {
  if ((e.flags & FlowEntry::exact_start) == 0 || (r.has & FlowRecord::has_start) == 0) return 0;
  return r.start < e.start ? -1 : r.start > e.start ? 1 : 0;
}

void fill(FlowRecord& r, const FlowEntry& e, const HelperNames& names) noexcept {
  const auto lacks = e.has & kept & ~unsigned{r.has};
  if ((lacks & FlowRecord::has_status) != 0) r.status = e.status;
  if ((lacks & FlowRecord::has_mark) != 0) r.mark = e.mark;
  if ((lacks & FlowRecord::has_labels) != 0) r.labels = e.labels;
  if ((lacks & FlowRecord::has_state) != 0) r.state = e.state;
  if ((lacks & FlowRecord::has_start) != 0) r.start = e.start;
  r.has = static_cast<std::uint16_t>(r.has | lacks);
  if (r.helper.empty()) r.helper = names.name(e.helper);
  if (r.reply.src.version == IpVersion::none) {
    r.reply = tuple_of(e.reply);
    r.reply_zone = zone_of(e.reply);
  }
}

FlowRecord remembered(const FlowEntry& e, const HelperNames& names) noexcept {
  FlowRecord r;
  r.zone = zone_of(e.key);
  r.id = id_of(e.key);
  r.orig = tuple_of(e.key);
  fill(r, e, names);
  return r;
}

}  // namespace netweir::track
