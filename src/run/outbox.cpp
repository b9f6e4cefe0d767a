// SPDX-License-Identifier: GPL-2.0-or-later
#include "run/outbox.h"

#include <algorithm>

#include "run/outbox_writer.h"

namespace netweir::run {

/// The loop's half.
struct Outbox::Inlet {
  Inlet(std::unique_ptr<Sink> sink, std::uint32_t wanted, Limits limits)
      : writer(std::make_shared<Writer>(std::move(sink))),
        framed(writer->sink().framed()),
        limit(std::max<std::size_t>(limits.octets, 1)),
        resume(limit - limit / 4) {
    constexpr auto frame = 1U << static_cast<unsigned>(EventType::hello) |
                           1U << static_cast<unsigned>(EventType::goodbye);
    events = framed ? wanted | frame : wanted & ~frame;
    writer->start();
  }

  std::shared_ptr<Writer> writer;
  const bool framed;
  const std::uint64_t limit;
  const std::uint64_t resume;  ///< after a drop nothing enters until no more than this is queued
  std::uint32_t events = 0;
  Writer::Chunks current = Writer::Chunks(1);
  std::uint64_t seq = 0;
  std::uint64_t entered = 0, entered_octets = 0;
  std::uint64_t dropped = 0, told = 0;  ///< records; those that state() has told of
  struct {
    std::uint64_t count = 0;
    WallTime from{}, to{};
  } missing;  ///< dropped, and not announced yet
  WallTime latest{};
  bool closed = false;

  std::uint64_t queued() const noexcept { return entered_octets - writer->taken(); }
  bool announces() const noexcept { return framed && missing.count != 0; }
  bool may_resume() const noexcept { return missing.count == 0 || queued() <= resume; }

  /// Formats at the end of the current chunk; nothing counts before enter().
  bool format(const Event& event) {
    Chunk& chunk = current.front();
    if (!writer->sink().format(event, seq + 1, chunk.octets)) return false;
    ++seq;
    chunk.ends.push_back(chunk.octets.size());
    return true;
  }
  void format_loss(WallTime at) {
    const Loss loss{.unit = Unit::events,
                    .count = missing.count,
                    .cause = "output_full",
                    .from = missing.from,
                    .to = missing.to};
    Event event;
    event.at = at;
    event.body = LossEvent{&loss};
    format(event);
  }

  struct Mark {
    std::size_t octets, records;
    std::uint64_t seq;
  };
  Mark mark() const noexcept {
    return {current.front().octets.size(), current.front().ends.size(), seq};
  }
  std::size_t since(const Mark& from) const noexcept {
    return current.front().octets.size() - from.octets;
  }
  void take_back(const Mark& to) {
    current.front().octets.resize(to.octets);
    current.front().ends.resize(to.records);
    seq = to.seq;
  }
  void enter(const Mark& from) {
    entered += current.front().ends.size() - from.records;
    entered_octets += since(from);
    if (current.front().octets.size() >= Chunk::size) writer->hand_over(current);
  }
  void drop(WallTime at) {
    if (dropped++ == told) writer->wake_loop();
    if (missing.count++ == 0) {
      missing.from = at;
      missing.to = at;
      // Nothing enters from here on, so that this is when there is room again.
      writer->tell_at(entered_octets - std::min(entered_octets, resume));
    }
    missing.from = std::min(missing.from, at);
    missing.to = std::max(missing.to, at);
  }
  void hand_over() {
    if (!current.front().empty()) writer->hand_over(current);
  }
};

Outbox::Outbox(std::unique_ptr<Sink> sink, std::uint32_t events, Limits limits)
    : inlet_(std::make_unique<Inlet>(std::move(sink), events, limits)) {}

Outbox::~Outbox() {
  if (inlet_) inlet_->writer->end();
}

Outbox::Outbox(Outbox&&) noexcept = default;

bool Outbox::wants(EventType type) const noexcept {
  return (inlet_->events >> static_cast<unsigned>(type) & 1U) != 0;
}

void Outbox::write(const Event& event, WallTime now) {
  Inlet& in = *inlet_;
  if (in.closed || !wants(event.type())) return;
  in.latest = now;
  const auto before = in.mark();
  const bool open = in.may_resume() && !in.writer->gone();
  const bool announce = open && in.announces();
  if (announce) in.format_loss(now);
  if (!in.format(event)) {
    in.take_back(before);
  } else if (!open || in.queued() + in.since(before) > in.limit) {
    in.take_back(before);
    in.drop(now);
  } else {
    in.enter(before);
    in.missing = {};
  }
}

void Outbox::flush() {
  Inlet& in = *inlet_;
  if (in.closed) return;
  if (in.announces() && in.may_resume() && !in.writer->gone()) {
    const auto before = in.mark();
    in.format_loss(in.latest);
    in.enter(before);
    in.missing = {};
  }
  in.hand_over();
}

bool Outbox::has_room(std::size_t octets) const noexcept {
  const Inlet& in = *inlet_;
  if (in.writer->gone()) return true;
  return in.may_resume() && in.queued() + std::min<std::uint64_t>(octets, in.limit) <= in.limit;
}

bool Outbox::wait_room(std::size_t octets, std::chrono::milliseconds limit) {
  Inlet& in = *inlet_;
  flush();
  if (has_room(octets)) return true;
  const auto allowed = std::min(in.limit - std::min<std::uint64_t>(octets, in.limit),
                                in.missing.count == 0 ? in.limit : in.resume);
  in.writer->wait_taken(in.entered_octets - std::min(in.entered_octets, allowed), limit);
  return has_room(octets);
}

void Outbox::reopen(const Event& hello, WallTime now) {
  Inlet& in = *inlet_;
  if (in.closed || in.writer->gone() || !in.writer->sink().reopens() || in.writer->reopening()) {
    return;
  }
  in.latest = now;
  in.hand_over();
  const auto before = in.mark();
  in.current.front().reopen = true;
  if (in.framed) {
    in.format(hello);
    if (in.announces()) in.format_loss(now);
    in.missing = {};
  }
  in.enter(before);
  in.hand_over();
}

int Outbox::fd() const noexcept { return inlet_->writer->news(); }

Outbox::State Outbox::state() {
  Inlet& in = *inlet_;
  in.writer->clear_news();
  State state;
  auto failure = in.writer->failure();
  state.gone = in.writer->gone();
  state.failing = failure.failing;
  state.error = std::move(failure.error);
  state.reopen_error = std::move(failure.reopen_error);
  const auto dropped = ledger().dropped;
  state.dropped = dropped - in.told;
  in.told = dropped;
  return state;
}

OutputLedger Outbox::ledger() const noexcept {
  const Inlet& in = *inlet_;
  const bool over = in.closed || in.writer->gone();
  const auto written = in.writer->written();
  const auto rest = in.entered - written;
  return {written, over ? 0 : rest, in.dropped + (over ? rest : 0)};
}

OutputLedger Outbox::close(const Event* last, WallTime now, std::chrono::milliseconds limit) {
  Inlet& in = *inlet_;
  if (in.closed) return ledger();
  if (in.framed) {
    const auto before = in.mark();
    if (in.announces() && !in.writer->gone()) in.format_loss(now);
    in.missing = {};
    if (last != nullptr) in.format(*last);
    in.enter(before);
  }
  in.hand_over();
  in.writer->close(limit);
  in.closed = true;
  return ledger();
}

}  // namespace netweir::run
