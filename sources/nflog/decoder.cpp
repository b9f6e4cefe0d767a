// SPDX-License-Identifier: GPL-2.0-or-later
#include "nflog/decoder.h"

#include <utility>

#include "nflog/decode.h"

namespace netweir::nflog {

Decoder::Decoder(SourceId source, Links& links, Losses losses)
    : source_(source), links_(links), losses_(std::move(losses)) {}

Losses::Group& Decoder::group(std::uint32_t number) {
  if (recent_ == nullptr || recent_number_ != number) {
    recent_ = &groups_[number];  // stays where it is
    recent_number_ = number;
  }
  return *recent_;
}

void Decoder::message(std::uint16_t type, Bytes payload, WallTime at, Intake& intake) {
  if (type != packet_message) return;
  ++packets_;
  Logged logged;
  if (!decode(payload, at, logged)) {
    if (payload.size() >= 4) ++group(group_of(payload)).rejected;
    Counts counts;
    counts.source = source_;
    counts.rejected = 1;
    intake.count(counts);
    return;
  }
  if (logged.has_seq) {
    auto& known = group(logged.frame.group);
    if (!losses_.concerns(known, logged.seq)) {
      known.last = logged.seq;
      known.rejected = 0;
    } else if (const auto loss = losses_.packet(known, logged.seq, at); loss) {
      flush(intake);
      intake.loss(*loss);
    }
  }
  auto& extra = extras_[count_];
  auto& frame = frames_[count_];
  extra = logged.extra;
  extra.phys_in = links_.by_index(logged.phys_in);
  extra.phys_out = links_.by_index(logged.phys_out);
  frame = logged.frame;
  frame.source = source_;
  frame.in = links_.by_index(logged.in);
  frame.out = links_.by_index(logged.out);
  frame.nflog = &extra;
  if (++count_ == batch) flush(intake);
}

void Decoder::flush(Intake& intake) {
  if (count_ == 0) return;
  const auto count = std::exchange(count_, 0);
  intake.frames({frames_.data(), count});
}

}  // namespace netweir::nflog
