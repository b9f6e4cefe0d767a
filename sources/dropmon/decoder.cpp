// SPDX-License-Identifier: GPL-2.0-or-later
#include "dropmon/decoder.h"

#include <limits>
#include <utility>

#include "netlink/causes.h"

namespace netweir::dropmon {

Decoder::Decoder(SourceId source, Links& links, Filter filter)
    : source_(source), links_(links), filter_(std::move(filter)), recorded_(source, Unit::packets) {
  counts_.source = source;
}

void Decoder::message(const NetlinkMessage& message, Intake& intake) {
  const auto command = command_of(message.payload);
  if (command == Command::stats) return stats(message, intake);
  if (command == Command::alert) ++summaries_;
  if (command != Command::packet_alert) return;
  ++alerts_;
  auto& alert = alerts_of_[count_];
  if (!decode(message.payload, alert)) {
    ++counts_.rejected;
    return;
  }
  if (!filter_.wants(alert.extra)) {
    ++counts_.filtered;
    return;
  }
  if (!limit_.passes(now_)) {
    ++counts_.filtered;
    ++limited_;
    return;
  }
  frame_of(alert, message.at, frames_[count_]);
  if (++count_ == batch) flush(intake);
}

/// What was dropped is what the counters rose by. Where they fell the module was loaded anew.
void Decoder::stats(const NetlinkMessage& message, Intake& intake) {
  const auto now = read_stats(message.payload);
  if (!now) return;
  const auto before = std::exchange(stats_, now);
  const auto since = std::exchange(stats_at_, message.at);
  if (!before || now->software < before->software || now->hardware < before->hardware) return;
  Loss loss;
  loss.source = source_;
  loss.unit = Unit::packets;
  loss.count = (now->software - before->software) + (now->hardware - before->hardware);
  if (loss.count == 0) return;
  loss.cause = netlink::cause_kernel_queue;
  loss.from = since;
  loss.to = message.at;
  flush(intake);
  intake.loss(loss);
}

void Decoder::news(const SocketNews& news, Intake& intake) {
  flush(intake);
  if (const auto loss = recorded_.news(news)) intake.loss(*loss);
  if (news.what == SocketNews::What::begins) stats_.reset();
}

void Decoder::frame_of(const Alert& a, WallTime at, Frame& f) {
  f = Frame{};
  f.source = source_;
  const auto layer = link_layer(a);
  f.link = layer.link;
  f.protocol = layer.protocol;
  f.data = a.data.subspan(layer.skip);
  if (a.original_size > layer.skip) f.wire_len = a.original_size - layer.skip;
  constexpr std::uint64_t latest = std::numeric_limits<std::int64_t>::max();
  f.at_is_receipt = (a.has & Alert::has_timestamp) == 0 || a.timestamp_ns > latest;
  f.at = f.at_is_receipt
             ? at
             : WallTime{std::chrono::nanoseconds{static_cast<std::int64_t>(a.timestamp_ns)}};
  if (single_netns_ || a.extra.origin == DropExtra::Origin::hardware)
    f.in = links_.by_index(a.extra.ifindex);
  f.drop = &a.extra;
}

void Decoder::flush(Intake& intake) {
  if (count_ > 0) intake.frames({frames_.data(), std::exchange(count_, 0)});
  if ((counts_.filtered | counts_.rejected) == 0) return;
  intake.count(counts_);
  counts_ = {};
  counts_.source = source_;
}

}  // namespace netweir::dropmon
