// SPDX-License-Identifier: GPL-2.0-or-later
#include "psample/decoder.h"

#include <linux/if_ether.h>

#include <limits>
#include <utility>

namespace netweir::psample {

Decoder::Decoder(SourceId source, Links& links, GroupSettings settings)
    : source_(source),
      links_(links),
      settings_(std::move(settings)),
      recorded_(source, Unit::packets) {
  counts_.source = source;
}

Decoder::Known* Decoder::known(std::uint32_t group) {
  if (recent_ != nullptr && recent_number_ == group) return recent_;
  auto it = groups_.find(group);
  if (it == groups_.end()) {
    if (groups_.size() >= groups_at_most) return nullptr;
    it = groups_.try_emplace(group).first;
    it->second.wanted = settings_.wants(group);
    if (const auto set = settings_.of.find(group); set != settings_.of.end())
      it->second.settings = set->second;
  }
  recent_ = &it->second;  // stays where it is
  recent_number_ = group;
  return recent_;
}

void Decoder::message(const NetlinkMessage& message, Intake& intake) {
  const auto payload = message.payload;
  const auto command = command_of(payload);
  if (command && *command != Command::sample) {
    const auto group = read_group(payload);
    if (!group) return;
    // An answer to GET_GROUP comes as NEW_GROUP too: a baseline more does no harm.
    if (const auto it = groups_.find(group->number); it != groups_.end())
      it->second.sequence.reset();
    if (changed_) changed_(*command, *group);
    return;
  }
  if (!command) return;
  ++samples_;
  auto& sample = samples_of_[count_];
  if (!decode(payload, sample)) {
    ++counts_.rejected;
    return;
  }
  auto* group = known(sample.group);
  if (group != nullptr && (sample.has & Sample::has_sequence) != 0) {
    const auto seen = group->sequence.next(sample.sequence);
    if ((seen.gap | static_cast<std::uint32_t>(seen.late)) != 0) {
      gaps_ += seen.gap;
      late_ += seen.late ? 1 : 0;
      counts_.sequence_gaps += seen.gap;
      counts_.sequence_late += seen.late ? 1 : 0;
    }
  }
  if (group == nullptr ? !settings_.wants(sample.group) : !group->wanted) {
    ++counts_.filtered;
    return;
  }
  frame_of(sample, group, message.at, frames_[count_]);
  if (++count_ == batch) flush(intake);
}

void Decoder::news(const SocketNews& news, Intake& intake) {
  flush(intake);
  if (const auto loss = recorded_.news(news)) intake.loss(*loss);
  if (news.what != SocketNews::What::begins) return;
  for (auto& [number, group] : groups_) group.sequence.reset();
}

void Decoder::frame_of(const Sample& s, const Known* group, WallTime at, Frame& f) {
  f = Frame{};
  f.source = source_;
  f.group = s.group;
  f.grouped = true;
  const auto layer = link_layer(s);
  f.link = layer.link;
  f.protocol = layer.protocol;
  f.data = s.data.subspan(layer.skip);
  if (s.original_size > layer.skip) f.wire_len = s.original_size - layer.skip;
  f.one_in = s.one_in() * one_in_;
  constexpr std::uint64_t latest = std::numeric_limits<std::int64_t>::max();
  f.at_is_receipt = (s.has & Sample::has_timestamp) == 0 || s.timestamp_ns > latest;
  f.at = f.at_is_receipt
             ? at
             : WallTime{std::chrono::nanoseconds{static_cast<std::int64_t>(s.timestamp_ns)}};
  auto& extra = samples_of_[count_].extra;
  bool ambiguous = false;
  if ((s.has & Sample::has_in) != 0) {
    f.in = links_.by_low_index(s.in_ifindex, ambiguous);
    if (ambiguous) extra.has |= PsampleExtra::ambiguous_in;
  }
  if ((s.has & Sample::has_out) != 0) {
    f.out = links_.by_low_index(s.out_ifindex, ambiguous);
    if (ambiguous) extra.has |= PsampleExtra::ambiguous_out;
  }
  if (group != nullptr) {
    f.direction = group->settings.direction;
    if (group->settings.vid != 0 && f.link == linktype::ethernet) {
      f.tag = {ETH_P_8021Q, group->settings.vid};
      f.tagged = true;
    }
  }
  if (extra.has != 0 || !extra.cookie.empty()) f.psample = &extra;
}

void Decoder::flush(Intake& intake) {
  if (count_ > 0) intake.frames({frames_.data(), std::exchange(count_, 0)});
  if ((counts_.filtered | counts_.rejected | counts_.sequence_gaps | counts_.sequence_late) == 0)
    return;
  intake.count(counts_);
  counts_ = {};
  counts_.source = source_;
}

}  // namespace netweir::psample
