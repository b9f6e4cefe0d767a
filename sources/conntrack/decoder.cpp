// SPDX-License-Identifier: GPL-2.0-or-later
#include "conntrack/decoder.h"

#include <linux/netlink.h>

#include <utility>

#include "conntrack/decode.h"

namespace netweir::conntrack {

Decoder::Decoder(SourceId source, Filter filter)
    : source_(source), filter_(std::move(filter)), recorded_(source, Unit::events) {
  counts_.source = source;
}

void Decoder::message(const NetlinkMessage& message, Intake& intake) {
  if (message.type != new_message && message.type != delete_message) return;
  auto& record = records_[count_];
  const bool good = decode(message.type, message.flags, message.payload, message.at, record);
  const bool listed = (message.flags & NLM_F_MULTI) != 0;  // known of a broken one too
  if (!good) {
    ++(listed ? broken_ : counts_.malformed);
    return;
  }
  if (!filter_.fits(record)) {
    if (!listed) ++counts_.filtered;
    return;
  }
  record.source = source_;
  record.left = !filter_.fits_mark(record);
  if (++count_ == batch) flush(intake);
}

void Decoder::news(const SocketNews& news, Intake& intake) {
  flush(intake);
  if (const auto loss = recorded_.news(news)) intake.loss(*loss);
  if (news.what != SocketNews::What::listing) return;
  auto listing = news.listing;
  listing.source = source_;
  while (intake.listing(listing)) {
  }
}

void Decoder::flush(Intake& intake) {
  if (count_ > 0) intake.flows({records_.data(), std::exchange(count_, 0)});
  if ((counts_.filtered | counts_.malformed) == 0) return;
  intake.count(counts_);
  counts_ = {};
  counts_.source = source_;
}

}  // namespace netweir::conntrack
