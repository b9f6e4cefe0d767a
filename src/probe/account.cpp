// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/account.h"

#include <algorithm>
#include <bit>
#include <optional>

namespace netweir::probe {
namespace {

bool known(const Stamps& at) noexcept { return at != Stamps{}; }

void add(Stamps& to, const Stamps& at) noexcept {
  if (at.software != WallTime{}) to.software = at.software;
  if (at.hardware != WallTime{}) to.hardware = at.hardware;
}

struct Apart {
  std::int64_t nanoseconds = 0;
  bool hardware = false;
};

/// By the same sort of clock; nothing where there is none that both have. Times come from the wire.
std::optional<Apart> apart(const Stamps& from, const Stamps& to) noexcept {
  const auto difference = [](WallTime a, WallTime b) {
    std::int64_t out = 0;
    return __builtin_sub_overflow(b.time_since_epoch().count(), a.time_since_epoch().count(), &out)
               ? std::nullopt
               : std::optional(out);
  };
  const bool hardware = from.hardware != WallTime{} && to.hardware != WallTime{};
  if (!hardware && (from.software == WallTime{} || to.software == WallTime{})) return std::nullopt;
  const auto by =
      hardware ? difference(from.hardware, to.hardware) : difference(from.software, to.software);
  if (!by) return std::nullopt;
  return Apart{*by, hardware};
}

}  // namespace

Account::Account(std::chrono::nanoseconds timeout, std::size_t window)
    : timeout_(timeout), probes_(std::bit_ceil(window)) {}

Account::Probe* Account::find(std::uint32_t sequence) noexcept {
  auto& probe = probes_[sequence % probes_.size()];
  return probe.state != Probe::State::none && probe.sequence == sequence ? &probe : nullptr;
}

void Account::sent(std::uint32_t sequence, AgeTime now) {
  auto& probe = probes_[sequence % probes_.size()];
  if (probe.state != Probe::State::none) close(probe);
  probe = {};
  probe.state = Probe::State::sent;
  probe.sequence = sequence;
  probe.at = now;
  next_ = sequence + 1;
  ++open_;
  ++totals_.sent;
}

void Account::refused(std::uint32_t sequence, AgeTime now) {
  sent(sequence, now);
  ++totals_.refused;
  close(*find(sequence));
}

void Account::left(std::uint32_t sequence, const Stamps& at) {
  if (auto* probe = find(sequence)) add(probe->t1, at);
}

void Account::answered(std::uint32_t sequence, const Stamps& came, const Stamps& their) {
  auto* probe = find(sequence);
  if (probe == nullptr) {
    // Of a probe that was closed, or of none.
    if (static_cast<std::int32_t>(sequence - next_) < 0) ++totals_.late;
    return;
  }
  if (probe->state == Probe::State::answered) {
    ++totals_.duplicates;
    return;
  }
  probe->state = Probe::State::answered;
  probe->t4 = came;
  probe->t2 = their;
  if (totals_.received > 0 && static_cast<std::int32_t>(sequence - highest_) < 0)
    ++totals_.reordered;
  else
    highest_ = sequence;
  ++totals_.received;
}

void Account::answer_left(std::uint32_t sequence, const Stamps& at) {
  if (auto* probe = find(sequence)) add(probe->t3, at);
}

void Account::close(Probe& probe) {
  --open_;
  if (probe.state == Probe::State::sent) ++totals_.lost;
  if (probe.state == Probe::State::answered) {
    if (!known(probe.t1)) ++totals_.no_tx;
    if (!known(probe.t4)) ++totals_.no_rx;
    if (!known(probe.t2)) ++totals_.no_their_rx;
    if (!known(probe.t3)) ++totals_.no_their_tx;
    const auto all = apart(probe.t1, probe.t4), inside = apart(probe.t2, probe.t3);
    if (all) round_trip_.add(all->nanoseconds);
    if (all && all->hardware) ++totals_.hardware;
    std::int64_t without = 0;
    if (all && inside && !__builtin_sub_overflow(all->nanoseconds, inside->nanoseconds, &without))
      network_.add(without);
    if (const auto way = apart(probe.t1, probe.t2)) there_.add(way->nanoseconds);
    if (const auto way = apart(probe.t3, probe.t4)) back_.add(way->nanoseconds);
  }
  probe.state = Probe::State::none;
}

void Account::age(AgeTime now) {
  for (; first_ != next_; ++first_) {
    auto* probe = find(first_);
    if (probe == nullptr) continue;
    if (now - probe->at < timeout_) return;
    close(*probe);
  }
}

bool Account::settled() const noexcept {
  return std::all_of(probes_.begin(), probes_.end(), [](const Probe& p) {
    return p.state == Probe::State::none ||
           (p.state == Probe::State::answered && known(p.t1) && known(p.t3));
  });
}

void Account::finish() {
  for (; first_ != next_; ++first_) {
    if (auto* probe = find(first_)) close(*probe);
  }
}

}  // namespace netweir::probe
