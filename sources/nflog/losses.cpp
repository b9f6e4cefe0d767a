// SPDX-License-Identifier: GPL-2.0-or-later
#include "nflog/losses.h"

#include <algorithm>
#include <utility>

#include "nflog/decode.h"

namespace netweir::nflog {
namespace {

constexpr std::uint32_t late_at_most = 1024;  // further back is another life of the group

}  // namespace

Losses::Losses(SourceId source, Start start, std::size_t groups,
               std::function<std::uint32_t()> counter)
    : source_(source), start_(start), groups_(groups), counter_(std::move(counter)) {
  if (counter_) reading_ = counter_();
}

/// True where it rose.
bool Losses::read_counter() {
  if (!counter_) return false;
  const auto now = counter_();
  const std::uint32_t risen = now - reading_;
  if (risen == 0 || risen >= 0x80000000U) return false;
  reading_ = now;
  undeclared_ += risen;
  unsure_ = true;
  armed_ = false;
  return true;
}

/// Packets missing before `seq`; notes `seq` as the last.
std::uint32_t Losses::gap(Group& group, std::uint32_t seq) const {
  std::uint32_t missing = 0;
  if (!group.seen) {
    missing = start_ == Start::live ? seq : 0;
  } else {
    missing = lost_between(group.last, seq);
    const std::uint32_t back = group.last - seq;
    if (missing == 0 && seq != group.last + 1 && back <= late_at_most && seq != 0) return 0;
  }
  group.seen = true;
  group.last = seq;
  const auto ours = std::min(missing, group.rejected);
  group.rejected = 0;
  return missing - ours;
}

Loss Losses::report(std::uint64_t count, std::string_view cause, WallTime at) {
  Loss loss;
  loss.source = source_;
  loss.unit = Unit::packets;
  loss.count = count;
  loss.exact = said_exact_ = !unsure_;
  loss.cause = cause;
  loss.from = since_ == WallTime{} ? at : std::min(since_, at);
  loss.to = at;
  since_ = at;
  return loss;
}

std::optional<Loss> Losses::packet(Group& group, std::uint32_t seq, WallTime at) {
  const std::uint64_t missing = gap(group, seq);
  if (missing > 0) read_counter();
  const auto cause = unsure_ ? cause_ : cause_sequence_gap;

  const auto explained = std::min(missing, declared_);
  const auto count = missing - explained;
  declared_ -= explained;
  undeclared_ -= std::min(undeclared_, count);

  bool settled = false;
  if (armed_ && group.heard != epoch_) {
    group.heard = epoch_;
    if (--remaining_ == 0) {
      armed_ = false;
      // Something reported stays unexplained where a dropped datagram was not the kernel's: the
      // next gap takes it back.
      settled = declared_ == 0;
      if (settled) unsure_ = false;
    }
  }
  if (count == 0 && !settled) return std::nullopt;
  return report(count, cause, at);
}

std::optional<Loss> Losses::declare(WallTime at) {
  if (!unsure_) {
    since_ = at;
    return std::nullopt;
  }
  if (undeclared_ == 0 && !said_exact_) return std::nullopt;
  const auto count = std::exchange(undeclared_, 0);
  declared_ += count;
  return report(count, cause_, at);
}

Losses::Drained Losses::drained(WallTime at) {
  const bool arms = unsure_ && !armed_ && groups_ > 0;
  if (arms) {
    armed_ = true;
    ++epoch_;
    remaining_ = groups_;
  }
  const bool rose = read_counter();
  return {declare(at), rose, arms || rose};
}

Losses::Drained Losses::check(WallTime at) {
  const bool rose = read_counter();
  return {declare(at), false, rose};
}

}  // namespace netweir::nflog
