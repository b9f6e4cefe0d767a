// SPDX-License-Identifier: GPL-2.0-or-later
#include "nflog/decoder.h"

#include <utility>

#include "nflog/decode.h"

namespace netweir::nflog {

Decoder::Decoder(SourceId source, Links& links, Losses losses)
    : source_(source), links_(links), losses_(std::move(losses)) {}

std::unique_ptr<Decoder> Decoder::of_recording(SourceId source, Links& links, std::size_t groups) {
  auto decoder = std::make_unique<Decoder>(source, links, Losses(source, Losses::Start::recording));
  decoder->recorded_groups_ = groups;
  decoder->begin(Losses::Start::recording);
  return decoder;
}

void Decoder::begin(Losses::Start start) {
  recent_ = nullptr;
  groups_.clear();
  losses_ = Losses(source_, start, recorded_groups_, [this] { return recorded_drops_; });
}

void Decoder::news(const SocketNews& news, Intake& intake) {
  using What = SocketNews::What;
  flush(intake);
  if (news.what == What::begins) begin(Losses::Start::live);
  recorded_drops_ += news.drops;
  if (news.what != What::looked && news.what != What::emptied) return;
  const auto seen = news.what == What::emptied ? losses_.drained(news.at) : losses_.check(news.at);
  if (seen.loss) intake.loss(*seen.loss);
}

Losses::Group& Decoder::group(std::uint32_t number) {
  if (recent_ == nullptr || recent_number_ != number) {
    recent_ = &groups_[number];  // stays where it is
    recent_number_ = number;
  }
  return *recent_;
}

void Decoder::message(const NetlinkMessage& message, Intake& intake) {
  if (message.type != packet_message) return;
  const auto payload = message.payload;
  const auto at = message.at;
  ++packets_;
  Numbers numbers;
  if (!decode(payload, at, frames_[count_], extras_[count_], numbers)) {
    if (payload.size() >= 4) ++group(group_of(payload)).rejected;
    Counts counts;
    counts.source = source_;
    counts.rejected = 1;
    intake.count(counts);
    return;
  }
  if (numbers.has_seq) {
    auto& known = group(frames_[count_].group);
    if (!losses_.concerns(known, numbers.seq)) {
      known.last = numbers.seq;
      known.rejected = 0;
    } else if (const auto loss = losses_.packet(known, numbers.seq, at); loss) {
      const auto after = count_;
      flush(intake);
      intake.loss(*loss);
      frames_[0] = frames_[after];
      extras_[0] = extras_[after];
    }
  }
  auto& frame = frames_[count_];
  auto& extra = extras_[count_];
  if ((numbers.phys_in | numbers.phys_out) != 0) {
    extra.phys_in = links_.by_index(numbers.phys_in);
    extra.phys_out = links_.by_index(numbers.phys_out);
  }
  if (numbers.in != 0) frame.in = links_.by_index(numbers.in);
  if (numbers.out != 0) frame.out = links_.by_index(numbers.out);
  frame.source = source_;
  frame.one_in = one_in_;
  frame.nflog = &extra;
  if (++count_ == batch) flush(intake);
}

void Decoder::flush(Intake& intake) {
  if (count_ == 0) return;
  const auto count = std::exchange(count_, 0);
  intake.frames({frames_.data(), count});
}

}  // namespace netweir::nflog
